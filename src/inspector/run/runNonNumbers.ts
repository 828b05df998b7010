import type { ModelCard, Stack } from '../../protocol/model';
import type { ModelRun } from '../model/run';
import {
  attentionTensors,
  firstNonNumbers,
  nonNumbersNote,
  stackTensors,
  type AttentionNumbers,
  type PlacedTensor,
} from '../model/tensors/nonNumbers';

/** Says where a run first holds numbers that are none; nothing where all are finite. */
export function runNonNumbers(
  run: ModelRun,
  { stacks, precision }: Pick<ModelCard, 'stacks' | 'precision'>,
): string[] {
  const found = firstNonNumbers(tensorsOf(run, stacks));
  return found ? [nonNumbersNote(found, precision, 'this run')] : [];
}

function* tensorsOf(
  { sites, hiddenStates, logits }: ModelRun,
  stacks: readonly Stack[],
): Generator<PlacedTensor> {
  for (const stack of stacks) {
    const states = hiddenStates[stack] ?? [];
    const own = sites.filter(({ site }) => site.stack === stack);
    const numbers = {
      named: stacks.length > 1 ? `${stack} layer` : 'layer',
      layers: Math.max(states.length - 1, ...own.map(({ site }) => site.layer + 1)),
      stateOf: (layer: number) => states[layer],
      attentionOf: (layer: number) =>
        own
          .filter(({ site }) => site.layer === layer)
          .map(capture => ({ isCross: capture.site.kind === 'cross', numbers: capture })),
      last: { place: `the last hidden state of the ${stack}`, tensor: states.at(-1) },
    };
    yield* stackTensors(numbers, suspectTensors);
  }
  if (logits) yield { place: 'the logits', tensor: logits };
}

/**
 * Maps are looked into only where the head outputs, which are made of them, hold something: they are by
 * far the largest.
 */
function suspectTensors(label: string, numbers: AttentionNumbers): PlacedTensor[] {
  const { query, key, value, headOutput } = numbers;
  const vectors = attentionTensors(label, {
    ...(query ? { query } : {}),
    ...(key ? { key } : {}),
    ...(value ? { value } : {}),
    ...(headOutput ? { headOutput } : {}),
  });
  const isSuspect = !headOutput || firstNonNumbers(vectors) !== undefined;
  return isSuspect ? attentionTensors(label, numbers) : vectors;
}
