import type { FindingPlace } from '../../protocol/findings';
import type { Stack } from '../../protocol/model';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { ModelRun, SiteCapture } from '../model/run';
import { countOf } from '../model/tensors/nonNumbers';
import { dotProducts } from '../runtime/dotProducts';
import { runNonNumbers } from '../run/runNonNumbers';
import type { Tensor } from '../runtime/tensor';
import { expectedScale } from './configuration';
import { layersOf, shown, type Rule } from './rule';
import { outputOf } from './runs';

/** States from here on have squares that float32 cannot hold. */
const SQUARE_OVERFLOWS = 1e18;
/** Where float16 ends, less three powers of two. */
const NEAR_HALF = 65_504 / 8;
/** Masked scores below this are blocked. */
const BLOCKED = -1e3;
/** Share of the squares that a factor must explain to be one. */
const EXPLAINED = 0.999;
/** A factor that is off by less is the right one. */
const SCALE_TOLERANCE = 1e-2;
/** Scores of a row that differ by less are the same. */
const SAME_SCORES = 1e-3;
/** More such heads than this are one finding. */
const SINGLE_HEADS = 3;

/** Where hidden state `i` of a stack comes from: the embeddings are of no layer. */
const placeOfState = (stack: Stack, i: number): FindingPlace =>
  i === 0 ? { stack } : { stack, layer: i - 1 };

/** The layer whose output holds what is asked for first. */
function firstState(
  { hiddenStates }: ModelRun,
  { card: { stacks } }: InstrumentedModel,
  isAsked: (state: Tensor) => boolean,
): FindingPlace | undefined {
  for (const stack of stacks) {
    const at = (hiddenStates[stack] ?? []).findIndex(isAsked);
    if (at >= 0) return placeOfState(stack, at);
  }
  return undefined;
}

/** The largest magnitude of all hidden states, and where it is. */
function largestState({ hiddenStates }: ModelRun, { card: { stacks } }: InstrumentedModel) {
  let found: { readonly size: number; readonly place: FindingPlace } = { size: 0, place: {} };
  for (const stack of stacks) {
    for (const [i, { data }] of (hiddenStates[stack] ?? []).entries()) {
      const size = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      if (size > found.size) found = { size, place: placeOfState(stack, i) };
    }
  }
  return found;
}

/** What q·k is multiplied by, by least squares; undefined where something else is added to the scores. */
function factorOf({ query, key, maskedScores, site }: SiteCapture): number | undefined {
  if (!query || !key || !maskedScores || site.softCap !== undefined) return undefined;
  const products = dotProducts(query, key, 1);
  let [both, ofProducts, ofScores] = [0, 0, 0];
  for (const [i, score] of maskedScores.data.entries()) {
    const product = products[i] ?? NaN;
    if (score < BLOCKED) continue;
    both += product * score;
    ofProducts += product * product;
    ofScores += score * score;
  }
  return both * both > EXPLAINED * ofProducts * ofScores ? both / ofProducts : undefined;
}

/** Heads whose scores are the same for all keys that a query sees, with their widest row. */
function uniformHeads({ maskedScores, weights }: SiteCapture) {
  const [, heads = 0, queries = 0, keys = 0] = maskedScores?.dims ?? [];
  return Array.from({ length: heads }, (_, head) => {
    let widest = 0;
    let seen = 0;
    for (let row = head * queries; row < (head + 1) * queries; row++) {
      let [low, high, count] = [Infinity, -Infinity, 0];
      for (let at = row * keys; at < (row + 1) * keys; at++) {
        const score = maskedScores?.data[at] ?? NaN;
        if (!((weights?.data[at] ?? 0) > 0) || score < BLOCKED) continue;
        [low, high, count] = [Math.min(low, score), Math.max(high, score), count + 1];
      }
      if (count < 2) continue;
      seen++;
      widest = Math.max(widest, high - low);
    }
    return { head, widest, seen };
  }).filter(({ widest, seen }) => seen > 0 && widest < SAME_SCORES);
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
      const place = firstState(run, model, state => countOf(state.data) > 0) ?? {};
      const measure = countOf(outputOf(run)?.data ?? new Float32Array());
      return [{ severity: 'error', place, measure, sentence }];
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
      const { size, place } = largestState(await runs.text(), model);
      if (!(size > SQUARE_OVERFLOWS)) return [];
      const sentence = `Hidden states reach ${shown(size)}: their squares are infinite in float32, and a norm makes them 0.`;
      return [{ severity: 'error', place, measure: size, sentence }];
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
      const { size, place } = largestState(await runs.text(), model);
      if (!(size > NEAR_HALF) || size > SQUARE_OVERFLOWS) return [];
      const sentence = `Hidden states reach ${shown(size)}, and float16 ends at 65,504.`;
      return [{ severity: 'warning', place, measure: size, sentence }];
    },
  },
  {
    code: 'non-deterministic',
    measured: 'first difference between the outputs of two runs of one text',
    limit: '0',
    cause: 'Dropout was left on in the export, or something else in the graph is random.',
    remedy: 'Call model.eval() before the export, and export with training=False.',
    wrongFor: 'models that sample on purpose',
    async check({ model, runs }) {
      const [one, other] = [await runs.text(), await runs.again()];
      const differs = (a: Tensor | undefined, b: Tensor | undefined) =>
        a?.data.findIndex((value, i) => !Object.is(value, b?.data[i])) ?? -1;
      const [a, b] = [outputOf(one), outputOf(other)];
      const at = differs(a, b);
      if (at < 0) return [];
      const place =
        model.card.stacks
          .flatMap(stack =>
            (one.hiddenStates[stack] ?? []).map((state, i) => ({
              isOther: differs(state, other.hiddenStates[stack]?.[i]) >= 0,
              place: placeOfState(stack, i),
            })),
          )
          .find(({ isOther }) => isOther)?.place ?? {};
      const measure = Math.abs((a?.data[at] ?? 0) - (b?.data[at] ?? 0));
      const sentence = 'Two runs of the same text give different outputs.';
      return [
        { severity: 'error', place, measure: Number.isFinite(measure) ? measure : 0, sentence },
      ];
    },
  },
  {
    code: 'wrong-scale',
    measured: 'least-squares factor of the masked scores on q·k ÷ the factor of the family',
    limit: '1 ± 0.01',
    cause: 'The factor on the scores is missing in the export, or is there twice.',
    remedy: 'Look at what is between q·k and the softmax in the graph.',
    wrongFor:
      'families that scale the queries first, and those whose factor the tool does not know: not reported',
    async check({ config, runs }) {
      const factors = (await runs.text()).sites.flatMap(capture => {
        const [expected, factor] = [expectedScale(config, capture.site), factorOf(capture)];
        return expected === undefined || factor === undefined
          ? []
          : [{ site: capture.site, expected, factor }];
      });
      if (factors.length === 0)
        return 'No layer has a factor that can be read and one that is known.';
      const wrong = factors.filter(
        ({ expected, factor }) => Math.abs(factor / expected - 1) > SCALE_TOLERANCE,
      );
      const [first] = wrong;
      if (!first) return [];
      const { stack, layer } = first.site;
      const layers = layersOf(wrong.map(({ site }) => site.layer));
      const sentence = `Scores of ${layers} are q·k × ${shown(first.factor)}, where × ${shown(first.expected)} is expected.`;
      const measure = first.factor / first.expected;
      return [{ severity: 'error', place: { stack, layer }, measure, sentence }];
    },
  },
  {
    code: 'uniform-head',
    measured: 'widest range of a row’s scores',
    limit: '1e-3',
    cause: 'The weights of its queries or keys are zero, as after pruning.',
    remedy: 'Compare W_Q and W_K of the head with the original checkpoint.',
    wrongFor: 'models that are pruned on purpose',
    async check({ runs }) {
      const { sites } = await runs.text();
      if (sites.length === 0) return 'No attention of the model can be shown.';
      const heads = sites.flatMap(capture =>
        uniformHeads(capture).map(({ head, widest }) => ({ ...capture.site, head, widest })),
      );
      const single = heads.map(({ stack, layer, head, widest }) => ({
        severity: 'warning' as const,
        place: { stack, layer, head },
        measure: widest,
        sentence: `Scores of head ${head} in layer ${layer} differ by ${shown(widest)} at most: it averages its keys, whatever the text.`,
      }));
      const [first] = single;
      if (!first || single.length <= SINGLE_HEADS) return single;
      const sentence = `Scores of ${single.length} heads differ by ${shown(Math.max(...heads.map(({ widest }) => widest)))} at most: they average their keys, whatever the text.`;
      return [{ ...first, sentence }];
    },
  },
];
