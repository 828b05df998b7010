import assert from 'node:assert/strict';
import type { Candidate, Lens } from '../../../src/protocol/layers';
import {
  changeOf,
  expectedAt,
  guesses,
  settledState,
  shownState,
} from '../../../src/webview/views/layers/facts';
import { draw, random } from '../../../src/webview/views/layers/generation';
import { normSeries, percentile } from '../../../src/webview/views/layers/normChart';
import { inkOn } from '../../../src/webview/draw/color/inkOn';
import { DEFAULT_LAYERS, readLayers } from '../../../src/webview/app/choices/layers';
import { logitParts, logitSum } from '../../../src/webview/views/layers/attributionRows';
import { layersSentence } from '../../../src/webview/views/layers/sentence';
import { similarityOf } from '../../../src/webview/views/layers/similarityChart';
import { bestHeads } from '../../../src/webview/views/layers/syntaxRows';
import { lensKind, wantedLayers } from '../../../src/webview/views/layers/wanted';
import type { TaskReport } from '../../../src/protocol/probes';
import { answered } from '../../../src/webview/app/answers';
import { openingLocus } from '../../../src/webview/app/locus';
import { plainText } from '../../../src/webview/app/sentence';
import { initialState, type State } from '../../../src/webview/app/state';
import { changeText } from '../../../src/webview/views/layers/lensContent';
import { RECIPES, tokensOf, type RecipeName } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';
import { syntheticAttribution, syntheticProbes } from '../../webview/support/syntheticLayers';

/** A lens of one token over states, best first, with the entries' names. */
function lensOf(
  rows: readonly (readonly (readonly [id: number, probability: number])[])[],
  expected: number,
  from = 0,
): Lens {
  const best = rows[0]?.length ?? 0;
  const flat = rows.flat();
  return {
    kind: 'maskedLm',
    stack: 'encoder',
    states: rows.length,
    from,
    count: 1,
    best,
    ids: Int32Array.from(flat, ([id]) => id),
    probabilities: Float32Array.from(flat, ([, probability]) => probability),
    expected: Float32Array.from(rows, row => row.find(([id]) => id === expected)?.[1] ?? 0.01),
    expectedIds: Int32Array.of(expected),
    texts: { 1: 'he', 2: 'it', 3: 'she' },
    note: '',
  };
}

function stateWith(name: RecipeName, change: Partial<State> = {}): State {
  const capture = new SyntheticCapture(RECIPES[name]).summary;
  return { ...initialState('dark'), capture, locus: openingLocus(capture), ...change };
}

/** The same with predictions for the query alone. */
function withLens(name: RecipeName, lens: Lens): State {
  const state = stateWith(name);
  const column = { ...lens, from: 0, count: 16 };
  const spread = <T extends Int32Array | Float32Array>(
    values: T,
    each: number,
    empty: number,
  ): T => {
    const made = new (values.constructor as new (size: number) => T)(lens.states * 16 * each).fill(
      empty,
    ) as T;
    for (let row = 0; row < lens.states; row++) {
      made.set(values.subarray(row * each, (row + 1) * each), (row * 16 + 15) * each);
    }
    return made;
  };
  const expectedIds = new Int32Array(16).fill(-1);
  expectedIds[15] = lens.expectedIds[0] ?? -1;
  const filled = {
    ...column,
    ids: spread(lens.ids, lens.best, -1),
    probabilities: spread(lens.probabilities, lens.best, NaN),
    expected: spread(lens.expected, 1, NaN),
    expectedIds,
  };
  const lenses = {
    at: `${state.capture?.id} ${lensKind(state)}`,
    chunks: new Map([[0, filled]]),
    error: null,
    isStopped: false,
  };
  return { ...state, layers: { ...state.layers, lenses } };
}

describe('facts of predictions by layer', () => {
  const rows = [
    [
      [2, 0.4],
      [1, 0.3],
    ],
    [
      [1, 0.5],
      [3, 0.2],
    ],
    [
      [2, 0.6],
      [1, 0.1],
    ],
    [
      [2, 0.7],
      [1, 0.2],
    ],
  ] as const;
  const place = { lens: lensOf(rows, 2), column: 0 };

  it('the final answer first appears where it stays', () => {
    assert.equal(settledState(place), 2);
    assert.equal(settledState({ lens: lensOf([[[2, 1]], [[2, 1]]], 2), column: 0 }), 0);
    assert.equal(settledState({ lens: lensOf([[[2, 1]], [[-1, NaN]]], 2), column: 0 }), null);
  });

  it('a change is exact where the entry was listed before, else a bound', () => {
    const [first, second] = guesses(place, 3);
    assert.ok(first && second);
    assert.ok(Math.abs((changeOf(place, 3, first)?.change ?? 0) - 0.1) < 1e-6);
    assert.equal(changeText(changeOf(place, 3, second)), '+.10');
    const [other] = guesses(place, 2);
    assert.ok(other);
    const bound = changeOf(place, 2, other);
    assert.equal(bound?.isAtLeast, true, 'state 1 lists 1 and 3');
    assert.equal(changeText(bound), '≥ +.40');
    assert.equal(changeText({ change: -0.1, isAtLeast: true }), 'new');
    assert.equal(changeText({ change: -0.001, isAtLeast: false }), '.00');
    assert.equal(changeOf(place, 0, first), null);
    assert.ok(Math.abs(expectedAt(place, 3) - 0.7) < 1e-6);
  });

  it('the sentence says when the answer appears, how sure it is, and what really stands there', () => {
    const right = plainText(layersSentence(withLens('encoder', lensOf(rows, 2))));
    assert.equal(
      right.replaceAll('\u202f', ' '),
      'With thirst masked, the model first ranks it, the input token, on top for good after layer 1 and reaches 70 % after layer 2.',
    );
    const wrong = plainText(layersSentence(withLens('encoder', lensOf(rows, 1))));
    assert.match(
      wrong.replaceAll('\u202f', ' '),
      /reaches 70 % after layer 2; the input token he gets 20 %\.$/,
    );
    const decoder = plainText(layersSentence(withLens('decoder', lensOf(rows, 2))));
    assert.match(
      decoder,
      /^At ·?thirsty\., the model first ranks it, the next token, on top for good/,
    );
  });

  describe('the sentence tells which task is found earliest and latest', () => {
    /** What is said of the synthetic report after `change` of each of its tasks. */
    function said(change: (task: TaskReport) => Partial<TaskReport> = () => ({})): string {
      const state = stateWith('encoder');
      const { capture } = state;
      const params = wantedLayers(state).probes;
      assert.ok(capture && params);
      const report = syntheticProbes(capture, 'bundled');
      const tasks = report.tasks.map(task => ({ ...task, ...change(task) }));
      const known = answered(state, { method: 'probes', params }, { ...report, tasks });
      return plainText(layersSentence(known));
    }
    /** A task whose probe does no better than with random labels. */
    const onControl = ({ scores }: TaskReport): Partial<TaskReport> => ({
      scores: scores.map(score => ({ ...score, control: score.accuracy.value })),
    });

    it('of those that a probe can read', () => {
      assert.equal(
        said(),
        'By centre of gravity of the probes, part of speech comes earliest (after 1.9 layers), coreference latest (after 4.2).',
      );
    });

    it('never one whose probe lies on its control, or on the most frequent class', () => {
      assert.equal(
        said(task => (task.task === 'pos' ? onControl(task) : {})),
        'By centre of gravity of the probes, chunks comes earliest (after 2.4 layers), coreference latest (after 4.2). Part of speech is left out: the probe does no better than its control.',
      );
      assert.match(
        said(task => (task.task === 'pos' ? { majority: 1 } : {})),
        /chunks comes earliest .* Part of speech is left out/,
      );
      assert.equal(
        said(onControl),
        'Part of speech, chunks, dependency relation, dependency head, entities and coreference are left out: the probe does no better than its control.',
      );
    });

    it('calls a tie a tie', () => {
      assert.match(
        said(({ task }) => (task === 'chunk' ? { centreOfGravity: 1.92 } : {})),
        /probes, part of speech and chunks tie and come earliest \(after 1\.9 layers\), coreference latest/,
      );
      assert.match(
        said(() => ({ centreOfGravity: 2.5 })),
        /probes, part of speech, .* and coreference tie \(after 2\.5 layers\)\.$/,
      );
    });
  });

  it('the state on show follows the locus unless the embeddings were chosen there', () => {
    const state = stateWith('encoder');
    assert.equal(shownState(state), 4);
    const chosen = { state: 0, layer: 3 };
    assert.equal(shownState({ ...state, layers: { ...state.layers, chosen } }), 0);
    const elsewhere = { state: 0, layer: 2 };
    assert.equal(shownState({ ...state, layers: { ...state.layers, chosen: elsewhere } }), 4);
  });
});

describe('norms and similarities', () => {
  it('percentiles are linear between two values, as NumPy has them', () => {
    assert.equal(percentile([1, 2, 3, 4], 0.5), 2.5);
    assert.ok(Math.abs(percentile([1, 2, 3, 4], 0.95) - 3.85) < 1e-12);
    assert.equal(percentile([7], 0.05), 7);
  });

  it('special tokens and the first one do not count, unless there are no others', () => {
    const tokens = tokensOf(['[CLS]', 'a', 'b', '[SEP]']);
    const residuals = {
      stack: 'encoder' as const,
      states: 1,
      tokens: 4,
      norms: Float32Array.of(100, 1, 3, 50),
      cosine: Float32Array.of(1),
      cka: Float32Array.of(1),
    };
    const series = normSeries(residuals, tokens, 2);
    assert.deepEqual(
      [series.mean, series.counted, series.query, series.first],
      [[2], 2, [3], [100]],
    );
    const alone = normSeries({ ...residuals, tokens: 1, norms: Float32Array.of(5) }, tokens, 0);
    assert.deepEqual([alone.mean, alone.counted], [[5], 1]);
    const negative = similarityOf({ ...residuals, cosine: Float32Array.of(-0.4) }, 'cosine');
    assert.ok(negative.isSigned);
  });

  it('writing on a colour has a contrast of at least 4.5', () => {
    const luminance = (hex: string): number => {
      const parts = [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16) / 255);
      const [r = 0, g = 0, b = 0] = parts.map(c =>
        c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    for (let grey = 0; grey < 256; grey++) {
      const color = `#${grey.toString(16).padStart(2, '0').repeat(3)}`;
      const [a, b] = [luminance(color), luminance(inkOn(color))];
      assert.ok((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) >= 4.5, color);
    }
  });
});

describe('writing on', () => {
  const candidate = (id: number, sampled: number): Candidate => ({
    id,
    text: '',
    logit: 0,
    probability: 0,
    sampled,
  });

  it('draws candidates as often as sampling says, never those that were cut', () => {
    const candidates = [candidate(1, 0.5), candidate(2, 0), candidate(3, 0.3)];
    const drawn = new Map<number | undefined, number>();
    for (let step = 0; step < 4000; step++) {
      const id = draw(candidates, random(7, step))?.id;
      drawn.set(id, (drawn.get(id) ?? 0) + 1);
    }
    assert.equal(drawn.get(2), undefined);
    assert.ok(Math.abs((drawn.get(1) ?? 0) / 4000 - 0.625) < 0.03);
    assert.equal(draw([], 0.5), null);
    assert.equal(draw([candidate(1, 0)], 0.5), null);
    assert.equal(draw(candidates, 0.999999999)?.id, 3);
  });

  it('the same seed and step draw the same', () => {
    assert.equal(random(3, 5), random(3, 5));
    assert.notEqual(random(3, 5), random(4, 5));
    assert.notEqual(random(3, 5), random(3, 6));
  });
});

describe('logits and heads', () => {
  it('the parts sum to the logit within its error', () => {
    const capture = new SyntheticCapture(RECIPES.translation).summary;
    const found = syntheticAttribution(capture, { capture: capture.id, token: 2 });
    const parts = logitParts(found, capture);
    assert.equal(parts.length, 3 * 3 + 2, 'attention, cross, MLP of 3 layers');
    assert.ok(Math.abs(logitSum(parts) - found.logit) <= found.error + 1e-9);
  });

  it('a layer without attention is one part, named by what it does instead', () => {
    const capture = new SyntheticCapture(RECIPES.translation).summary;
    const found = syntheticAttribution(capture, { capture: capture.id, token: 2 });
    const withoutAttention = [
      { stack: 'encoder', layer: 0, instead: 'pooling' },
      { stack: 'decoder', layer: 1, instead: 'convolution' },
    ] as const;
    const parts = logitParts(found, { model: { ...capture.model, withoutAttention } });
    const names = parts.filter(({ layer }) => layer === 1).map(({ name }) => name);
    assert.deepEqual(names, ['L1, convolution']);
    assert.equal(parts.length, 2 * 3 + 1 + 2);
  });

  it('the best head is the best of both directions; layers without numbers have none', () => {
    const [first, second] = bestHeads({
      model: '',
      stack: 'encoder',
      corpus: '',
      sentences: 1,
      notes: [],
      layers: 2,
      heads: 2,
      relations: [
        {
          relation: 'det',
          count: 5,
          toHead: Float32Array.of(NaN, NaN, 0.2, 0.4),
          toDependent: Float32Array.of(NaN, NaN, 0.1, 0.3),
          offset: 1,
          baseline: 0.25,
        },
        {
          relation: 'obj',
          count: 9,
          toHead: Float32Array.of(0.1, 0.2, 0.3, 0.1),
          toDependent: Float32Array.of(0.9, 0.1, 0.1, 0.1),
          offset: -1,
          baseline: 0.1,
        },
      ],
    });
    assert.deepEqual([first?.layer, first?.head, first?.direction], [1, 1, 'to head']);
    assert.deepEqual([second?.layer, second?.head, second?.direction], [0, 0, 'to dependent']);
  });
});

describe('options of the Layers view', () => {
  it('what was stored is read back; anything else falls back', () => {
    const options = {
      ...DEFAULT_LAYERS,
      lens: 'logitLens' as const,
      similarity: 'cosine' as const,
      sampling: { temperature: 0.5, topK: 3, topP: 0.9 },
      seed: 12,
      corpus: 'chosen' as const,
      corpusName: 'mine.conllu',
      labels: 'pos' as const,
    };
    assert.deepEqual(readLayers(JSON.parse(JSON.stringify(options))), options);
    assert.deepEqual(readLayers(undefined), DEFAULT_LAYERS);
    assert.deepEqual(
      readLayers({
        lens: 7,
        sampling: { temperature: -1, topK: 'all', topP: 0 },
        seed: NaN,
        corpus: 'chosen',
        labels: 'mood',
      }),
      DEFAULT_LAYERS,
    );
  });
});
