import type { FindingsState, ModelFinding, ModelFindingCode } from '../../../src/protocol/findings';
import type { Intervention } from '../../../src/protocol/intervention';

const WORDS = [
  '<s>',
  ' The',
  ' old',
  ' dog',
  ' saw',
  ' a',
  ' bird',
  ' near',
  ' the',
  ' river',
  '.',
];

/** A causal map with some weight ahead of the query; the row of token 9 holds NaN where asked. */
function leakingWeights(): { weights: Float32Array; framed: Uint8Array } {
  const n = WORDS.length;
  const weights = new Float32Array(n * n);
  const framed = new Uint8Array(n * n);
  for (let i = 0; i < n * n; i++) {
    const [query, key] = [Math.floor(i / n), i % n];
    const isAhead = key > query;
    weights[i] = isAhead ? ((query * 3 + key * 5) % 7 === 0 ? 0.3 : 0) : 1 / (query + 1.5);
    framed[i] = isAhead && (weights[i] ?? 0) > 0 ? 1 : 0;
  }
  weights[6 * n + 7] = 0.61;
  framed[6 * n + 7] = 1;
  return { weights, framed };
}

/** Each edge ahead of a query of layer 1 is blocked. */
export const CAUSAL: readonly Intervention[] = [
  {
    kind: 'intervention',
    at: { stack: 'decoder', layer: 1, point: 'maskedScores', tokens: [2], keys: [3, 4] },
    how: { block: true },
  },
];

const finding = (
  code: ModelFindingCode,
  rest: Partial<ModelFinding> & Pick<ModelFinding, 'severity' | 'sentence' | 'measure'>,
): ModelFinding => ({
  code,
  about: 'model',
  place: {},
  cause: 'The layer was exported with is_causal=False, or its mask was folded to a constant.',
  remedy: 'Export again with attn_implementation="eager", then run the check again.',
  wrongFor: 'prefix LMs, embedding models',
  decision: { measured: 'max weight at k > q', limit: '1e-6', found: '.61' },
  evidence: [],
  ...rest,
});

export const LEAK = finding('future-leak', {
  severity: 'error',
  place: { stack: 'decoder', layer: 1, head: 2, token: 6, key: 7 },
  measure: 0.61,
  sentence: 'Layer 1 lets every token attend to later ones: up to .61 of its weight lies ahead.',
  decision: {
    measured: 'max weight at k > q',
    limit: '1e-6',
    found: '.61',
    confirmedBy: 'last token changed → Δ .38',
  },
  evidence: [
    {
      kind: 'map',
      title: 'L1 H2, weights; framed: ahead of the query',
      queries: WORDS,
      keys: WORDS,
      ...leakingWeights(),
    },
    {
      kind: 'bars',
      title: 'Largest weight ahead, by layer',
      rows: [0, 1, 2].map(layer => ({
        name: `L${layer}`,
        value: layer === 1 ? 0.61 : 0,
        isWrong: layer === 1,
      })),
    },
  ],
  node: { name: '/model/layers.1/self_attn/Softmax', operator: 'Softmax' },
  impose: { name: 'Impose a causal mask here', interventions: CAUSAL },
});

export const ROPE = finding('rope-mismatch', {
  severity: 'error',
  measure: 50,
  sentence: 'The graph turns by base 500,000; config.json says rope_theta 10000.',
  decision: { measured: 'largest ratio of frequencies', limit: '1 ± 1e-3', found: '×50' },
  file: 'config.json',
  fix: { file: 'config.json', path: ['rope_theta'], value: 500000 },
});

export const UNKNOWN = finding('unknown-tokens', {
  about: 'text',
  severity: 'warning',
  place: { token: 4 },
  measure: 0.048,
  sentence: 'U+1F42F at characters 20–22 became <unk>.',
  range: { start: 20, end: 22 },
});

/** Two errors, two warnings and two notes. */
export const FINDINGS: readonly ModelFinding[] = [
  LEAK,
  ROPE,
  finding('special-tokens-doubled', {
    severity: 'warning',
    place: { token: 1 },
    measure: 2,
    sentence: 'The tokenizer and the template both add it: tokens 0 and 1.',
    decision: { measured: 'special tokens in a row', limit: '1', found: '2 × <s>' },
  }),
  UNKNOWN,
  finding('left-padding-moves', {
    severity: 'note',
    measure: 0.21,
    sentence: 'No position_ids input: positions count from the padding.',
  }),
  finding('sinks', {
    about: 'text',
    severity: 'note',
    place: { stack: 'decoder', layer: 2, head: 1 },
    measure: 0.83,
    sentence: '5 of 12 heads rest on <s>. Usual in decoders; not a fault.',
    decision: { measured: 'mean weight on one key', limit: '.42', found: '.83 on <s>' },
  }),
];

export const PASSED: readonly ModelFindingCode[] = [
  ...['padding-attended', 'mask-too-small', 'fully-masked-nan', 'nan', 'near-overflow'],
  ...['rows-not-one', 'wrong-scale', 'window-mismatch', 'lm-head', 'wrong-special-ids'],
  ...['vocabulary-mismatch', 'batch-dependence', 'non-deterministic', 'dead-head', 'uniform-head'],
  ...['duplicated-heads', 'no-positions'],
] as ModelFindingCode[];

type Ready = Extract<FindingsState, { kind: 'ready' }>;

/** What a check that is done says. */
export const ready = (
  findings: readonly ModelFinding[] = FINDINGS,
  rest: Partial<Omit<Ready, 'kind' | 'result'>> = {},
): FindingsState => ({
  kind: 'ready',
  capture: 'decoder-1',
  result: {
    findings,
    passed: PASSED,
    undecided: [
      { code: 'past-inconsistent', reason: 'This export has no past_key_values.' },
      { code: 'quantisation-damage', reason: 'Choose the file it was made from.' },
    ],
    runs: 13,
    milliseconds: 600,
  },
  pinned: [],
  isStale: false,
  ...rest,
});
