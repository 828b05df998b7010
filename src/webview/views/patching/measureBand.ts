import type { Direction, Measure } from '../../../protocol/patching';
import type { State } from '../../app/state';
import { divergingPixels } from '../../draw/color/diverging';
import { drawRamp } from '../../draw/pixels/swatches';
import { dropdown } from '../../kit/controls';
import { el, hiddenCanvas } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { isDark } from '../../kit/theme';
import { label } from '../../reading/tokenText';
import { entryField } from '../../shell/entryField';
import { placeName } from './pair';
import { entries, measured, placeOf, predicted } from './wanted';
import type { PatchingPanel } from './wishes';

const RAMP_WIDTH = 96;

const MEASURES: readonly { readonly value: Measure['kind']; readonly label: string }[] = [
  { value: 'logitDifference', label: 'Logit of' },
  { value: 'probability', label: 'Probability of' },
  { value: 'divergence', label: 'KL divergence' },
];

const DIRECTIONS: readonly { readonly value: Direction; readonly label: string }[] = [
  { value: 'intoB', label: 'Put A into B' },
  { value: 'intoA', label: 'Put B into A' },
];

/** What is measured, where, and which text is put into which. */
export function createMeasureBand({ store, patching }: PatchingPanel): HTMLElement {
  const kind = dropdown('Measure', value =>
    patching.setOption({
      measure: MEASURES.find(one => one.value === value)?.value ?? 'logitDifference',
    }),
  );
  const note = el('span.patch-note', { role: 'status' });
  const refuse = (typed: string | null): void => {
    const listed = entries(store.state).length;
    note.textContent =
      typed === null
        ? ''
        : `“${typed}” is none of the ${listed} likeliest entries of the two texts: type # and its number in the vocabulary.`;
  };
  const answer = entryField('Answer', id => patching.measure({ answer: id }), refuse);
  const other = entryField('Other answer', id => patching.measure({ other: id }), refuse);
  const place = dropdown('Measured at', value => patching.measure({ token: Number(value) }));
  const direction = segmented<Direction>('Direction', value =>
    patching.setOption({ direction: value }),
  );
  const minus = el('span.muted', 'minus');
  const element = el(
    'div.measure-band',
    el('span.muted', 'Measure'),
    kind.element,
    answer.element,
    minus,
    other.element,
    el('span.muted', 'at'),
    place.element,
    direction.element,
    el('span.spacer'),
    createLegend(store),
    note,
  );
  store.select(
    state => [
      placeOf(state)?.pair.a,
      placeOf(state)?.pair.b,
      placeOf(state)?.token,
      predicted(state, 'ofA'),
      predicted(state, 'ofB'),
      state.patching.choice,
      state.options.patching,
    ],
    () => {
      const { state } = store;
      const at = placeOf(state);
      element.hidden = at === null;
      if (!at) return;
      const { measure } = state.options.patching;
      const both = measured(state);
      const known = entries(state);
      kind.show(MEASURES, measure);
      answer.element.hidden = measure === 'divergence';
      other.element.hidden = minus.hidden = measure !== 'logitDifference';
      answer.show(known, both?.answer ?? null);
      other.show(known, both?.other ?? null);
      place.show(
        at.pair.tokensOfA.map((token, i) => ({
          value: String(i),
          label: nameOfPlace(state, i) ?? `${i} ${label(token, 12)}`,
        })),
        String(at.token),
      );
      direction.show(DIRECTIONS, state.options.patching.direction);
    },
  );
  return element;
}

/** “last token 10”; null for a token without a name of its own. */
function nameOfPlace(state: State, token: number): string | null {
  const at = placeOf(state);
  const name = at ? placeName(at.pair, token) : 'token';
  return name === 'token' ? null : `${name} ${token}`;
}

function createLegend(store: PatchingPanel['store']): HTMLElement {
  const ramp = hiddenCanvas();
  store.select(
    state => [state.theme, state.themeVersion],
    theme => drawRamp(ramp, divergingPixels(isDark(theme)).subarray(1), RAMP_WIDTH),
  );
  return el('div.legend', el('span.legend-item', '−1', ramp, '+1 of the difference recovered'));
}
