import type { Stack } from '../../protocol/model';
import { scoreRow } from '../attention/scores';
import type { ModelRun, SiteCapture } from '../model/run';
import type { TensorSource } from '../files/safetensorsFile';
import type { Tensor } from '../runtime/tensor';
import {
  expertNames,
  hiddenStateName,
  lastResidualName,
  LOGITS,
  PARTS,
  siteName,
  type Part,
} from './tensorNames';

/**
 * Every tensor of a run by the name that dumps give it:
 * `<stack>.layers.<i>.<self|cross>.<query|key|value|scores|maskedScores|maskedKeyScores|weights|sink|headOutput|gate>`,
 * `<stack>.layers.<i>.<experts|expertWeights>`, `<stack>.hiddenStates.<i>`, `logits`. Batch is kept as the first dimension. The scores are q·k ×
 * scale; a run that kept no maps has none of them, as each is as large as a map.
 */
export function dumpTensors(run: ModelRun): TensorSource[] {
  const stacks = Object.entries(run.hiddenStates) as [Stack, readonly Tensor[]][];
  return [
    ...run.sites.flatMap(ofSite),
    ...(run.experts ?? []).flatMap(router => {
      const names = expertNames(router);
      return [whole(names.chosen, router.chosen), whole(names.weights, router.weights)];
    }),
    ...stacks.flatMap(([stack, states]) =>
      states.map((state, i) => whole(hiddenStateName(stack, i), state)),
    ),
    ...(run.logits ? [whole(LOGITS, run.logits)] : []),
  ];
}

/**
 * What a capture file holds: the dump, and `<stack>.lastResidual`, the residual stream before the
 * final normalisation.
 */
export function captureTensors(run: ModelRun): TensorSource[] {
  const stacks = Object.entries(run.lastResidual) as [Stack, Tensor][];
  return [
    ...dumpTensors(run),
    ...stacks.map(([stack, state]) => whole(lastResidualName(stack), state)),
  ];
}

function ofSite(capture: SiteCapture): TensorSource[] {
  const prefix = siteName(capture.site);
  return PARTS.flatMap(part => {
    const name = `${prefix}.${part}`;
    if (part === 'scores') return scoresOf(name, capture);
    const tensor = partOf(capture, part);
    return tensor ? whole(name, tensor) : [];
  });
}

function partOf(capture: SiteCapture, part: Exclude<Part, 'scores'>): Tensor | undefined {
  if (part === 'maskedScores') return capture.sink ? undefined : capture.maskedScores;
  if (part === 'maskedKeyScores') return capture.sink ? capture.maskedScores : undefined;
  return capture[part];
}

function whole(name: string, { dims, data }: Tensor): TensorSource {
  return { name, dims, chunks: () => [data] };
}

/** Scores, one head at a time: all of them would be a second copy of the maps. */
function scoresOf(name: string, { site, query, key, weights }: SiteCapture): TensorSource[] {
  if (!query || !key || !weights) return [];
  const [batches = 0, heads = 0, queries = 0] = query.dims;
  const keys = key.dims[2] ?? 0;
  const chunks = function* () {
    for (let batch = 0; batch < batches; batch++) {
      for (let head = 0; head < heads; head++) {
        const scores = new Float32Array(queries * keys);
        for (let row = 0; row < queries; row++) {
          const output = scores.subarray(row * keys, (row + 1) * keys);
          scoreRow(site, query, key, { batch, head, query: row }, output);
        }
        yield scores;
      }
    }
  };
  return [{ name, dims: [batches, heads, queries, keys], chunks }];
}
