import type { ModelCard, Stack } from '../protocol/model';
import type { ModelRun } from './model/run';
import {
  attentionTensors,
  firstNonNumbers,
  nonNumbersNote,
  type AttentionNumbers,
  type PlacedTensor,
} from './model/nonNumbers';

/** Says where a run first holds numbers that are none; nothing where all are finite. */
export function runNonNumbers(
  run: ModelRun,
  { stacks, precision }: Pick<ModelCard, 'stacks' | 'precision'>,
): string[] {
  const found = firstNonNumbers(tensorsOf(run, stacks));
  return found ? [nonNumbersNote(found, precision, 'this run')] : [];
}

/**
 * In the order of computation. Maps are looked into only where the head outputs, which are made of them,
 * hold something: they are by far the largest.
 */
function* tensorsOf(
  { sites, hiddenStates, logits }: ModelRun,
  stacks: readonly Stack[],
): Generator<PlacedTensor> {
  for (const stack of stacks) {
    const states = hiddenStates[stack] ?? [];
    const own = sites.filter(({ site }) => site.stack === stack);
    const layers = Math.max(states.length - 1, ...own.map(({ site }) => site.layer + 1));
    const named = stacks.length > 1 ? `${stack} layer` : 'layer';
    for (let layer = 0; layer < layers; layer++) {
      const state = states[layer];
      if (state) yield { place: `${named} ${layer}, hidden state`, tensor: state };
      for (const capture of own.filter(({ site }) => site.layer === layer)) {
        const label = `${named} ${layer}${capture.site.kind === 'cross' ? ' cross-attention' : ''}`;
        const { query, key, value, headOutput } = capture;
        const vectors = {
          ...(query ? { query } : {}),
          ...(key ? { key } : {}),
          ...(value ? { value } : {}),
          ...(headOutput ? { headOutput } : {}),
        };
        const isSuspect = !headOutput || holdsSome(vectors);
        yield* attentionTensors(label, isSuspect ? capture : vectors);
      }
    }
    const last = states.at(-1);
    if (last) yield { place: `the last hidden state of the ${stack}`, tensor: last };
  }
  if (logits) yield { place: 'the logits', tensor: logits };
}

function holdsSome(vectors: AttentionNumbers): boolean {
  return firstNonNumbers(attentionTensors('', vectors)) !== undefined;
}
