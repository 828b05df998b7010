import { layerCount } from '../../../src/protocol/model';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { InspectorError } from '../../../src/protocol/errors';
import type {
  ComparedCell,
  ComparedPart,
  FirstDivergence,
  FirstPlace,
  Probe,
  ProbeDivergence,
} from '../../../src/protocol/firstDivergence';
import type { Cancellation } from '../../../src/protocol/rpc';
import { noise } from './syntheticLayers';

/** What is made up: a fault in the weights of layer 1, the same file twice, rounding, or numbers that are not finite. */
export type DivergenceCase = 'weights' | 'padded' | 'same' | 'rounding' | 'infinite';

const FLOOR = 3e-5;
/** Of the layer with the fault, from the weights on. */
const FAULT: Partial<Record<ComparedPart, number>> = {
  weights: 0.43,
  headOutput: 0.85,
  attentionOutput: 0.88,
  afterAttention: 0.16,
  feedForward: 0.26,
};
const IN_LAYER = [
  'query',
  'key',
  'value',
  'maskedScores',
  'weights',
  'headOutput',
  'attentionOutput',
  'afterAttention',
  'feedForward',
] as const;
const FAULTY_LAYER = 1;
/** Not shown by one of the two. */
const HIDDEN = { layer: 0, kind: 'headOutput' } as const;

const isAfter = (layer: ComparedCell['layer'], kind: ComparedPart): boolean => {
  if (layer === 'embeddings') return false;
  if (layer === 'output' || layer > FAULTY_LAYER) return true;
  return layer === FAULTY_LAYER && FAULT[kind] !== undefined;
};

function errorAt(name: DivergenceCase, layer: ComparedCell['layer'], kind: ComparedPart): number {
  if (name === 'same') return 0;
  if (name === 'rounding') return 1e-6;
  if (!isAfter(layer, kind)) return 0;
  if (name === 'infinite') return Infinity;
  if (kind === 'logits') return 0.1;
  if (layer === FAULTY_LAYER) return FAULT[kind] ?? 0;
  return 0.1 + 0.3 * noise(typeof layer === 'number' ? layer : 99, kind.length);
}

/** Cells of the stack that has the output, in the order of computation. */
function cellsOf({ model }: CaptureSummary, name: DivergenceCase): ComparedCell[] {
  const stack = model.stacks.at(-1) ?? 'decoder';
  const cell = (layer: ComparedCell['layer'], kind: ComparedPart): ComparedCell => {
    const error = errorAt(name, layer, kind);
    const cosine = Number.isFinite(error) ? 1 / Math.sqrt(1 + error ** 2) : 0;
    return { stack, attention: 'self', layer, kind, error, largest: 2 * error, cosine };
  };
  const layers = Array.from({ length: layerCount(model, stack) }, (_, layer) => layer);
  return [
    cell('embeddings', 'residual'),
    ...layers.flatMap(layer => [
      ...(layer > 0 ? [cell(layer, 'residual')] : []),
      ...IN_LAYER.filter(kind => layer !== HIDDEN.layer || kind !== HIDDEN.kind).map(kind =>
        cell(layer, kind),
      ),
    ]),
    cell('output', 'residual'),
    cell('output', 'logits'),
  ];
}

function probeOf(capture: CaptureSummary, name: DivergenceCase, probe: Probe): ProbeDivergence {
  const stack = capture.model.stacks.at(-1) ?? 'decoder';
  const own = (capture.tokens[stack] ?? []).map(({ token }) => token);
  const tokens = probe === 'text' ? own : [...own, '<pad>', '<pad>'];
  const cells = cellsOf(capture, name);
  const fault = cells.find(({ error }) => error > FLOOR);
  const first: FirstPlace | null = fault
    ? {
        ...fault,
        ofInputs: 0,
        cause: 'The scores agree where neither is blocked: think of the mask.',
        node: { name: '/layers.1/attn/Softmax', operator: 'Softmax' },
        worst: { token: 9, head: 2 },
      }
    : null;
  const states = layerCount(capture.model, stack) + 1;
  const perToken = Float32Array.from({ length: states * tokens.length }, (_, i) => {
    const [state, token] = [Math.floor(i / tokens.length), i % tokens.length];
    if (!fault || state <= FAULTY_LAYER) return name === 'rounding' ? 1e-6 : 0;
    if (name === 'infinite') return Infinity;
    return token === 9 ? 0.9 : 0.02 + 0.3 * noise(token, 5);
  });
  const kl = Float32Array.from(tokens, (_, token) =>
    !fault ? 0 : token === 9 ? 0.121 : token % 3 === 0 ? 0.02 : 0.001,
  );
  return {
    probe,
    tokens,
    ...(probe === 'padded' ? { padding: { side: 'right', count: 2 } } : {}),
    cells,
    first,
    largestSteps: [],
    perToken,
    kl,
    flips: fault ? 1 : 0,
  };
}

/**
 * Where two made-up models part: in the weights of layer 1.
 * @param mayEnd whether the answer may be given by now; asked until it may
 */
export async function syntheticDivergence(
  capture: CaptureSummary,
  name: DivergenceCase,
  mayEnd: () => boolean,
  signal: Cancellation,
  progress: (done: number) => void,
): Promise<FirstDivergence> {
  progress(0.4);
  while (!mayEnd()) {
    if (signal.aborted) throw new InspectorError('cancelled', 'Cancelled.');
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  const text = probeOf(capture, name === 'padded' ? 'same' : name, 'text');
  const padded = probeOf(capture, name === 'padded' ? 'weights' : name, 'padded');
  return {
    floor: FLOOR,
    precision: 'float32',
    probes: name === 'weights' ? [text, probeOf(capture, 'same', 'padded')] : [text, padded],
    told: name === 'padded' ? 'padded' : 'text',
    missing: ['L0 head output: B computes it inside one operator.'],
    milliseconds: 31,
  };
}
