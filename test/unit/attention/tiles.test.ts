import assert from 'node:assert/strict';
import { DerivedRows } from '../../../src/inspector/attention/derivedRows';
import { HeadTiles, type TileArea } from '../../../src/inspector/attention/headTiles';
import { StoredRows } from '../../../src/inspector/attention/storedRows';
import { rowStatistics, tile, tilePlan, vectors } from '../../../src/inspector/capture/tiles';
import { fromHalf, toHalf, widenHalves } from '../../../src/protocol/float16';
import type { MaskKind } from '../../../src/protocol/model';
import { scoreBlock } from '../../../src/protocol/scoreBlock';
import { tileCodes, type HeadScores } from '../../../src/protocol/tileKernel';
import { visibleSpan } from '../../../src/protocol/tiles';
import { BLOCKED, weightCode } from '../../../src/protocol/weightCode';
import { longCapture, longTokens } from '../../support/longCapture';
import { seededRandom } from '../../support/seededRandom';

const HEAD_DIM = 24;
const MASKS: readonly MaskKind[] = [
  { kind: 'bidirectional' },
  { kind: 'causal' },
  { kind: 'window', before: 9, after: 2 },
  { kind: 'window', before: 70, after: 0 },
];

function made(mask: MaskKind, queries = 151, keys = 151): HeadScores {
  const random = seededRandom(queries + keys);
  const data = (count: number) =>
    Float32Array.from({ length: count * HEAD_DIM }, () => 4 * (random() - 0.5));
  const scale = 0.7;
  const query = { data: data(queries), headDim: HEAD_DIM };
  return { query, key: { data: data(keys), headDim: HEAD_DIM }, queries, keys, scale, mask };
}

/** Softmax of a row, computed apart and in float64; NaN where the mask blocks. */
function directRow(head: HeadScores, query: number): number[] {
  const { first, end } = visibleSpan(head.mask, query + head.keys - head.queries, head.keys);
  const score = (key: number) => {
    let sum = 0;
    for (let d = 0; d < HEAD_DIM; d++) {
      const [q, k] = [head.query.data[query * HEAD_DIM + d], head.key.data[key * HEAD_DIM + d]];
      sum += (q ?? NaN) * (k ?? NaN);
    }
    return sum * head.scale;
  };
  const scores = Array.from({ length: head.keys }, (_, key) =>
    key >= first && key < end ? score(key) : NaN,
  );
  const sum = scores.reduce((all, one) => (Number.isNaN(one) ? all : all + Math.exp(one)), 0);
  return scores.map(one => Math.exp(one) / sum);
}

/** Code of each cell of a tile from direct softmax rows. */
function directTile(head: HeadScores, area: TileArea): number[][] {
  const { row, column, step } = area;
  const rows = Math.min(area.rows, Math.ceil((head.queries - row) / step));
  const columns = Math.min(area.columns, Math.ceil((head.keys - column) / step));
  return Array.from({ length: rows }, (_, i) => {
    const from = row + i * step;
    const queries = area.sampled
      ? [Math.min(head.queries - 1, from + Math.floor(step / 2))]
      : Array.from({ length: Math.min(step, head.queries - from) }, (_, at) => from + at);
    const found = queries.map(query => {
      const weights = directRow(head, query);
      const most = Math.max(...weights.filter(weight => !Number.isNaN(weight)));
      return weights.map(weight => (area.relative ? weight / most : weight));
    });
    return Array.from({ length: columns }, (_, j) => {
      const start = column + j * step;
      const all = found.flatMap(weights => weights.slice(start, start + step));
      const allowed = all.filter(weight => !Number.isNaN(weight));
      return allowed.length === 0 ? BLOCKED : weightCode(Math.max(...allowed));
    });
  });
}

function assertClose(found: Uint8Array, expected: readonly (readonly number[])[], what: string) {
  const flat = expected.flat();
  assert.equal(found.length, flat.length, what);
  flat.forEach((code, i) => {
    const one = found[i] ?? -1;
    assert.equal(one === BLOCKED, code === BLOCKED, `${what}, cell ${i}: ${one}, not ${code}`);
    assert.ok(Math.abs(one - code) <= 1, `${what}, cell ${i}: ${one}, not ${code}`);
  });
}

const AREAS: readonly TileArea[] = [
  { row: 0, column: 0, rows: 151, columns: 151, step: 1 },
  { row: 37, column: 50, rows: 33, columns: 21, step: 1 },
  { row: 7, column: 3, rows: 40, columns: 40, step: 5 },
  { row: 0, column: 0, rows: 5, columns: 5, step: 32 },
  { row: 32, column: 64, rows: 9, columns: 9, step: 64 },
  { row: 0, column: 0, rows: 60, columns: 60, step: 5, sampled: true },
  { row: 0, column: 0, rows: 5, columns: 5, step: 32, sampled: true },
  { row: 20, column: 10, rows: 30, columns: 30, step: 3, relative: true },
  { row: 0, column: 0, rows: 5, columns: 5, step: 32, relative: true },
];

describe('tiles of a long map', () => {
  for (const mask of MASKS) {
    it(`are the maxima of direct softmax rows: ${JSON.stringify(mask)}`, async () => {
      const head = made(mask);
      const tiles = new HeadTiles(new DerivedRows(head));
      for (const area of AREAS) {
        const { codes } = await tiles.tile(area);
        assertClose(codes, directTile(head, area), JSON.stringify(area));
      }
    });
  }

  it('are the same from weights that the run kept', async () => {
    const head = made({ kind: 'causal' });
    const read = (queries: readonly number[]) => {
      const rows = queries.map(query => directRow(head, query));
      const flat = rows.flat();
      return Promise.resolve({
        queries: queries.length,
        keys: head.keys,
        weights: Float32Array.from(flat, weight => (Number.isNaN(weight) ? 0 : weight)),
        maskedScores: Float32Array.from(flat, weight => (Number.isNaN(weight) ? -1e4 : 1)),
      });
    };
    const tiles = new HeadTiles(new StoredRows(head.queries, head.keys, read));
    for (const area of AREAS) {
      const { codes } = await tiles.tile(area);
      assertClose(codes, directTile(head, area), JSON.stringify(area));
    }
  });

  it('look from cached queries at a longer row of keys', async () => {
    const head = made({ kind: 'causal' }, 40, 100);
    const tiles = new HeadTiles(new DerivedRows(head));
    const area = { row: 0, column: 0, rows: 40, columns: 100, step: 1 };
    assertClose((await tiles.tile(area)).codes, directTile(head, area), 'cached keys');
  });

  it('give the faintest code, not the hatch, where a score is NaN', async () => {
    const head = made({ kind: 'causal' });
    head.query.data.fill(NaN, 20 * HEAD_DIM, 21 * HEAD_DIM);
    const { codes } = await new HeadTiles(new DerivedRows(head)).tile({
      row: 20,
      column: 0,
      rows: 1,
      columns: 151,
      step: 1,
    });
    assert.deepEqual(
      [...codes.slice(0, 21)],
      Array.from({ length: 21 }, () => 1),
    );
    assert.ok(codes.slice(21).every(code => code === BLOCKED));
  });
});

describe('the kernel of the webview', () => {
  /** What reaches the webview: float16 vectors. */
  const received = (head: HeadScores): HeadScores => {
    const half = (data: Float32Array) => widenHalves(Uint16Array.from(data, toHalf));
    return {
      ...head,
      query: { ...head.query, data: half(head.query.data) },
      key: { ...head.key, data: half(head.key.data) },
    };
  };

  for (const mask of MASKS) {
    it(`makes the inspector's codes from float16 within one step: ${mask.kind}`, async () => {
      const head = made(mask);
      const rows = new DerivedRows(head);
      const all = Array.from({ length: head.queries }, (_, i) => i);
      for (let at = 0; at < all.length; at += 32) await rows.measure(all.slice(at, at + 32));
      for (const step of [1, 4, 13]) {
        const area = { row: 26, column: 13, rows: 9, columns: 10, step };
        const queries = all.slice(26, 26 + 9 * step);
        const offsets = queries.map(query => rows.logSumExp[query] ?? NaN);
        const codes = tileCodes(
          received(head),
          { queries, offsets, perCell: step },
          { first: 13, cells: Math.min(10, Math.ceil((head.keys - 13) / step)), step },
        );
        assertClose(codes, directTile(head, area), `step ${step}`);
      }
    });
  }

  it('computes scores of any rows and keys, whatever is left over at the edges', () => {
    const head = made({ kind: 'bidirectional' });
    const queries = [3, 150, 7, 7, 90, 0];
    for (const [first, end] of [
      [0, 1],
      [5, 11],
      [140, 151],
    ] as const) {
      const scores = new Float32Array(queries.length * (end - first));
      scoreBlock(head.query, head.key, head.scale, { queries, first, end }, scores);
      queries.forEach((query, i) => {
        for (let key = first; key < end; key++) {
          let sum = 0;
          for (let d = 0; d < HEAD_DIM; d++) {
            const of = head.query.data[query * HEAD_DIM + d] ?? NaN;
            sum += of * (head.key.data[key * HEAD_DIM + d] ?? NaN);
          }
          const found = scores[i * (end - first) + key - first] ?? NaN;
          assert.ok(Math.abs(found - sum * head.scale) < 1e-4);
        }
      });
    }
  });
});

describe('float16', () => {
  it('keeps numbers to 11 bits, and what it cannot hold becomes infinite', () => {
    const random = seededRandom(5);
    for (let i = 0; i < 2000; i++) {
      const value = (random() - 0.5) * 10 ** (random() * 8 - 4);
      const back = fromHalf(toHalf(value));
      assert.ok(Math.abs(back - value) <= Math.max(2 ** -25, Math.abs(value) * 2 ** -11));
    }
    assert.equal(fromHalf(toHalf(1e6)), Infinity);
    assert.ok(Number.isNaN(fromHalf(toHalf(NaN))));
  });
});

describe('a capture of a long text', () => {
  const recipe = {
    id: 'long',
    tokens: longTokens(2100),
    headDim: 16,
    heads: 4,
    keyHeads: 2,
    mask: { kind: 'causal' },
    seed: 9,
  } as const;
  const at = (head: number) => ({
    capture: 'long',
    stack: 'decoder' as const,
    kind: 'self' as const,
    layer: 0,
    head,
  });

  it('sends query and the key head that it reads once, and tiles that agree with its rows', async () => {
    const capture = longCapture(recipe);
    for (const head of [1, 2]) {
      const plan = tilePlan(capture, at(head));
      assert.equal(plan.kind, 'vectors');
      const [site] = capture.run.sites;
      const key = vectors(capture, { ...at(head), part: 'key', from: 100, count: 3 });
      const start = (Math.floor(head / 2) * 2100 + 100) * 16;
      const expected = site?.key?.data.slice(start, start + 48) ?? [];
      assert.deepEqual([...key.data], Array.from(expected, toHalf));
      const statistics = await rowStatistics(capture, {
        ...at(head),
        from: 7,
        count: 4,
        stride: 50,
      });
      const found = await tile(capture, {
        ...at(head),
        row: 157,
        column: 90,
        rows: 1,
        columns: 40,
        step: 1,
      });
      const row = await capture.row({
        block: { stack: 'decoder', kind: 'self' },
        layer: 0,
        head,
        query: 157,
      });
      const codes = Array.from(row.weights.slice(90, 130), weightCode);
      assertClose(found.codes, [codes], 'row 157');
      const sum = row.maskedScores?.reduce((all, one) => all + Math.exp(one), 0) ?? NaN;
      assert.ok(Math.abs((statistics.logSumExp[3] ?? NaN) - Math.log(sum)) < 1e-4);
      assert.ok(
        Math.abs((statistics.largest[3] ?? NaN) - Math.max(...(row.maskedScores ?? []))) < 1e-4,
      );
    }
  });

  it('refuses to send the map whole, and tiles outside of it', async () => {
    const capture = longCapture(recipe);
    const block = { stack: 'decoder', kind: 'self' } as const;
    await assert.rejects(
      () => capture.map({ block, layer: 0, head: 0 }),
      /This map has 2100 × 2100 weights\. Above 2048 tokens .* choose Head/,
    );
    const area = { rows: 1, columns: 1, step: 1 };
    await assert.rejects(
      () => tile(capture, { ...at(0), ...area, row: 2100, column: 0 }),
      /There is no query 2100/,
    );
    assert.throws(() => tilePlan(capture, at(4)), /There is no head 4/);
  });

  it('is drawn from tiles of the inspector where float16 cannot hold its numbers', () => {
    const capture = longCapture(recipe);
    capture.run.sites[0]?.key?.data.fill(1e5, 0, 1);
    assert.equal(tilePlan(capture, at(0)).kind, 'tiles');
    assert.equal(tilePlan(capture, at(3)).kind, 'vectors');
    assert.throws(
      () => vectors(capture, { ...at(0), part: 'key', from: 5000, count: 1 }),
      /There is no key 5000/,
    );
  });
});
