import assert from 'node:assert/strict';
import type { MaskKind } from '../../../../src/protocol/model';
import type { InstrumentedModel } from '../../../../src/inspector/model/instrumentedModel';
import type { CaptureRequest, ModelRun, SiteCapture } from '../../../../src/inspector/model/run';
import { dotProducts } from '../../../../src/inspector/runtime/dotProducts';
import type { Tensor } from '../../../../src/inspector/runtime/tensor';
import { referenceOf, repeatHeads, worstError, type Case } from './cases';

/** All that a run can capture. */
export const everything: CaptureRequest = {
  weights: true,
  queryKeyValue: true,
  scores: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: true,
  logits: true,
};
const quantities = [
  'q',
  'k',
  'v',
  'raw',
  'masked',
  'weights',
  'context',
  'hidden',
  'logits',
] as const;
export type Errors = Record<(typeof quantities)[number] | 'recomputed', number>;

/** `case.json` gives no tolerance for these two: they follow from others. */
const toleranceOf = { masked: 'raw', context: 'v' } as const;

/** The heads of the columns of `row`. */
export const columns = ['case', 'sites', ...quantities, 'recomputed'];

/** One line of a table. */
export function row({ facts }: Case, run: ModelRun, errors: Errors): string {
  const cells = Object.values(errors).map(error => error.toExponential(1));
  return [facts.name, run.sites.length, ...cells].join(' · ');
}

/** The largest difference of each quantity. */
export function compare(example: Case, run: ModelRun): Errors {
  const errors: Errors = {
    q: 0,
    k: 0,
    v: 0,
    raw: 0,
    masked: 0,
    weights: 0,
    context: 0,
    hidden: 0,
    logits: 0,
    recomputed: 0,
  };
  const note = (quantity: keyof Errors, error: number) => {
    errors[quantity] = Math.max(errors[quantity], error);
  };
  for (const [i, site] of run.sites.entries()) {
    const { heads, scale } = site.site;
    const expect = (quantity: keyof Errors, actual: Tensor | undefined, factor = 1) => {
      const own = referenceOf(example, `site.${i}.${quantity}`);
      const expected = own ?? (quantity === 'raw' ? productsOf(example, i) : undefined);
      assert.ok(expected, `the reference has no site ${i}`);
      note(quantity, worstError(actual, expected, factor));
    };
    expect('q', site.query);
    expect('k', site.key && repeatHeads(site.key, heads));
    expect('v', site.value && repeatHeads(site.value, heads));
    expect('raw', site.scores ?? scoresOf(site), 1 / scale);
    expect('masked', site.maskedScores);
    expect('weights', site.weights);
    expect('context', site.headOutput);
    const sink = referenceOf(example, `site.${i}.sink`);
    assert.equal(site.site.sink !== undefined, sink !== undefined);
    if (sink) note('weights', worstError(site.sink, sink));
    note('recomputed', recomputedError(site));
  }
  note('hidden', hiddenError(example, run));
  const logits = referenceOf(example, 'logits');
  if (logits && run.logits) note('logits', worstError(run.logits, logits));
  return errors;
}

/** Where a reference leaves q·k out, it is the product of its own queries and keys. */
function productsOf(example: Case, site: number): Tensor | undefined {
  const query = referenceOf(example, `site.${site}.q`);
  const key = referenceOf(example, `site.${site}.k`);
  if (!query || !key) return undefined;
  return { dims: [], data: Float32Array.from(dotProducts(query, key, 1)) };
}

/** Where a fused operator hides the scores, they are q·k × scale. */
function scoresOf({ query, key, site }: SiteCapture): Tensor | undefined {
  if (!query || !key) return undefined;
  const data = Float32Array.from(dotProducts(query, key, site.scale));
  return { dims: [], data };
}

function hiddenError(example: Case, run: ModelRun): number {
  let worst = 0;
  for (const [stack, states] of Object.entries(run.hiddenStates)) {
    const prefix = example.reference.has('hidden_states.0') ? '' : `${stack}_`;
    for (const [i, state] of states.entries()) {
      const expected = referenceOf(example, `${prefix}hidden_states.${i}`);
      // The output of a split encoder is all that Hugging Face gives of its last state.
      if (expected) worst = Math.max(worst, worstError(state, expected));
    }
    const residual = referenceOf(example, `${prefix}last_residual`);
    const actual = run.lastResidual[stack as 'encoder'];
    if (residual) worst = Math.max(worst, worstError(actual, residual));
  }
  const stacks = Object.keys(run.hiddenStates).length;
  return stacks === 0 ? Infinity : worst;
}

/**
 * The second pass: softmax in float64 over q·k × scale plus what mask and bias did to the captured
 * scores.
 */
function recomputedError(site: SiteCapture): number {
  const { query, key, maskedScores, weights, sink } = site;
  const { scale, softCap } = site.site;
  if (!query || !key || !maskedScores || !weights) return Infinity;
  const capped = (score: number) => (softCap ? softCap * Math.tanh(score / softCap) : score);
  const before = (site.scores ?? scoresOf(site))?.data ?? [];
  const own = dotProducts(query, key, scale);
  const keys = weights.dims[3] ?? 1;
  let worst = 0;
  for (let start = 0; start < own.length; start += keys) {
    const scores = Array.from({ length: keys }, (_, j) => {
      const i = start + j;
      const masked = maskedScores.data[i] ?? NaN;
      const bias = masked - capped(before[i] ?? NaN);
      return Math.abs(bias) > 1e3 ? masked : capped(own[i] ?? NaN) + bias;
    });
    const maximum = Math.max(...scores);
    // Implementations differ in rows where the mask leaves nothing.
    if (maximum < -1e3) continue;
    const exponentials = scores.map(score => Math.exp(score - maximum));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    const left = 1 - (sink?.data[start / keys] ?? 0);
    for (const [j, e] of exponentials.entries()) {
      worst = Math.max(worst, Math.abs((left * e) / sum - (weights.data[start + j] ?? NaN)));
    }
  }
  return worst;
}

/** No quantity differs by more than the case allows. */
export function checkErrors({ facts }: Case, errors: Errors): void {
  for (const quantity of quantities) {
    const name = quantity in toleranceOf ? toleranceOf[quantity as 'masked'] : quantity;
    const tolerance = facts.tolerances[name];
    if (tolerance === undefined) continue;
    assert.ok(
      errors[quantity] <= tolerance,
      `${quantity} differs by ${errors[quantity]}, more than ${tolerance}`,
    );
  }
  if (facts.precision === 'fp32') {
    assert.ok(errors.recomputed <= 1e-5, `recomputed weights differ by ${errors.recomputed}`);
  }
}

/** What the card says of the sites is what the case says of them. */
export function checkCard({ facts }: Case, { card }: InstrumentedModel): void {
  assert.equal(card.sites.length, facts.n_sites);
  assert.deepEqual(
    card.sites.map(({ check }) => check.result).filter(result => result === 'refused'),
    [],
  );
  for (const [i, site] of card.sites.entries()) {
    assert.equal(site.kind, facts.site_kinds[i] === 'cross' ? 'cross' : 'self');
    assert.equal(site.heads, facts.heads[i]);
    assert.equal(site.keyHeads, facts.kv_heads === 'same' ? facts.heads[i] : facts.kv_heads);
    assert.equal(site.headDim, facts.head_dim[i]);
    assert.deepEqual(site.mask, maskOf(facts.mask_kind[i] ?? ''));
    if (facts.positions && site.kind === 'self') {
      assert.equal(site.positional.kind, facts.positions);
    }
    const scale = facts.scale?.[i];
    if (scale !== undefined) assert.ok(Math.abs(site.scale - scale) < 1e-3 * scale);
  }
}

/** `causal`, `bidirectional`, `cross`, `causal, local window: |i-j| < 4`. */
function maskOf(text: string): MaskKind {
  const window = Number(/\|i-j\| < (\d+)/.exec(text)?.[1] ?? 0);
  const isCausal = text.startsWith('causal');
  if (window) return { kind: 'window', before: window - 1, after: isCausal ? 0 : window - 1 };
  return { kind: isCausal ? 'causal' : 'bidirectional' };
}
