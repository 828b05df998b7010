import assert from 'node:assert/strict';
import { basename, resolve } from 'node:path';
import type { GraphPoint } from '../../../src/inspector/onnx/stream/points/point';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { PieceEdit, PlainRun, PlainText } from '../../../src/inspector/model/pieces/piecesOf';
import type { Pieces } from '../../../src/inspector/model/pieces/pieces';
import type { Feeds, PointAt } from '../../../src/inspector/model/run';
import { tokenFeeds } from '../../../src/inspector/run/modelInput';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { InspectorError } from '../../../src/protocol/errors';
import { layerCount } from '../../../src/protocol/model';
import type { Token } from '../../../src/protocol/tokens';
import { caseFolders, readCase } from './support/cases';

const TOKENS = 6;
const POINTS: readonly GraphPoint[] = [
  'residual',
  'attentionOutput',
  'feedForwardOutput',
  'headOutput',
  'value',
  'key',
  'query',
  'weights',
];

/** Why nothing can be patched in some exports. */
const REFUSED: readonly (readonly [RegExp, RegExp])[] = [
  [/^(bert__features|t5__splitenc)_/, /gives no logits/],
  [/^t5__splitdec_/, /is missing/],
];
/** Exports that are run as a whole. */
const WHOLE: readonly RegExp[] = [];

const heed = () => Promise.resolve();

/** Made-up tokens of each stack. */
function feedsOf(model: InstrumentedModel, seed: number): Feeds {
  const tokens = (count: number) =>
    Array.from({ length: count }, (_, index): Token => {
      const id = 5 + ((index * 7 + (index === 1 ? seed : 3)) % 40);
      const text = `#${id}`;
      const flags = { special: false, unknown: false, continues: false };
      return { index, id, token: text, text, start: 0, end: 0, ...flags };
    });
  const [first = 'encoder', second] = model.card.stacks;
  return tokenFeeds(model, {
    [first]: tokens(TOKENS),
    ...(second ? { [second]: tokens(TOKENS - 1) } : {}),
  });
}

const LOGITS = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: false,
  logits: true,
};

async function textOf(model: InstrumentedModel, seed: number): Promise<PlainText> {
  const feeds = feedsOf(model, seed);
  const { logits } = await model.run(feeds, LOGITS);
  if (!logits) throw new InspectorError('not-captured', 'It gives no logits.');
  const [, tokens = 1, vocabulary = 1] = logits.dims;
  const token = tokens - 1;
  return { feeds, token, logits: logits.data.subarray(token * vocabulary, tokens * vocabulary) };
}

/** One row for each token of a state, or each head. */
function maskFor({ dims }: Tensor): PieceEdit['mask'] {
  const inner = dims.slice(1, -1);
  const [heads = 1, tokens = 1] = inner;
  const count = heads === 1 ? tokens : heads;
  const size = heads * tokens;
  const data = new Uint8Array(count * size);
  for (let row = 0; row < count; row++) {
    data.fill(1, row * size + (row * size) / count, row * size + ((row + 1) * size) / count);
  }
  return { dims: [count, ...inner, 1], data };
}

async function patched(
  pieces: Pieces,
  place: PointAt,
  source: PlainRun,
  receiver: PlainRun,
): Promise<Float32Array> {
  const [value] = await pieces.values(source, [place], heed);
  assert.ok(value);
  const mask = maskFor(value);
  const [rows = 1] = mask.dims;
  const edit: PieceEdit = { at: place, mask, value };
  if (pieces.rows(receiver) >= rows)
    return (await pieces.outputs(receiver, rows, [edit], heed)).data;
  const each: number[] = [];
  const size = mask.data.length / rows;
  for (let row = 0; row < rows; row++) {
    const dims = [1, ...mask.dims.slice(1)];
    const one = { dims, data: mask.data.subarray(row * size, (row + 1) * size) };
    each.push(...(await pieces.outputs(receiver, 1, [{ at: place, mask: one, value }], heed)).data);
  }
  return Float32Array.from(each);
}

function worst(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0) / largest;
}

describe('a model cut into pieces', function () {
  this.timeout(300_000);

  describe('gives the same as the whole, with numbers replaced in many rows:', () => {
    for (const folder of [
      ...caseFolders(),
      ...['encoder', 'decoder', 'encoder-decoder'].map(name => resolve('models', name)),
    ]) {
      const name = basename(folder);
      if (folder.includes('fixtures') && readCase(folder).facts.n_sites === 0) continue;
      it(name, async () => {
        const model = await openModel(folder, { threads: 1 });
        try {
          const refusal = REFUSED.find(([which]) => which.test(name))?.[1];
          if (refusal) {
            await assert.rejects(textOf(model, 0), refusal);
            return;
          }
          const texts = [await textOf(model, 0), await textOf(model, 11)];
          const [pieces, whole] = [model.pieces(), model.pieces().asWhole()];
          for (const one of [pieces, whole]) one.expect(POINTS);
          const [source, receiver] = await pieces.plain(texts, heed);
          assert.equal(
            pieces.isWhole,
            WHOLE.some(which => which.test(name)),
          );
          const [wholeSource, wholeReceiver] = await whole.plain(texts, heed);
          assert.ok(source && receiver && wholeSource && wholeReceiver);
          const limit = /int8|int4|q4|bnb4|fp16|O4/.test(name) ? 2e-2 : 1e-5;
          let changed = 0;
          for (const stack of model.card.stacks) {
            for (let layer = 0; layer < layerCount(model.card, stack); layer++) {
              for (const point of POINTS) {
                const place = { stack, layer, point };
                if (pieces.missing(place) !== undefined) continue;
                const ours = await patched(pieces, place, source, receiver);
                const theirs = await patched(whole, place, wholeSource, wholeReceiver);
                const error = worst(ours, theirs);
                assert.ok(error <= limit, `${stack} ${layer} ${point}: ${error}`);
                const vocabulary = receiver.logits.length;
                const rows = ours.length / vocabulary;
                for (let row = 0; row < rows; row++) {
                  const own = ours.subarray(row * vocabulary, (row + 1) * vocabulary);
                  if (worst(own, receiver.logits) > 1e-3) changed++;
                }
              }
            }
          }
          assert.ok(changed > 0, 'something was patched');
        } finally {
          await model.dispose();
        }
      });
    }
  });
});
