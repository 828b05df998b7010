import { el } from '../../dom';
import type { Panel } from '../../panel';
import type { Aggregate } from '../../place';
import { segmented } from '../segmented';

const SEGMENTS = [
  { value: 'head' as const, label: 'Head', title: 'One head' },
  { value: 'mean' as const, label: 'Mean', title: 'Mean of the layer’s heads' },
  { value: 'max' as const, label: 'Max', title: 'Largest weight of the layer’s heads' },
];

/** One head or all of the layer; what exists for one run only falls back to the head and says so. */
export function createHeadChoice({ store, actions }: Panel): HTMLElement {
  const heads = segmented<Aggregate>('Heads compared', choice => actions.setAggregate(choice));
  const note = el('span', { class: 'muted' });
  store.select(
    state => [state.locus?.aggregate ?? 'head', state.locus?.head],
    (aggregate, head) => {
      const isShown = SEGMENTS.some(({ value }) => value === aggregate);
      heads.show(SEGMENTS, isShown ? aggregate : 'head');
      const what = aggregate === 'rollout' ? 'Rollout' : 'Norm-weighted';
      note.textContent = isShown
        ? ''
        : `${what} is not compared between runs: head ${head ?? 0} is shown.`;
    },
  );
  return el('div', { class: 'mask-row' }, heads.element, note);
}
