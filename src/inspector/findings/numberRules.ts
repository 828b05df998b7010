import type { FindingPlace } from '../../protocol/findings';
import { countOf } from '../model/tensors/nonNumbers';
import { runNonNumbers } from '../run/runNonNumbers';
import type { Tensor } from '../runtime/tensor';
import { stateBars, statesOf, type PlacedState } from './placedStates';
import { shown, type Rule } from './rule';
import { outputOf } from './runs';

/** States from here on have squares that float32 cannot hold. */
const SQUARE_OVERFLOWS = 1e18;
/** Where float16 ends, less three powers of two. */
const NEAR_HALF = 65_504 / 8;

const sizeOf = ({ state: { data } }: PlacedState): number =>
  data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The largest magnitude of all hidden states, and where it is. */
function largestState(states: readonly PlacedState[]) {
  let found: { readonly size: number; readonly place: FindingPlace } = { size: 0, place: {} };
  for (const each of states) {
    const size = sizeOf(each);
    if (size > found.size) found = { size, place: each.place };
  }
  return found;
}

/** Rules about the numbers of a run. */
export const numberRules: readonly Rule[] = [
  {
    code: 'nan',
    measured: 'numbers of the output that are NaN or infinite',
    limit: '0',
    cause: 'A broken weight, or numbers that overflowed in half precision.',
    remedy:
      'Look at the place that is named: compare its weights with the original checkpoint, or keep it in float32.',
    wrongFor: 'rows of padding that may see nothing: the text of the check has none',
    async check({ model, runs }) {
      const run = await runs.text();
      const [sentence] = runNonNumbers(run, model.card);
      if (sentence === undefined) return [];
      const states = statesOf(run, model.card);
      const isBroken = ({ state }: PlacedState) => countOf(state.data) > 0;
      const isOfText = runNonNumbers(await runs.otherText(), model.card).length === 0;
      return [
        {
          severity: 'error',
          about: isOfText ? 'text' : 'model',
          place: states.find(isBroken)?.place ?? {},
          measure: countOf(outputOf(run)?.data ?? new Float32Array()),
          sentence,
          confirmedBy: isOfText
            ? 'another text gives numbers everywhere'
            : 'another text does, too',
          evidence: stateBars(
            'numbers of the hidden state that are NaN or infinite',
            states,
            ({ state }) => countOf(state.data),
            count => count > 0,
          ),
          file: 'graph',
        },
      ];
    },
  },
  {
    code: 'overflow',
    measured: 'largest |hidden state|',
    limit: '1e18',
    cause: 'Weights that were scaled wrongly.',
    remedy: 'Compare the weights of the layer with the original checkpoint.',
    wrongFor: 'no model that is known',
    async check({ model, runs }) {
      const states = statesOf(await runs.text(), model.card);
      const { size, place } = largestState(states);
      if (!(size > SQUARE_OVERFLOWS)) return [];
      const sentence = `Hidden states reach ${shown(size)}: their squares are infinite in float32, and a norm makes them 0.`;
      const isWrong = (each: number) => each > SQUARE_OVERFLOWS;
      const evidence = stateBars('largest |hidden state|', states, sizeOf, isWrong);
      return [{ severity: 'error', place, measure: size, sentence, evidence, file: 'graph' }];
    },
  },
  {
    code: 'near-overflow',
    measured: 'largest |hidden state| of a float16 model',
    limit: '8,188',
    cause: 'A model that was trained in bfloat16 or float32 and is stored in float16.',
    remedy: 'Keep the norms and the output projections in float32, or use bfloat16.',
    wrongFor: 'models whose states never grow with longer texts',
    async check({ model, runs }) {
      if (model.card.precision !== 'float16') return [];
      const states = statesOf(await runs.text(), model.card);
      const { size, place } = largestState(states);
      if (!(size > NEAR_HALF) || size > SQUARE_OVERFLOWS) return [];
      const sentence = `Hidden states reach ${shown(size)}, and float16 ends at 65,504.`;
      const evidence = stateBars(
        'largest |hidden state|',
        states,
        sizeOf,
        each => each > NEAR_HALF,
      );
      return [{ severity: 'warning', place, measure: size, sentence, evidence, file: 'graph' }];
    },
  },
  {
    code: 'non-deterministic',
    measured: 'largest difference between the outputs of two runs of one text',
    limit: '0',
    cause: 'Dropout was left on in the export, or something else in the graph is random.',
    remedy: 'Call model.eval() before the export, and export with training=False.',
    wrongFor: 'models that sample on purpose',
    async check({ model, runs }) {
      const [one, other] = [await runs.text(), await runs.again()];
      const moved = differenceOf(outputOf(one), outputOf(other));
      if (moved === 0) return [];
      const states = statesOf(one, model.card);
      const movedAt = ({ stack, index, state }: PlacedState) =>
        differenceOf(state, other.hiddenStates[stack]?.[index]);
      const place = states.find(each => movedAt(each) > 0)?.place ?? {};
      const where =
        place.layer === undefined
          ? ''
          : ` They part in layer ${place.layer} of the ${place.stack ?? ''}.`;
      return [
        {
          severity: 'error',
          place,
          measure: moved,
          sentence: `Two runs of the same text give outputs that differ by up to ${shown(moved)}.${where}`,
          evidence: stateBars(
            'largest difference of the hidden state between two runs',
            states,
            movedAt,
            value => value > 0,
          ),
          file: 'graph',
        },
      ];
    },
  },
];

/** Largest difference of two tensors; what is no number in both does not count, in one it is infinite. */
function differenceOf(a: Tensor | undefined, b: Tensor | undefined): number {
  let worst = 0;
  for (const [i, value] of (a?.data ?? []).entries()) {
    const other = b?.data[i] ?? NaN;
    if (value === other || (Number.isNaN(value) && Number.isNaN(other))) continue;
    const difference = Math.abs(value - other);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  }
  return Number.isFinite(worst) ? worst : Number.MAX_VALUE;
}
