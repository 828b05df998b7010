import type { Probe } from '../../../protocol/firstDivergence';
import { keepDrawn } from '../../app/keepDrawn';
import { el } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { placeName, PROBE_NAMES } from './parts';
import { hasStacks, reportOf, shownProbe } from './report';
import type { DivergencePanel } from './wishes';

const COLUMNS = [
  { value: 'parts', label: 'Each tensor', title: 'Layers by what they compute' },
  { value: 'tokens', label: 'Each token', title: 'The residual stream of each token (T)' },
] as const;

/** Which text is looked at, and whether its tensors or its tokens. */
export function createChoices({ store, divergence }: DivergencePanel): HTMLElement {
  const columns = segmented<(typeof COLUMNS)[number]['value']>('Columns', value =>
    divergence.setOption({ isByToken: value === 'tokens' }),
  );
  const probes = segmented<Probe>('Text that both are run on', probe =>
    divergence.setOption({ probe }),
  );
  keepDrawn(
    store,
    state => [state.divergence.run, state.options.divergence],
    state => {
      columns.show(COLUMNS, state.options.divergence.isByToken ? 'tokens' : 'parts');
      const all = reportOf(state)?.probes ?? [];
      const shown = shownProbe(state);
      probes.element.hidden = all.length < 2;
      if (!shown) return;
      probes.show(
        all.map(({ probe, first }) => ({
          value: probe,
          label: `${PROBE_NAMES[probe]}${first ? ' ≠' : ''}`,
          title: first
            ? `The two part here: ${placeName(first, hasStacks(state))}`
            : 'The two agree here within rounding',
        })),
        shown.probe,
      );
    },
  );
  return el('div.divergence-choices', columns.element, probes.element);
}
