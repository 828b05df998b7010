import { InspectorError } from '../../../src/protocol/errors';
import type {
  Attribution,
  AttributionParams,
  Distribution,
  DistributionParams,
  Lens,
  LensParams,
  LensProgress,
  Residuals,
} from '../../../src/protocol/layers';
import type { CaptureSummary } from '../../../src/protocol/capture';
import type { Stack } from '../../../src/protocol/model';
import type { Cancellation } from '../../../src/protocol/rpc';
import type {
  ProbeLabels,
  ProbeProgress,
  ProbeReport,
  SyntaxReport,
} from '../../../src/protocol/probes';

/** The entries of a made vocabulary. */
const WORDS = 'the . of was to a it he she tiger tree drink man house cat jumped ##y <x> is'.split(
  ' ',
);

/** Deterministic noise in [0, 1). */
export function noise(...numbers: readonly number[]): number {
  const seed = numbers.reduce((sum, number, i) => sum + Math.sin(number * (12.9898 + i * 4.1)), 0);
  const value = Math.sin(seed * 43758.5453) * 12543.123;
  return value - Math.floor(value);
}

const outputStack = ({ model }: CaptureSummary): Stack =>
  model.stacks.includes('decoder') ? 'decoder' : 'encoder';
const layersOf = ({ model }: CaptureSummary, stack: Stack): number =>
  model.sites.filter(site => site.stack === stack && site.kind === 'self').length;
const entry = (id: number): string => WORDS[id % WORDS.length] ?? '';

/** Waits a little for each step and stops when nobody wants the answer any more. */
export async function steps(
  count: number,
  pace: number,
  signal: Cancellation,
  report: (done: number) => void,
): Promise<void> {
  for (let done = 0; done <= count; done++) {
    report(done);
    if (pace > 0) await new Promise(resolve => setTimeout(resolve, pace));
    if (signal.aborted) throw new InspectorError('cancelled', 'Cancelled.');
  }
}

/** Predictions by layer: guesses settle on what really stands there, some of them on something else. */
export async function syntheticLens(
  summary: CaptureSummary,
  { kind, from, count, best }: LensParams,
  pace: number,
  signal: Cancellation,
  progress: (value: LensProgress) => void,
): Promise<Lens> {
  const stack = outputStack(summary);
  const tokens = summary.tokens[stack] ?? [];
  const some = Math.min(count, tokens.length - from);
  await steps(some, pace, signal, done => progress({ done, of: some }));
  const states = layersOf(summary, stack) + 1;
  const ids = new Int32Array(states * some * best);
  const probabilities = new Float32Array(states * some * best).fill(NaN);
  const expected = new Float32Array(states * some).fill(NaN);
  const expectedIds = new Int32Array(some).fill(-1);
  const texts: Record<number, string> = {};
  for (let column = 0; column < some; column++) {
    const at = from + column;
    const isOut = kind === 'maskedLm' && tokens[at]?.special === true;
    const there = stack === 'decoder' ? tokens[at + 1] : tokens[at];
    if (there && !isOut) {
      expectedIds[column] = there.id;
      texts[there.id] = there.text || there.token;
    }
    const settles = Math.floor(noise(at, 3) * states);
    const isRight = noise(at, 7) > 0.3 && there !== undefined;
    for (let state = 0; state < states; state++) {
      const row = (state * some + column) * best;
      const top = 0.15 + (0.8 * (state + 1) * noise(at, 1)) / states;
      let left = 1 - top;
      for (let rank = 0; rank < best; rank++) {
        if (isOut) {
          ids[row + rank] = -1;
          continue;
        }
        const isSettled = rank === 0 && state >= settles;
        const made = 1000 + ((at * 7 + rank + (isSettled ? 0 : state + 1)) % WORDS.length);
        const id = isSettled && isRight ? there.id : made;
        ids[row + rank] = id;
        if (id === made) texts[id] = entry(made);
        const share = rank === 0 ? top : left / 2;
        if (rank > 0) left /= 2;
        probabilities[row + rank] = share;
        if (id === there?.id) expected[state * some + column] = share;
      }
      if (there && !isOut) {
        const known = expected[state * some + column] ?? NaN;
        if (Number.isNaN(known)) expected[state * some + column] = 0.01;
      }
    }
  }
  const numbers = { ids, probabilities, expected, expectedIds, texts };
  return { kind, stack, states, from, count: some, best, ...numbers, note: 'A made lens.' };
}

/** Norms that grow, similarities that fall with the distance. */
export function syntheticResiduals(summary: CaptureSummary, stack: Stack): Residuals {
  const tokens = summary.tokens[stack]?.length ?? 0;
  const states = layersOf(summary, stack) + 1;
  const between = (fall: number) =>
    Float32Array.from({ length: states * states }, (_, i) => {
      const distance = Math.abs(Math.floor(i / states) - (i % states));
      return tokens < 2 && fall < 0.2 ? NaN : 1 / (1 + fall * distance);
    });
  return {
    stack,
    states,
    tokens,
    norms: Float32Array.from({ length: states * tokens }, (_, i) => {
      const [state, token] = [Math.floor(i / tokens), i % tokens];
      return (token === 0 ? 3 : 1) * (8 + 5 * state * (0.7 + 0.6 * noise(token, 2)));
    }),
    cosine: between(0.3),
    cka: between(0.15),
  };
}

/** A logit as a sum of parts. */
export function syntheticAttribution(
  summary: CaptureSummary,
  { token, id = 1000 }: AttributionParams,
): Attribution {
  const count = layersOf(summary, outputStack(summary));
  const isPair = summary.model.stacks.length > 1;
  const part = (i: number, kind: number): number => 4 * noise(token, i, kind) - 1.5;
  const layers = Array.from({ length: count }, (_, i) => ({
    attention: part(i, 1),
    ...(isPair ? { cross: part(i, 2) } : {}),
    mlp: part(i, 3),
  }));
  const [embedding, constant] = [part(99, 4), -0.5];
  const sum = layers.reduce(
    (total, { attention, mlp, cross = 0 }) => total + attention + mlp + cross,
    embedding + constant,
  );
  const text = id >= 1000 ? entry(id) : 'really';
  return { token, id, text, logit: sum + 1e-5, embedding, layers, constant, error: 1e-5 };
}

/** A distribution over the made vocabulary. */
export function syntheticDistribution(params: DistributionParams): Distribution {
  const { token, temperature, topK, topP, count } = params;
  const logits = WORDS.map((_, i) => 6 * noise(token, i));
  const softmax = (values: readonly number[]): number[] => {
    const most = Math.max(...values);
    const powers = values.map(value => Math.exp(value - most));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map(power => power / sum);
  };
  const plain = softmax(logits);
  const order = plain.map((_, i) => i).sort((a, b) => (plain[b] ?? 0) - (plain[a] ?? 0));
  const scale = temperature === 0 ? 1e-6 : temperature;
  const warm = softmax(logits.map(logit => logit / scale));
  let mass = 0;
  const kept = order.filter((id, rank) => {
    const before = mass;
    mass += warm[id] ?? 0;
    return (topK === 0 || rank < topK) && before < topP;
  });
  const total = kept.reduce((sum, id) => sum + (warm[id] ?? 0), 0);
  const sampled = (id: number): number => (kept.includes(id) ? (warm[id] ?? 0) / total : 0);
  return {
    token,
    candidates: order.slice(0, count).map(id => ({
      id: 1000 + id,
      text: WORDS[id] ?? '',
      logit: logits[id] ?? 0,
      probability: plain[id] ?? 0,
      sampled: sampled(id),
    })),
    kept: kept.length,
    vocabulary: WORDS.length,
    entropy: -kept.reduce((sum, id) => sum + sampled(id) * Math.log(sampled(id)), 0),
  };
}

const TASKS = ['pos', 'chunk', 'relation', 'head', 'entity', 'coreference'] as const;

/** Probes of every task whose scores rise and fall again. */
export function syntheticProbes(summary: CaptureSummary, corpus: string): ProbeReport {
  const [stack = 'encoder'] = summary.model.stacks;
  const states = layersOf(summary, stack) + 1;
  return {
    model: summary.model.name,
    modelHash: '0'.repeat(64),
    stack,
    corpus,
    corpusHash: '1'.repeat(64),
    sentences: 3000,
    words: 32_817,
    states,
    seed: 1,
    tasks: TASKS.map((task, i) => {
      const level = (state: number): number =>
        0.9 - 0.06 * i - 0.02 * Math.abs(state - 2 - i / 2) ** 1.4;
      return {
        task,
        classes: ['A', 'B', 'C'],
        trainItems: 20_000,
        testItems: 6_000,
        majority: 0.12 + 0.06 * i,
        scores: Array.from({ length: states }, (_, state) => ({
          state,
          accuracy: { value: level(state), low: level(state) - 0.012, high: level(state) + 0.011 },
          f1: level(state) - 0.05,
          control: 0.5 - 0.02 * state,
          selectivity: level(state) - 0.5 + 0.02 * state,
          descriptionLength: 12_345 + 100 * state,
          compression: 6 - 0.3 * state,
          mixed: level(state) + 0.005,
        })),
        ...(task === 'entity' ? {} : { expectedLayer: 1.2 + i * 0.4 }),
        centreOfGravity: 1.9 + i * 0.45,
      };
    }),
    missing: [],
    notes: [],
    caveats: 'A probe tells what can be read, not what the model uses.',
    elapsed: 61_234,
  };
}

/** Labels of the words, the same word class in most states. */
export function syntheticLabels(summary: CaptureSummary, corpus: string): ProbeLabels {
  const [stack = 'encoder'] = summary.model.stacks;
  const tokens = summary.tokens[stack] ?? [];
  const states = layersOf(summary, stack) + 1;
  const classes = ['NOUN', 'VERB', 'DET', 'ADP', 'PRON'];
  return {
    stack,
    corpus,
    tasks: (['pos', 'entity'] as const).map(task => ({
      task,
      labels: Array.from({ length: states }, (_, state) =>
        tokens.map(({ special, continues, index }) =>
          special || continues ? '' : (classes[(index + (state < 2 ? state : 2)) % 5] ?? ''),
        ),
      ),
      probabilities: Float32Array.from({ length: states * tokens.length }, (_, i) =>
        tokens[i % tokens.length]?.special ? NaN : 0.3 + 0.7 * noise(i, 5),
      ),
    })),
  };
}

/** Each relation is found best by a head of its own. */
export function syntheticSyntax(summary: CaptureSummary, corpus: string): SyntaxReport {
  const [stack = 'encoder'] = summary.model.stacks;
  const layers = layersOf(summary, stack);
  const heads = Math.max(...summary.model.sites.map(site => site.heads));
  const shares = (seed: number) =>
    Float32Array.from({ length: layers * heads }, (_, i) => 0.8 * noise(i, seed));
  return {
    model: summary.model.name,
    stack,
    corpus,
    sentences: 3000,
    notes: [],
    layers,
    heads,
    relations: ['det', 'nsubj', 'obj', 'case'].map((relation, i) => ({
      relation,
      count: 1000 - 200 * i,
      toHead: shares(i + 1),
      toDependent: shares(i + 11),
      offset: i % 2 ? -1 : 1,
      baseline: 0.2 + 0.1 * i,
    })),
  };
}

/** Fitting probes, as far as people see it. */
export const fitting = (
  pace: number,
  signal: Cancellation,
  progress: (value: ProbeProgress) => void,
): Promise<void> =>
  steps(10, pace, signal, done =>
    progress({ label: `Running ${done * 300} of 3,000 sentences`, done: done / 10 }),
  );
