import assert from 'node:assert/strict';
import type { Computation } from '../../../src/protocol/computation';
import {
  cappedScore,
  exponential,
  runningSum,
  sumTerms,
  topKeys,
} from '../../../src/webview/views/computation/facts';
import { number, signed, subscript } from '../../../src/webview/reading/numbers';
import { scaleText, stepSentence } from '../../../src/webview/views/computation/sentence';
import { openingLocus } from '../../../src/webview/app/locus';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState } from '../../../src/webview/app/state';
import {
  chunkSize,
  keyVector,
  type ShownComputation,
} from '../../../src/webview/views/computation/shown';
import {
  activeStage,
  fitStep,
  isComputed,
  move,
  STAGES,
  type Step,
  type StepMove,
} from '../../../src/webview/app/choices/step';
import { canonical, watch } from '../../../src/webview/views/computation/watch';
import { columnsOf, layoutColumns } from '../../../src/webview/views/computation/stageColumns';
import { RECIPES, tokensOf } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';

const walk = (from: Step, ...moves: StepMove[]): Step =>
  moves.reduce((step, name) => move(step, name, 3), from);
const at = (stage: number): Step => ({ stage, into: null });

/** Two numbers a head, four keys of which the last is blocked. */
const value: Computation = {
  query: 1,
  keyHead: 0,
  headDim: 2,
  scale: 0.5,
  q: Float32Array.of(3, 4),
  from: 0,
  k: Float32Array.of(1, 0, 0, 1, 2, 2, 5, 5),
  v: Float32Array.of(1, -1, 2, 0.5, 0, 3, 9, 9),
  products: Float32Array.of(3, 4, 14, 35),
  scores: Float32Array.of(1.5, 2, 7, 17.5),
  maskedScores: Float32Array.of(1.5, 2, 7, -Infinity),
  weights: Float32Array.of(0.25, 0.25, 0.5, 0),
  allowed: Uint8Array.of(1, 1, 1, 0),
  maximum: 7,
  normaliser: 1.0108,
  headOutput: Float32Array.of(0.75, 1.375),
  weightError: 0,
  output: { missing: 'none' },
};
const shown: ShownComputation = {
  at: '',
  value,
  chunks: new Map([[0, { from: 0, k: value.k, ...(value.v ? { v: value.v } : {}) }]]),
};
const keys = tokensOf(['[CLS]', 'tree', 'tree', '13']);

describe('steps through the computation', () => {
  it('go over the seven stages, and no further', () => {
    const stages = [1, 2, 3, 4, 5, 6, 7].map(
      count => walk(at(1), ...Array.from({ length: count }, () => 'stepOver' as const)).stage,
    );
    assert.deepEqual(stages, [2, 3, 4, 5, 6, 7, 7]);
    assert.deepEqual(walk(at(3), 'stepBack', 'stepBack', 'stepBack'), at(1));
    assert.deepEqual(walk(at(2), 'runAll'), at(STAGES.length));
    assert.deepEqual(walk(at(6), 'stepInto', 'restart'), at(1));
  });

  it('go into the products of one key, dimension by dimension, and out again', () => {
    const inside = walk(at(1), 'stepInto');
    assert.deepEqual(inside, { stage: 1, into: { kind: 'product', dimension: 0 } });
    assert.equal(activeStage(inside), 2);
    assert.deepEqual(walk(inside, 'stepOver', 'stepInto').into, { kind: 'product', dimension: 2 });
    assert.deepEqual(walk(inside, 'stepOver', 'stepOver', 'stepOver'), at(2), 'q · k is computed');
    assert.deepEqual(walk(inside, 'stepOver', 'stepBack'), inside);
    assert.deepEqual(walk(inside, 'stepBack'), at(1));
    assert.deepEqual(walk(inside, 'stepOver', 'stepOut'), at(1));
    const later = walk(at(5), 'stepInto', 'stepOver', 'stepOver', 'stepOver');
    assert.deepEqual(later, at(5), 'what was computed stays so');
  });

  it('go into one dimension of Σ α v from the weighted sum on', () => {
    const inside = walk(at(6), 'stepInto');
    assert.deepEqual(inside.into, { kind: 'sum', dimension: 0 });
    assert.equal(activeStage(inside), 6);
    assert.deepEqual(walk(inside, 'stepOver', 'stepOver', 'stepOver'), at(7));
  });

  it('stay within smaller heads, and know what is computed', () => {
    const far: Step = { stage: 1, into: { kind: 'product', dimension: 40 } };
    assert.equal(fitStep(far, 32).into?.dimension, 31);
    assert.ok(isComputed(at(5), 5) && !isComputed(at(5), 6));
  });
});

describe('columns of the table of stages', () => {
  it('show soft-cap, position bias and RoPE where the model has them', () => {
    const plain = columnsOf(value, 5);
    assert.deepEqual(
      plain.map(({ id }) => id),
      ['token', 'k', 'products', 'sum', 'score', 'mask', 'weight', 'value'],
    );
    const more = columnsOf(
      { ...value, softCap: 50, bias: new Float32Array(4), qUnrotated: value.q },
      6,
    );
    const captionOf = (id: string) => more.find(column => column.id === id);
    assert.equal(captionOf('capped')?.detail, '± 50');
    assert.equal(captionOf('mask')?.detail, '+ M + B');
    assert.equal(captionOf('k')?.detail, 'k = RoPE(W_K x)');
    assert.equal(captionOf('value')?.caption, 'α · v, relative to the largest α');
  });

  it('fit into the room there is', () => {
    const columns = columnsOf(value, 5);
    for (const available of [640, 760, 918, 1300]) {
      const { vectors, template } = layoutColumns(columns, available, 90);
      const widths = template.split(' ').map(text => Number.parseInt(text, 10));
      const total = widths.reduce((sum, width) => sum + width, 0) + 10 * (columns.length - 1);
      assert.ok(total <= available, `${total} px in ${available}`);
      assert.ok(vectors.k <= 192 && vectors.k >= 76);
    }
  });
});

describe('numbers of the computation', () => {
  it('are added up one by one', () => {
    const { products, sums } = runningSum(value.q, Float32Array.of(2, 2));
    assert.deepEqual([...products], [6, 8]);
    assert.deepEqual([...sums], [6, 14]);
    assert.equal(exponential(value, 2), 1);
    assert.equal(exponential(value, 3), 0, 'blocked');
    assert.equal(cappedScore(1000, 50), 50);
    assert.equal(cappedScore(3, undefined), 3);
  });

  it('name the keys with the largest weights and the one that is looked at', () => {
    assert.deepEqual(topKeys(value, 2, 2), [2, 0]);
    assert.deepEqual(topKeys(value, 1, 2), [2, 1]);
    assert.deepEqual(topKeys(value, 3, 2), [2, 0], 'a blocked key has no weight');
  });

  it('split one dimension of the output into its terms and the rest', () => {
    const sum = sumTerms(shown, 1, [2, 1]);
    assert.ok(sum);
    assert.deepEqual(
      sum.terms.map(({ key, term }) => [key, term]),
      [
        [2, 1.5],
        [1, 0.125],
      ],
    );
    assert.equal(sum.rest, 1.375 - 1.625);
    assert.equal(sum.total, 1.375);
    const without = { ...value, headOutput: new Float32Array() };
    assert.equal(sumTerms({ ...shown, value: without }, 0, [1]), null);
  });

  it('come in chunks where the text is long', () => {
    assert.equal(chunkSize(256), 256);
    assert.equal(chunkSize(257), 128);
    assert.deepEqual([...(keyVector(shown, 'v', 2) ?? [])], [0, 3]);
    assert.equal(keyVector({ ...shown, chunks: new Map() }, 'k', 2), null);
  });

  it('are written with a true minus sign', () => {
    assert.equal(number(-0.4567, 2), '−0.46');
    assert.equal(number(-0.001, 2), '0.00');
    assert.equal(number(-3.4e38, 2), '−∞');
    assert.equal(number(NaN, 2), 'NaN');
    assert.equal(signed(4.61, 1), '+4.6');
    assert.equal(subscript(14), '₁₄');
    assert.equal(scaleText(1 / Math.sqrt(32), 32), '÷ 5.657');
    assert.equal(scaleText(1, 32), '× 1');
    assert.equal(scaleText(0.25, 32), '× 0.2500');
  });

  it('say where a model has no division by √d_k', () => {
    const { summary } = new SyntheticCapture({ ...RECIPES.short, tokens: { encoder: keys } });
    const locus = openingLocus(summary);
    assert.ok(locus);
    const state = {
      ...initialState('dark'),
      capture: summary,
      locus: { ...locus, query: 1, key: 2 },
    };
    const said = (scale: number, headDim: number): string =>
      plainText(stepSentence(state, { ...shown, value: { ...value, scale, headDim } }, at(3)));
    assert.match(
      said(0.5, 2),
      /^Step 3 of 7\. Each sum becomes a score: for tree₂ 14\.00 × 0\.5000/,
    );
    assert.match(
      said(1, 2),
      /does not divide by √d_k = √2: .* For tree₂ the sum is the score, 7\.00\./,
    );
    assert.match(said(1, 1), /Each sum becomes a score/);
  });
});

describe('watch expressions', () => {
  const valueOf = (expression: string): string => {
    const result = watch(expression, shown, keys);
    return 'value' in result ? result.value : result.problem;
  };

  it('read every quantity by its name', () => {
    assert.equal(valueOf('α[tree]'), '.250');
    assert.equal(valueOf('α[2]'), '.500', 'a number is an index');
    assert.equal(valueOf('α["13"]'), '.000', 'quotes make it a text');
    assert.equal(valueOf('score[2]'), '7.000');
    assert.equal(valueOf('q·k[[CLS]]'), '3.000', 'a token may hold brackets');
    assert.equal(valueOf('q·k[2]'), '14.000');
    assert.equal(valueOf('entropy(α)'), '1.50 bits');
    assert.equal(valueOf('max'), '7.000');
    assert.equal(valueOf('Z'), '1.011');
    assert.equal(valueOf('‖q‖'), '5.00');
    assert.equal(valueOf('‖z‖'), '1.57');
    assert.equal(valueOf('‖k‖[2]'), '2.83');
    assert.equal(valueOf('q[1]'), '4.000');
    assert.equal(valueOf('z[0]'), '0.750');
    assert.equal(valueOf('k[2][1]'), '2.000');
    assert.equal(valueOf('v[tree][1]'), '0.500');
  });

  it('take spellings that every keyboard has', () => {
    assert.equal(canonical(' alpha[tree] '), 'α[tree]');
    assert.equal(canonical('q.k[2]'), 'q·k[2]');
    assert.equal(canonical('|q|'), '‖q‖');
    assert.equal(canonical('entropy(alpha)'), 'entropy(α)');
    assert.equal(valueOf('|z|'), '1.57');
  });

  it('say what is wrong, and run nothing', () => {
    for (const wrong of [
      'α',
      'alert(1)',
      'q[tree]',
      'k[2]',
      'α[2][1]',
      'constructor',
      '__proto__',
    ]) {
      assert.match(valueOf(wrong), /cannot be watched\. What can: α\[token\]/, wrong);
    }
    assert.match(valueOf('α[cat]'), /None of the 4 keys is “cat”/);
    assert.match(valueOf('α[99]'), /None of the 4 keys/);
    assert.match(valueOf('q[2]'), /dimensions 0 to 1 only/);
  });
});
