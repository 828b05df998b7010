import { COLOR_MAPS } from '../../draw/color/maps';
import { SCALES } from '../../draw/color/palette';
import { dropdown, iconButton } from '../../kit/controls';
import { el } from '../../kit/dom';
import { weight2 } from '../../reading/format';
import { aggregatesOf } from '../../app/locus';
import type { Panel } from '../../app/panel';
import { AGGREGATES, type Aggregate } from '../../reading/place';
import type { ViewOptions } from '../../app/viewOptions';
import { THRESHOLDS } from '../../app/choices/attention';
import { shownScale } from '../../app/viewPalette';
import { BETWEEN, keyGroups, type Between } from '../../reading/groups';
import { segmented } from '../../kit/segmented';

const MODES: Record<Aggregate, { readonly label: string; readonly title: string }> = {
  head: { label: 'Head', title: 'Weights of one head (A for the next mode)' },
  mean: { label: 'Mean', title: 'Mean of the layer’s heads' },
  max: { label: 'Max', title: 'Largest weight of the layer’s heads' },
  rollout: { label: 'Rollout', title: '½A + ½I of each layer’s mean, multiplied up to this layer' },
  norm: { label: 'Norm', title: 'Norm of α·v·W_O of one head, as a share of its row' },
};

const BETWEEN_LABELS: Record<Between, string> = {
  all: 'A and B',
  AB: 'A → B',
  BA: 'B → A',
  AA: 'A → A',
  BB: 'B → B',
};

const NO_ROLLOUT = 'Cross-attention has no rollout: its queries and keys are two sequences';

/** The tools above the picture: what it is, what it holds and how it is coloured. */
export function createMapTools({ store, actions }: Panel): HTMLElement {
  const picture = segmented<ViewOptions['picture']>('Picture (V)', choice =>
    actions.setOption({ picture: choice }),
  );
  const heads = segmented<Aggregate>('What the picture holds (A)', choice =>
    actions.setAggregate(choice),
  );
  const threshold = dropdown('Hide arcs below', value =>
    actions.setOption({ threshold: Number(value) }),
  );
  const between = dropdown('Of a pair: whose queries, whose keys', value =>
    actions.setOption({ between: BETWEEN.find(name => name === value) ?? 'all' }),
  );
  const scale = dropdown('Scale', value =>
    actions.setOption({ scale: SCALES.find(name => name === value) ?? null }),
  );
  const colors = dropdown('Colour map', value =>
    actions.setOption({ colorMap: COLOR_MAPS.find(name => name === value) ?? 'Tide' }),
  );
  const words = iconButton('Whole words (W)', 'whole-word', () => actions.toggleWords());
  const special = iconButton('Special tokens (T)', 'bracket', () =>
    actions.setOption({ specialTokens: !store.state.options.specialTokens }),
  );
  const table = iconButton('Read as table (Shift+T)', 'table', () =>
    actions.setOption({ table: !store.state.options.table }),
  );
  const same = (name: string): { value: string; label: string } => ({ value: name, label: name });
  store.select(
    state => [state.locus?.aggregate, state.locus?.block],
    (aggregate, block) => {
      const open = block ? aggregatesOf(block) : AGGREGATES;
      const segments = AGGREGATES.map(value => ({
        value,
        ...MODES[value],
        disabled: open.includes(value) ? undefined : NO_ROLLOUT,
      }));
      heads.show(segments, aggregate ?? 'head');
    },
  );
  store.select(
    state => [state.capture, state.locus?.block, state.options.between],
    (capture, block, chosen) => {
      const isPair =
        capture !== null && block !== undefined && keyGroups(capture, block)?.kind === 'pair';
      between.element.hidden = !isPair;
      between.show(
        BETWEEN.map(value => ({ value, label: BETWEEN_LABELS[value] })),
        chosen,
      );
    },
  );
  store.select(
    state => [shownScale(state), state.options],
    (shown, options) => {
      picture.show(
        [
          { value: 'map', label: 'Heat map', title: 'Every pair as a cell (V)' },
          { value: 'arcs', label: 'Arcs', title: 'Strong pairs as arcs between two columns (V)' },
        ],
        options.picture,
      );
      const steps = THRESHOLDS.map(step => ({
        value: String(step),
        label: `Hide below ${weight2(step)}`,
      }));
      threshold.show(steps, String(options.threshold));
      threshold.element.hidden = options.picture !== 'arcs';
      scale.show(SCALES.map(same), shown);
      colors.show(COLOR_MAPS.map(same), options.colorMap);
      words.setAttribute('aria-pressed', String(options.grouping === 'word'));
      special.setAttribute('aria-pressed', String(options.specialTokens));
      table.setAttribute('aria-pressed', String(options.table));
    },
  );
  return el(
    'div.tools',
    picture.element,
    heads.element,
    el('span.spacer'),
    between.element,
    threshold.element,
    scale.element,
    colors.element,
    el('span.tool-icons', words, special, table),
  );
}
