import { LARGEST_EFFECTIVE_MAP } from '../../protocol/effective';
import type { Stack } from '../../protocol/model';
import { scoreRow } from '../attention/scores';
import type { EffectiveCapture, ModelRun, SiteCapture } from '../model/run';
import { effectiveMap, sizesOf } from '../model/tensors/recurrence';
import type { TensorSource } from '../files/safetensorsFile';
import type { Tensor } from '../runtime/tensor';
import {
  effectiveName,
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
 * `<stack>.layers.<i>.<experts|expertWeights|effective>`, `<stack>.hiddenStates.<i>`, `logits`. Batch is kept as the first dimension. The scores are q·k ×
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
    ...(run.effective ?? []).flatMap(effectiveMaps),
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

/** Effective attention, one head at a time; none of texts whose maps are not computed. */
function effectiveMaps(layer: EffectiveCapture): TensorSource[] {
  const { source } = layer;
  const name = effectiveName(layer);
  if ('refusal' in source) return [];
  if ('maps' in source) return [whole(name, source.maps)];
  const { batch = 0, heads = 0, tokens = 0 } = sizesOf(source) ?? {};
  if (tokens > LARGEST_EFFECTIVE_MAP) return [];
  const chunks = function* () {
    for (let text = 0; text < batch; text++) {
      for (let head = 0; head < heads; head++) yield effectiveMap(source, text, head);
    }
  };
  return [{ name, dims: [batch, heads, tokens, tokens], chunks }];
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
