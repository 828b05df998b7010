import type { Token } from '../../protocol/tokens';
import { el } from '../kit/dom';
import type { FlowBox } from '../kit/flow';
import type { TokenGroups } from '../reading/groups';

/** Room for the names of groups, by the chip over which each begins: one for every line of a group. */
export function namesOver(
  { of }: TokenGroups,
  boxes: readonly FlowBox[],
): ReadonlyMap<number, number> {
  const names = new Map<number, number>();
  let first = 0;
  boxes.forEach((box, i) => {
    const start = boxes[first];
    if (!start) return;
    if (box.top !== start.top || of[i] !== of[first]) first = i;
    if ((of[i] ?? -1) >= 0) names.set(first, box.left + box.width - (boxes[first]?.left ?? 0));
  });
  return names;
}

/** Shows what a chip belongs to; its name, where it has one, is as wide as its group in this line. */
export function groupChip(
  chip: HTMLElement,
  token: Token | undefined,
  groups: TokenGroups | null,
  index: number,
  width: number | undefined,
): void {
  const group = groups?.of[index] ?? -1;
  chip.classList.toggle('in-group', group >= 0);
  chip.classList.toggle('odd-group', group % 2 === 1);
  chip.classList.toggle('template', token?.template === true);
  chip.querySelector('.group-name')?.remove();
  const name = groups?.names[group];
  if (name === undefined) {
    delete chip.dataset['group'];
    return;
  }
  chip.dataset['group'] = groups?.kind === 'pair' ? `text ${name}` : name;
  if (width === undefined) return;
  const label = el('span.group-name', {
    text: name,
    title: name,
    'aria-hidden': 'true',
    style: { width: `${width}px` },
  });
  chip.prepend(label);
}
