import assert from 'node:assert/strict';
import { zoomedGeometry } from '../../../src/webview/draw/geometry';
import { maxPool } from '../../../src/webview/draw/pixels/pool';
import { Pyramid } from '../../../src/webview/draw/pixels/pyramid';
import { cornerFor, cornerShowing, levelsAbove, wholeLevel } from '../../../src/webview/draw/zoom';
import { detailOf, tilesInView } from '../../../src/webview/tiles/mapView';
import { RowKnowledge } from '../../../src/webview/tiles/rowKnowledge';
import { TileCache } from '../../../src/webview/tiles/tileCache';
import { VectorFeed } from '../../../src/webview/tiles/vectorFeed';
import { seededRandom } from '../../support/seededRandom';

const room = { width: 640, height: 800 };

describe('zoom', () => {
  it('shows long maps with a whole number of tokens in a pixel, from afar in blocks of 32', () => {
    const steps = [2049, 8192, 20_000, 32_768].map(
      tokens => wholeLevel({ rows: tokens, columns: tokens }, room, 1).step,
    );
    assert.deepEqual(steps, [4, 13, 32, 64]);
    const sharp = wholeLevel({ rows: 8192, columns: 8192 }, room, 2);
    assert.deepEqual(sharp, { pitch: 1, step: 7 });
  });

  it('goes from the whole map to cells of 32 pixels in noticeable steps', () => {
    for (const whole of [1 / 64, 1 / 13, 0.31, 1, 5.2, 24]) {
      const sizes = levelsAbove(whole, 1).map(({ pitch, step }) => pitch / step);
      assert.ok(sizes.every((size, i) => size > (sizes[i - 1] ?? whole) * 1.2));
      assert.equal(sizes.at(-1), 32);
    }
  });

  it('keeps the cell under the pointer in its place, and stays within the map', () => {
    const size = { rows: 500, columns: 300 };
    const frame = { width: 240, height: 160 };
    const corner = cornerFor(
      { row: 200, column: 150, down: 0.25, across: 0.5 },
      { rows: 20, columns: 30 },
    );
    const geometry = zoomedGeometry(size, corner, { pitch: 8, step: 1 }, frame, 1);
    assert.deepEqual([geometry.down.first, geometry.down.inSight], [195, 20]);
    assert.deepEqual([geometry.across.first, geometry.across.inSight], [135, 30]);
    const beyond = zoomedGeometry(size, { row: 490, column: -9 }, { pitch: 8, step: 1 }, frame, 1);
    assert.deepEqual([beyond.down.first, beyond.across.first], [480, 0]);
  });

  it('covers the last cells of a map whose size no step divides', () => {
    const frame = { width: 10, height: 10 };
    const geometry = zoomedGeometry(
      { rows: 103, columns: 103 },
      { row: 999, column: 999 },
      { pitch: 1, step: 4 },
      frame,
      1,
    );
    assert.deepEqual(
      [geometry.down.first % 4, geometry.down.first + geometry.down.inSight],
      [0, 103],
    );
    assert.equal(geometry.down.pixels, 10);
  });

  it('moves no further than needed to bring a cell into sight', () => {
    const side = { first: 20, inSight: 10, span: 10, pixels: 80 };
    const geometry = { down: side, across: side };
    assert.deepEqual(cornerShowing(geometry, { row: 25, column: 19 }), { row: 20, column: 19 });
    assert.deepEqual(cornerShowing(geometry, { row: 30, column: 99 }), { row: 21, column: 90 });
  });
});

describe('a pyramid', () => {
  it('has the maximum of its block at every level', () => {
    const random = seededRandom(3);
    const grid = {
      rows: 37,
      columns: 21,
      codes: Uint8Array.from({ length: 37 * 21 }, () => Math.floor(random() * 256)),
    };
    const pyramid = new Pyramid(grid);
    for (const step of [1, 2, 4, 8]) {
      const level = pyramid.at(step);
      assert.deepEqual([level.rows, level.columns], [Math.ceil(37 / step), Math.ceil(21 / step)]);
      level.codes.forEach((code, i) => {
        const [row, column] = [Math.floor(i / level.columns), i % level.columns];
        let most = 0;
        for (let y = row * step; y < Math.min(37, (row + 1) * step); y++) {
          for (let x = column * step; x < Math.min(21, (column + 1) * step); x++) {
            most = Math.max(most, grid.codes[y * 21 + x] ?? 0);
          }
        }
        assert.equal(code, most);
      });
    }
    assert.deepEqual(pyramid.fitted(5, 6), maxPool(grid, 5, 6));
    assert.equal(pyramid.fitted(5, 6), pyramid.fitted(5, 6), 'is pooled once');
    const part = pyramid.part(2, { row: 17, column: 9, rows: 10, columns: 10 });
    assert.deepEqual([part.rows, part.columns], [2, 2]);
    assert.equal(part.codes[3], pyramid.at(2).codes.at(-1));
  });
});

describe('tiles of the panel', () => {
  const size = { queries: 1000, keys: 700 };
  const view = { step: 4, row: 100, column: 0, rows: 150, columns: 175, relative: false };

  it('are those that the view touches, clipped to the map', () => {
    const tiles = tilesInView('head', view, size);
    assert.deepEqual(
      tiles.map(({ address: { row, column }, top, bottom, left, right, rows, columns }) => [
        [row, column],
        [top, bottom],
        [left, right],
        [rows, columns],
      ]),
      [
        [
          [0, 0],
          [25, 128],
          [0, 128],
          [128, 128],
        ],
        [
          [0, 1],
          [25, 128],
          [0, 47],
          [128, 47],
        ],
        [
          [1, 0],
          [0, 47],
          [0, 128],
          [122, 128],
        ],
        [
          [1, 1],
          [0, 47],
          [0, 47],
          [122, 47],
        ],
      ],
    );
  });

  it('say how far the picture has come', () => {
    const cache = new TileCache(1 << 20);
    const tiles = tilesInView('head', view, size);
    assert.equal(detailOf(cache, tiles), 'loading');
    for (const one of tiles) cache.make(one.address, one.rows, one.columns).sampled = one.bottom;
    assert.equal(detailOf(cache, tiles), 'sampled');
    for (const one of tiles) cache.make(one.address, one.rows, one.columns).exact = one.bottom;
    assert.equal(detailOf(cache, tiles), 'exact');
  });

  it('give way to newer ones within their bytes', () => {
    const cache = new TileCache(3 * 256 * 256);
    const address = (row: number) => ({ head: 'a', step: 1, relative: false, row, column: 0 });
    for (const row of [0, 1, 2]) cache.make(address(row), 256, 256);
    cache.get(address(0));
    cache.make(address(3), 256, 256);
    assert.equal(cache.bytes, 3 * 256 * 256);
    assert.deepEqual(
      [0, 1, 2, 3].map(row => cache.get(address(row)) !== undefined),
      [true, false, true, true],
    );
  });

  it('ask for each row and each vector once', () => {
    const rows = new RowKnowledge(100);
    assert.deepEqual(rows.ask({ from: 10, stride: 3, count: 20 }, 8), {
      from: 10,
      stride: 3,
      count: 8,
    });
    assert.deepEqual(rows.ask({ from: 10, stride: 3, count: 20 }, 50), {
      from: 34,
      stride: 3,
      count: 12,
    });
    assert.equal(rows.ask({ from: 10, stride: 3, count: 20 }, 50), null);
    assert.deepEqual(rows.ask({ from: 9, stride: 1, count: 9 }, 50), {
      from: 9,
      stride: 1,
      count: 1,
    });
    const feed = new VectorFeed({
      kind: 'vectors',
      queries: 5000,
      keys: 3000,
      headDim: 64,
      scale: 1,
      mask: { kind: 'causal' },
    });
    let sent = 0;
    for (let chunk = feed.next(); chunk; chunk = feed.next()) {
      assert.ok(chunk.count * 128 <= 1 << 18);
      sent += chunk.count;
      assert.ok(!feed.isReady);
      feed.arrived();
    }
    assert.equal(sent, 8000);
    assert.ok(feed.isReady);
  });
});
