import type { Weights } from '../../src/inspector/attention/weightMap';
import { Capture } from '../../src/inspector/capture/capture';
import { type MaskChange, changesOf } from '../../src/protocol/change';
import type { CaptureSummary } from '../../src/protocol/capture';
import type { AttentionKind, AttentionSite, ModelCard, Stack } from '../../src/protocol/model';
import type { Token } from '../../src/protocol/tokens';
import type { SiteCapture } from '../../src/inspector/model/run';

/** Tokens of words: equal words have equal ids, `[X]` is special, `##x` continues the word before it. */
export function tokensOf(text: string): Token[] {
  const ids = new Map<string, number>();
  return text.split(' ').map((token, index) => {
    const id = ids.get(token) ?? ids.size;
    ids.set(token, id);
    return {
      index,
      id,
      token,
      text: token.replace(/^##/, ''),
      start: index,
      end: index + 1,
      special: /^\[[A-Z]+\]$/.test(token),
      unknown: false,
      continues: token.startsWith('##'),
    };
  });
}

/** One head's map from its rows; `x` in place of a number says that the mask blocks the pair. */
export function mapOf(...rows: readonly (readonly (number | 'x')[])[]): Weights {
  const cells = rows.flat();
  return {
    queries: rows.length,
    keys: rows[0]?.length ?? 0,
    weights: Float32Array.from(cells, cell => (cell === 'x' ? 0 : cell)),
    maskedScores: Float32Array.from(cells, cell => (cell === 'x' ? -Infinity : 0)),
  };
}

export interface SmallBlock {
  readonly stack?: Stack;
  readonly kind?: AttentionKind;
  /** `[layers][heads]`. */
  readonly layers: readonly (readonly Weights[])[];
  /** Their numbers in the model; from 0 on when absent. */
  readonly numbers?: readonly number[];
}

export interface SmallRun {
  readonly tokens: { readonly [S in Stack]?: readonly Token[] };
  readonly blocks: readonly SmallBlock[];
  /** `[tokens][vocabulary]`. */
  readonly logits?: readonly (readonly number[])[];
  readonly mask?: MaskChange;
  /** Layers by the model's count, and those that have no attention. */
  readonly count?: Pick<ModelCard, 'layers' | 'withoutAttention'>;
}

/** A capture whose every number is given. */
export function smallCapture({ tokens, blocks, logits, mask, count }: SmallRun): Capture {
  const sites = blocks.flatMap(({ stack = 'encoder', kind = 'self', layers, numbers }) =>
    layers.map((heads, i) =>
      siteCapture(siteOf(stack, kind, numbers?.[i] ?? i, heads.length), heads),
    ),
  );
  const summary: CaptureSummary = {
    id: 'small',
    model: {
      path: '/small',
      name: 'small',
      architecture: 'Small',
      stacks: (['encoder', 'decoder'] as const).filter(stack => tokens[stack]),
      sites: sites.map(({ site }) => site),
      modelDim: 4,
      vocabulary: 8,
      precision: 'float32',
      fileSize: 1,
      outputCheck: { result: 'exact', worst: 0 },
      notes: [],
      ...count,
    },
    text: '',
    tokens,
    totalTokens: 0,
    sites: sites.map(({ site }) => site),
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
    changes: changesOf({ mask }),
  };
  const run = {
    sites,
    hiddenStates: {},
    lastResidual: {},
    runTime: 0,
    ...(logits
      ? {
          logits: {
            dims: [1, logits.length, logits[0]?.length ?? 0],
            data: Float32Array.from(logits.flat()),
          },
        }
      : {}),
  };
  return new Capture(summary, run, () => Promise.reject(new Error('Every map is kept.')));
}

function siteOf(stack: Stack, kind: AttentionKind, layer: number, heads: number): AttentionSite {
  return {
    stack,
    kind,
    layer,
    heads,
    keyHeads: heads,
    headDim: 2,
    scale: 1,
    mask: { kind: 'bidirectional' },
    positional: { kind: 'none' },
    check: { result: 'exact', worst: 0 },
    graph: { operator: 'Softmax', node: '' },
  };
}

function siteCapture(site: AttentionSite, heads: readonly Weights[]): SiteCapture {
  const { queries = 0, keys = 0 } = heads[0] ?? {};
  const dims = [1, heads.length, queries, keys];
  const join = (pick: (head: Weights) => Float32Array) => {
    const data = new Float32Array(heads.length * queries * keys);
    for (const [i, head] of heads.entries()) data.set(pick(head), i * queries * keys);
    return { dims, data };
  };
  return {
    site,
    weights: join(({ weights }) => weights),
    maskedScores: join(({ maskedScores }) => maskedScores),
  };
}

/** A softmax map of random scores; causal where asked. */
export function randomMap(size: number, random: () => number, causal = false): Weights {
  const map = {
    queries: size,
    keys: size,
    weights: new Float32Array(size * size),
    maskedScores: new Float32Array(size * size).fill(-Infinity),
  };
  for (let query = 0; query < size; query++) {
    const seen = causal ? query + 1 : size;
    const scores = Array.from({ length: seen }, () => 6 * random() - 3);
    const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
    scores.forEach((score, key) => {
      map.weights[query * size + key] = Math.exp(score) / sum;
      map.maskedScores[query * size + key] = score;
    });
  }
  return map;
}

/** Asserts that numbers are close. */
export function near(actual: ArrayLike<number>, expected: readonly number[], within = 1e-6): void {
  const problems = expected.flatMap((value, i) => {
    const one = actual[i] ?? NaN;
    const isNear = Number.isNaN(value) ? Number.isNaN(one) : Math.abs(one - value) <= within;
    return isNear ? [] : [`[${i}] is ${one}, expected ${value}`];
  });
  if (actual.length !== expected.length) problems.push(`${actual.length} numbers`);
  if (problems.length > 0) throw new Error(problems.slice(0, 5).join('; '));
}
