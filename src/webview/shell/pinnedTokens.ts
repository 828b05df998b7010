import { el, fill } from '../kit/dom';
import type { VirtualFlow } from '../kit/virtualFlow';

/**
 * Keeps the query and the key in sight in a strip that scrolls sideways: one that has left the view
 * is shown at the edge where it went. Returns the function that says which tokens they are.
 */
export function pinEnds(
  place: HTMLElement,
  list: HTMLElement,
  chips: VirtualFlow,
  labelOf: (index: number) => string,
): (query: number | null, key: number | null) => void {
  const edges = {
    left: el('div.pinned.left'),
    right: el('div.pinned.right'),
  };
  place.append(edges.left, edges.right);
  let watched: { index: number; letter: 'Q' | 'K' }[] = [];
  let drawn = '';
  let frame = 0;

  const update = (): void => {
    const sides = watched.map(({ index }) => sideOf(list, chips, index));
    const state = sides.join() + watched.map(({ index }) => index).join();
    if (state === drawn) return;
    drawn = state;
    for (const side of ['left', 'right'] as const) {
      const gone = watched.filter((_, i) => sides[i] === side);
      fill(
        edges[side],
        ...gone.map(({ index, letter }) =>
          pin(labelOf(index), index, letter, side, () => chips.reveal(index)),
        ),
      );
    }
  };
  /** Positions are read with the next frame, when they cost no layout of their own. */
  const schedule = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(update);
  };
  list.addEventListener('scroll', schedule, { passive: true });
  new ResizeObserver(schedule).observe(list);
  return (query, key) => {
    watched = [
      ...(query === null ? [] : [{ index: query, letter: 'Q' as const }]),
      ...(key === null || key === query ? [] : [{ index: key, letter: 'K' as const }]),
    ];
    drawn = '';
    schedule();
  };
}

function sideOf(list: HTMLElement, chips: VirtualFlow, index: number): 'left' | 'right' | 'inside' {
  const box = chips.boxes[index];
  const { scrollWidth, clientWidth, scrollLeft } = list;
  if (!box || scrollWidth <= clientWidth + 1) return 'inside';
  const middle = box.left + box.width / 2 - scrollLeft;
  if (middle < 0) return 'left';
  return middle > clientWidth ? 'right' : 'inside';
}

function pin(
  text: string,
  index: number,
  letter: 'Q' | 'K',
  side: 'left' | 'right',
  reveal: () => void,
): HTMLElement {
  const name = letter === 'Q' ? 'query' : 'key';
  return el(
    'button',
    {
      class: `pin is-${name}`,
      title: `Scroll to the ${name}`,
      tabindex: -1,
      on: { click: reveal },
    },
    el('span.index', side === 'left' ? `‹ ${letter} ${index}` : `${letter} ${index} ›`),
    el('span.chip', { text }),
  );
}
