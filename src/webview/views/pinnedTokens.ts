import { el, fill } from '../dom';

/**
 * Keeps the query and the key in sight in a strip that scrolls sideways: one that has left the view
 * is shown at the edge where it went. Returns the function that says which tokens they are.
 */
export function pinEnds(
  place: HTMLElement,
  list: HTMLElement,
  reveal: (index: number) => void,
): (query: number | null, key: number | null) => void {
  const edges = {
    left: el('div', { class: 'pinned left' }),
    right: el('div', { class: 'pinned right' }),
  };
  place.append(edges.left, edges.right);
  let watched: { index: number; letter: 'Q' | 'K' }[] = [];
  let drawn = '';
  let frame = 0;

  const update = (): void => {
    const sides = watched.map(({ index }) => sideOf(list, index));
    const state = sides.join() + watched.map(({ index }) => index).join();
    if (state === drawn) return;
    drawn = state;
    for (const side of ['left', 'right'] as const) {
      const gone = watched.filter((_, i) => sides[i] === side);
      fill(edges[side], ...gone.map(({ index, letter }) => pin(list, index, letter, side, reveal)));
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

function sideOf(list: HTMLElement, index: number): 'left' | 'right' | 'inside' {
  const chip = list.children[index];
  if (!(chip instanceof HTMLElement) || list.scrollWidth <= list.clientWidth + 1) return 'inside';
  const left = chip.offsetLeft - list.offsetLeft - list.scrollLeft;
  if (left + chip.offsetWidth / 2 < 0) return 'left';
  return left + chip.offsetWidth / 2 > list.clientWidth ? 'right' : 'inside';
}

function pin(
  list: HTMLElement,
  index: number,
  letter: 'Q' | 'K',
  side: 'left' | 'right',
  reveal: (index: number) => void,
): HTMLElement {
  const text = list.children[index]?.querySelector('.chip')?.textContent ?? '';
  const name = letter === 'Q' ? 'query' : 'key';
  return el(
    'button',
    {
      class: `pin is-${name}`,
      title: `Scroll to the ${name}`,
      attributes: { type: 'button', tabindex: -1 },
      on: { click: () => reveal(index) },
    },
    el('span', {
      class: 'index',
      text: side === 'left' ? `‹ ${letter} ${index}` : `${letter} ${index} ›`,
    }),
    el('span', { class: 'chip', text }),
  );
}
