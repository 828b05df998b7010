import assert from 'node:assert/strict';
import { ErrorFlow, type PlaceError } from '../../../src/inspector/divergence/firstPlace';
import { measured, relativeError } from '../../../src/inspector/divergence/measure';
import { missingCells } from '../../../src/inspector/divergence/missing';
import { placesOf, type Place } from '../../../src/inspector/divergence/places';
import { differentIds, type Source } from '../../../src/inspector/divergence/sources';
import type { ComparedPart } from '../../../src/protocol/firstDivergence';

const tensor = (dims: readonly number[], ...values: number[]) => ({
  dims,
  data: Float32Array.from(values),
});
const all = () => true;

describe('the distance of two tensors', () => {
  it('is ‖B − A‖ ÷ ‖A‖ over everything, with the largest difference and where it is', () => {
    const a = tensor([1, 2, 2, 1], 3, 0, 0, 4);
    const b = tensor([1, 2, 2, 1], 3, 0, 3, 4);
    assert.deepEqual(measured('query', a, b, all), {
      error: 3 / 5,
      largest: 3,
      cosine: 25 / (5 * Math.sqrt(34)),
      worst: { token: 0, head: 1 },
    });
  });

  it('of weights is the mean of ½ Σ |B − A| over rows, however small A is', () => {
    const a = tensor([1, 1, 2, 2], 1, 0, 0.5, 0.5);
    const b = tensor([1, 1, 2, 2], 0, 1, 0.5, 0.5);
    assert.equal(measured('weights', a, b, all)?.error, 0.5);
  });

  it('of masked scores leaves out what either blocks, which a residual stream does not', () => {
    const a = tensor([1, 1, 1, 3], 2, -3.4e38, 1);
    const b = tensor([1, 1, 1, 3], 2, 1, -Infinity);
    assert.equal(measured('maskedScores', a, b, all)?.error, 0);
    assert.equal(measured('residual', a, b, all)?.error, Infinity);
  });

  it('leaves rows of padding out, and is infinite where one alone is no number', () => {
    const a = tensor([2, 1, 2, 1], 1, 1, 1, NaN);
    const b = tensor([2, 1, 2, 1], 1, NaN, 1, NaN);
    const isText = (row: number, token: number) => row === 1 || token === 0;
    assert.equal(measured('value', a, b, isText)?.error, 0);
    assert.equal(measured('value', a, b, all)?.error, Infinity);
    assert.deepEqual(measured('value', a, b, all)?.worst, { token: 1, head: 0 });
  });

  it('is not known of two shapes', () => {
    assert.equal(
      measured('key', tensor([1, 2, 1, 1], 1, 2), tensor([1, 1, 2, 1], 1, 2), all),
      undefined,
    );
  });

  it('of nodes is infinite where one blocks what the other does not', () => {
    const [a, b] = [Float32Array.of(-1e9, 1), Float32Array.of(-4, 1)];
    assert.equal(relativeError(a, b), Infinity);
    assert.equal(relativeError(a, Float32Array.of(-Infinity, 1)), 0);
  });
});

const STACKS = [{ stack: 'decoder', layers: 2, hasCross: false, isLast: true }] as const;
const crossed = [
  { stack: 'encoder', layers: 1, hasCross: false, isLast: false },
  { stack: 'decoder', layers: 1, hasCross: true, isLast: true },
] as const;

/** Errors at the places that are given, in the order of computation; the others are not shown. */
function flow(
  errors: Partial<Record<string, number>>,
  stacks: Parameters<typeof placesOf>[0] = STACKS,
) {
  const cells = placesOf(stacks).flatMap((place): PlaceError[] => {
    const error = errors[nameOf(place)];
    return error === undefined
      ? []
      : [{ ...place, error, largest: error, cosine: 1, worst: { token: 0, head: 0 } }];
  });
  return new ErrorFlow(cells, stacks, 1e-5);
}

const nameOf = ({ stack, attention, layer, kind }: Place) =>
  `${stack === 'encoder' ? 'encoder ' : ''}${attention === 'cross' ? 'cross ' : ''}${layer} ${kind}`;
const firstName = (one: ErrorFlow) => {
  const first = one.first();
  return first && nameOf(first);
};

describe('the first place where an error is made', () => {
  it('is beyond the floor and four times what goes in', () => {
    assert.equal(
      firstName(flow({ 'embeddings residual': 1e-3, '0 query': 3.9e-3 })),
      'embeddings residual',
    );
    assert.equal(firstName(flow({ 'embeddings residual': 9e-6, '0 query': 3.5e-5 })), undefined);
    assert.equal(firstName(flow({ 'embeddings residual': 9e-6, '0 query': 3.7e-5 })), '0 query');
  });

  it('lets scores and weights have six times what goes in', () => {
    const errors = { '0 query': 9e-6, '0 key': 0, '0 maskedScores': 5.3e-5, '0 weights': 3.1e-4 };
    assert.equal(firstName(flow(errors)), undefined);
    assert.equal(firstName(flow({ ...errors, '0 weights': 3.3e-4 })), '0 weights');
  });

  it('looks through what is not shown to what that is computed from', () => {
    // Neither scores nor head output are shown: weights come from queries, W_O from weights.
    const errors = {
      '0 query': 9e-6,
      '0 weights': 5e-5,
      '0 attentionOutput': 1.9e-4,
      '1 residual': 7e-4,
    };
    assert.equal(firstName(flow(errors)), undefined);
    assert.equal(firstName(flow({ ...errors, '1 residual': 8e-4 })), '1 residual');
  });

  it('follows the encoder into the keys of a cross-attention, and its own layer into the queries', () => {
    const errors = {
      'encoder output residual': 9e-6,
      '0 afterAttention': 0,
      'cross 0 key': 3.5e-5,
      'cross 0 query': 0,
    };
    assert.equal(firstName(flow(errors, crossed)), undefined);
    assert.equal(firstName(flow({ ...errors, 'cross 0 query': 2e-5 }, crossed)), 'cross 0 query');
  });

  it('is none after what is infinite, and the largest steps are in order', () => {
    const infinite = flow({
      '0 weights': Infinity,
      '0 headOutput': Infinity,
      '1 residual': Infinity,
    });
    assert.equal(firstName(infinite), '0 weights');
    assert.deepEqual(infinite.cells.filter(cell => infinite.isOwn(cell)).map(nameOf), [
      '0 weights',
    ]);
    const steps = flow({ '0 query': 2e-6, '0 key': 8e-6, '0 maskedScores': 9e-6 }).largestSteps();
    assert.deepEqual(
      steps.map(step => [nameOf(step), step.ofInputs]),
      [
        ['0 key', 0],
        ['0 query', 0],
        ['0 maskedScores', 8e-6],
      ],
    );
  });
});

describe('what is not compared', () => {
  it('is told of once for a kind, with its layers and who lacks it', () => {
    const place = (layer: number, kind: ComparedPart): Place => ({
      stack: 'decoder',
      attention: 'self',
      layer,
      kind,
    });
    assert.deepEqual(
      missingCells(
        [
          { place: place(0, 'weights'), inA: true, inB: false },
          { place: place(1, 'weights'), inA: true, inB: false },
          { place: place(2, 'weights'), inA: true, inB: false },
          { place: place(1, 'key'), inA: true, inB: true },
          { place: place(1, 'afterAttention'), inA: false, inB: false },
          { place: place(1, 'feedForward'), inA: false, inB: false },
        ],
        'a',
        'b',
      ),
      [
        'The weights are not compared in layers 0 to 2: b does not show them.',
        'The key is not compared in layer 1: the two do not have the same shape.',
        'The output of the feed-forward network is not compared in layer 1: neither shows it.',
      ],
    );
  });
});

describe('two tokenizers', () => {
  const source = (name: string, vocabulary: number) =>
    ({ side: { card: { name, vocabulary } } }) as Source;
  const mine = [
    { id: 1, token: 'The' },
    { id: 2, token: 'old' },
  ];
  const theirs = [
    { id: 1, token: 'The' },
    { id: 9, token: 'o' },
  ];

  it('say nothing where they agree, and the first token in which they do not', () => {
    assert.deepEqual(differentIds(source('a', 5), source('b', 7), mine, mine), []);
    assert.deepEqual(differentIds(source('a', 5), source('b', 5), mine, theirs), [
      'The tokenizers of a and b split this text differently: token 1 is “old” (2) in the one and “o” (9) in the other. Both models were given the ids of a.',
    ]);
    const [shorter = ''] = differentIds(source('a', 5), source('b', 5), mine, mine.slice(0, 1));
    assert.match(shorter, /token 1 is “old” \(2\) in the one and no token in the other/);
  });

  it('refuse where their ids mean nothing to the other model', () => {
    assert.throws(
      () => differentIds(source('a', 5000), source('b', 7), mine, theirs),
      /vocabularies have 5,000 and 7 entries, so that no ids mean the same to both/,
    );
  });
});
