import type { Direction } from '../../../protocol/patching';
import type { State } from '../../app/state';
import { divergingPixels } from '../../draw/color/diverging';
import { drawRamp } from '../../draw/pixels/swatches';
import { el, hiddenCanvas } from '../../kit/dom';
import { segmented } from '../../kit/segmented';
import { isDark } from '../../kit/theme';
import { label } from '../../reading/tokenText';
import { measureField } from '../../shell/measureField';
import { placeName } from './pair';
import { entries, measured, placeOf, predicted } from './wanted';
import type { PatchingPanel } from './wishes';

const RAMP_WIDTH = 96;

const DIRECTIONS: readonly { readonly value: Direction; readonly label: string }[] = [
  { value: 'intoB', label: 'Put A into B' },
  { value: 'intoA', label: 'Put B into A' },
];

/** What is measured, where, and which text is put into which. */
export function createMeasureBand({ store, patching }: PatchingPanel): HTMLElement {
  const field = measureField({
    kind: measure => patching.setOption({ measure }),
    entry: change => patching.measure(change),
    place: token => patching.measure({ token }),
    offered: 'of the two texts',
  });
  const direction = segmented<Direction>('Direction', value =>
    patching.setOption({ direction: value }),
  );
  const element = el(
    'div.measure-band',
    ...field.elements,
    direction.element,
    el('span.spacer'),
    createLegend(store),
    field.note,
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
      field.show({
        measure: state.options.patching.measure,
        known: entries(state),
        entries: measured(state),
        places: at.pair.measured.map((token, i) => ({
          value: String(i),
          label: nameOfPlace(state, i) ?? `${i} ${label(token, 12)}`,
        })),
        token: at.token,
      });
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
