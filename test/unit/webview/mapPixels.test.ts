import assert from 'node:assert/strict';
import { paintCells } from '../../../src/webview/draw/pixels/paintCells';
import { mapGeometry, zoomedGeometry, type MapGeometry } from '../../../src/webview/draw/geometry';
import { maxPool, strongestCell, type CodeGrid } from '../../../src/webview/draw/pixels/pool';
import { poolSigned } from '../../../src/webview/draw/pixels/poolSigned';
import { cellsAt, pixelsOf, pixelUnder } from '../../../src/webview/draw/side';

const LONGEST = 2100;
/** Room for cells in panels of three widths. */
const WIDTHS = [264, 377, 941];
const FAINT = 1;
const STRONG = 255;
const codeAsColor = Uint32Array.from({ length: 256 }, (_, code) => code);

/** One row of a map as it is painted: the code that each device pixel shows, 0 in gaps. */
function paintedRow(codes: Uint8Array, { across, pitch, gap }: MapGeometry): Uint32Array {
  const row: CodeGrid = { codes, rows: 1, columns: codes.length };
  const cells = pitch === null ? maxPool(row, 1, across.pixels) : row;
  const image = new Uint32Array(across.pixels * (pitch ?? 1));
  const target = { image, stride: across.pixels, left: 0, top: 0 };
  paintCells(target, cells, codeAsColor, { pixels: new Uint32Array(1) }, pitch ?? 1, gap);
  return image.subarray(0, across.pixels);
}

/** The cell that is selected by a click into the middle of a pixel of a map that begins at `edge`. */
function selected(codes: Uint8Array, geometry: MapGeometry, pixel: number, edge: number): number {
  const { across, ratio } = geometry;
  const point = edge + (pixel + 0.5) / ratio;
  const columns = cellsAt(across, pixelUnder(across, point, edge, ratio));
  const row = { codes, rows: 1, columns: codes.length };
  return strongestCell(row, { from: 0, to: 1 }, columns).column;
}

describe('the pixels of a map', () => {
  it('fill the map and are the cell that is pointed at, for every length and width', function () {
    this.timeout(120_000);
    const problems: string[] = [];
    for (let length = 1; length <= LONGEST; length++) {
      for (const width of WIDTHS) {
        const ratio = [1, 1.25, 2][length % 3] ?? 1;
        const room = { width, height: width * 1.25 };
        const geometry = mapGeometry(length, length, room, ratio);
        const { pixels } = geometry.across;
        for (const cell of new Set([0, 1, Math.floor(length / 3), length >> 1, length - 1])) {
          if (cell >= length) continue;
          const codes = new Uint8Array(length).fill(FAINT);
          codes[cell] = STRONG;
          const painted = paintedRow(codes, geometry);
          const lit = [...painted.keys()].filter(pixel => painted[pixel] === STRONG);
          const chosen = lit.map(pixel => selected(codes, geometry, pixel, 17.5));
          const { from, to } = pixelsOf(geometry.across, cell);
          const isRight =
            lit.length > 0 &&
            painted.length === pixels &&
            chosen.every(one => one === cell) &&
            lit[0] === from &&
            lit.length === to - from - geometry.gap &&
            Math.abs((from + to) / 2 / pixels - (cell + 0.5) / length) * pixels <= 1;
          if (!isRight)
            problems.push(`${length} tokens in ${width} px: ${cell} → ${chosen.join()}`);
        }
        const even = paintedRow(new Uint8Array(length).fill(FAINT), geometry);
        const empty = even.filter(code => code === 0).length;
        if (empty !== length * geometry.gap) problems.push(`${length}, ${width}: ${empty} empty`);
      }
    }
    assert.deepEqual(problems.slice(0, 10), []);
  });

  it('use the room: cells below three pixels are no smaller than the room allows', () => {
    for (let length = 130; length <= LONGEST; length++) {
      const geometry = mapGeometry(length, length, { width: 377, height: 471 }, 1);
      assert.ok(
        Math.abs(geometry.width - 377) <= 1,
        `${length} tokens are ${geometry.width} px wide`,
      );
    }
  });

  it('are the cell that is pointed at in every part of a map that is zoomed', () => {
    for (const length of [103, 150, 377, 2048]) {
      for (const level of [
        { pitch: 1, step: 4 },
        { pitch: 1, step: 1 },
        { pitch: 3, step: 1 },
        { pitch: 12, step: 1 },
      ] as const) {
        const corner = { row: length / 2, column: length / 2 };
        const frame = { width: 90, height: 90 };
        const geometry = zoomedGeometry({ rows: length, columns: length }, corner, level, frame, 1);
        const { first, inSight, pixels } = geometry.across;
        for (let cell = first; cell < first + inSight; cell++) {
          const { from, to } = pixelsOf(geometry.across, cell);
          assert.ok(from >= 0 && to <= pixels, `${cell} of ${length} is out of sight`);
          for (let pixel = from; pixel < to; pixel++) {
            const shown = cellsAt(geometry.across, pixel);
            assert.ok(shown.from <= cell && cell < shown.to);
            assert.ok(shown.to - shown.from <= level.step && shown.to <= length);
          }
        }
      }
    }
  });

  it('of a difference are the cell that changed most among those that share one', () => {
    const codes = Uint8Array.from([128, 190, 60, 0, 120, 136, 0, 0]);
    const row = { codes, rows: 1, columns: 8 };
    const shown = poolSigned(row, 1, 4);
    const { across } = mapGeometry(1, 8, { width: 4, height: 9 }, 1);
    const chosen = [0, 1, 2, 3].map(
      pixel => strongestCell(row, { from: 0, to: 1 }, cellsAt(across, pixel), true).column,
    );
    assert.deepEqual(chosen, [1, 2, 5, 6]);
    assert.deepEqual(
      chosen.map(column => codes[column]),
      [...shown.codes],
    );
  });
});
