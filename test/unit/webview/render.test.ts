import assert from 'node:assert/strict';
import { paintCells } from '../../../src/webview/draw/pixels/paintCells';
import { displayCodes } from '../../../src/webview/draw/pixels/displayMap';
import { labelledCells, mapGeometry } from '../../../src/webview/draw/geometry';
import { overviewGeometry } from '../../../src/webview/draw/overviewGeometry';
import { maxPool } from '../../../src/webview/draw/pixels/pool';

const grid = (rows: number, columns: number, code: (row: number, column: number) => number) => ({
  rows,
  columns,
  codes: Uint8Array.from({ length: rows * columns }, (_, i) =>
    code(Math.floor(i / columns), i % columns),
  ),
});

describe('geometry', () => {
  it('gives whole device pixels to cells that can be told apart, and at most 24', () => {
    const small = mapGeometry(5, 7, { width: 1000, height: 1000 }, 2);
    assert.deepEqual([small.pitch, small.cell, small.width, small.height], [48, 24, 168, 120]);
    const fitted = mapGeometry(19, 19, { width: 400, height: 900 }, 1);
    assert.deepEqual([fitted.pitch, fitted.across.pixels, fitted.gap], [21, 399, 1]);
  });

  it('fills exactly the room there is with cells below three pixels', () => {
    const large = mapGeometry(512, 512, { width: 400, height: 900 }, 2);
    assert.deepEqual([large.pitch, large.across.pixels, large.down.pixels], [null, 800, 800]);
    const tall = mapGeometry(2000, 10, { width: 400, height: 500 }, 1);
    assert.deepEqual([tall.across.pixels, tall.down.pixels], [2, 500]);
  });

  it('thins labels, and the chosen ones push their neighbours away', () => {
    assert.deepEqual(labelledCells(4, 20, 12), [0, 1, 2, 3]);
    assert.deepEqual(labelledCells(20, 3, 12), [0, 4, 8, 12, 16]);
    assert.deepEqual(labelledCells(20, 3, 12, [9]), [0, 4, 9, 16]);
  });

  it('keeps small maps at 38 pixels where eight heads share the pane', () => {
    const eight = overviewGeometry({ layers: 6, heads: 8, rows: 19, columns: 19 }, 350, 2);
    assert.deepEqual([eight.boxWidth, eight.pitch], [38, 4]);
    const many = overviewGeometry({ layers: 32, heads: 32, rows: 64, columns: 64 }, 350, 1);
    assert.deepEqual([many.boxWidth, many.rows], [24, 24]);
  });
});

describe('pixels', () => {
  it('pool to the maximum, and to blocked only where all is blocked', () => {
    const pooled = maxPool(
      grid(4, 4, (row, column) => (column > row ? 0 : row === 3 && column === 0 ? 200 : 10)),
      2,
      2,
    );
    assert.deepEqual([...pooled.codes], [10, 0, 200, 10]);
    const uneven = maxPool(
      grid(5, 3, row => row + 1),
      2,
      3,
    );
    assert.deepEqual([...uneven.codes], [2, 2, 2, 5, 5, 5]);
  });

  it('colour cells by code, leave gaps, and hatch what is blocked through the gaps', () => {
    const colors = new Uint32Array(256).map((_, code) => code * 100);
    const image = new Uint32Array(36);
    const hatch = { pixels: Uint32Array.from([7, 0]) };
    const codes = grid(2, 2, (row, column) => (column > row ? 0 : 5));
    paintCells({ image, stride: 6, left: 0, top: 0 }, codes, colors, hatch, 3, 1);
    assert.deepEqual([...image.subarray(0, 6)], [500, 500, 0, 0, 7, 0]);
    assert.deepEqual([...image.subarray(12, 18)], [0, 0, 0, 0, 7, 0]);
    assert.deepEqual([...image.subarray(18, 24)], [500, 500, 0, 500, 500, 0]);
  });

  it('are those of every cell by itself, wherever the cells begin and however large they are', () => {
    const colors = new Uint32Array(256).map((_, code) => code * 100);
    const hatch = { pixels: Uint32Array.from([7, 8, 0, 0]) };
    const cells = grid(5, 7, (row, column) => ((row * 7 + column) % 3 === 0 ? 0 : row + column));
    for (const [pitch, gap] of [
      [1, 0],
      [3, 0],
      [4, 1],
    ] as const) {
      const [stride, left, top] = [7 * pitch + 5, 3, 2];
      const image = new Uint32Array(stride * (5 * pitch + 4));
      paintCells({ image, stride, left, top }, cells, colors, hatch, pitch, gap);
      const wanted = image.map((_, at) => {
        const [x, y] = [(at % stride) - left, Math.floor(at / stride) - top];
        if (x < 0 || y < 0 || x >= 7 * pitch || y >= 5 * pitch) return 0;
        const code = cells.codes[Math.floor(y / pitch) * 7 + Math.floor(x / pitch)] ?? 0;
        if (code === 0) return hatch.pixels[(x + left + y + top) % 4] ?? 0;
        return x % pitch < pitch - gap && y % pitch < pitch - gap ? code * 100 : 0;
      });
      assert.deepEqual(image, wanted, `pitch ${pitch}`);
    }
  });

  it('shift codes so that the largest weight of each row is one', () => {
    const codes = grid(2, 3, (row, column) => (column === 2 ? 0 : row === 0 ? 200 + column : 1));
    const whole = { queries: [0, 1], keys: [0, 1, 2] };
    assert.deepEqual([...displayCodes(codes, whole, 'Row max').codes], [254, 255, 0, 1, 1, 0]);
    assert.equal(displayCodes(codes, whole, 'Linear'), codes);
    const part = displayCodes(codes, { queries: [0], keys: [2, 0] }, 'Linear');
    assert.deepEqual([...part.codes], [0, 200]);
  });
});
