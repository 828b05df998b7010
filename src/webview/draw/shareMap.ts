import { inkOn } from './color/inkOn';
import { signedCodes } from './color/signedCodes';
import { divergingPixels } from './color/diverging';
import { pixelHex } from './color/palette';
import type { CellPlace } from './cellKeys';
import { cellMarks, MOST_RECTS } from './cells';
import { labelledCells } from './geometry';
import { LEGEND, legendMarks, type Ramp } from './legend';
import { INK, lettering, mark, rule, shape, shifted, type Mark, type Picture } from './marks';
import type { CodeGrid } from './pixels/pool';
import { weight2 } from '../reading/format';
import { monoWidth } from './textWidth';

/** A column: a token, with what stands there in another text where that differs, or a head. */
export interface ShareColumn {
  readonly label: string;
  readonly other?: string;
  readonly isMuted?: boolean;
}

/** How cells look whose numbers are no shares around zero. */
export interface CellLook {
  /** Packed colours by code. */
  readonly pixels: Uint32Array;
  /** 1 to 255; 0 for a cell without a number. */
  code(row: number, column: number): number;
  text(row: number, column: number): string;
  /** What a screen reader says of a cell, after its row and column. */
  spoken(row: number, column: number): string;
  /** Cells are at most this wide, in CSS pixels. */
  readonly widest: number;
}

/** Signed numbers by layer and token or head, on one scale around zero; or numbers with a look of their own. */
export interface ShareMap {
  readonly name: string;
  readonly rows: readonly string[];
  readonly columns: readonly ShareColumn[];
  /** By row; null while a row is not computed. NaN: nothing can be said of the cell. */
  readonly values: readonly (Float32Array | null)[];
  /** Colours end at −limit and limit; numbers are printed from a twentieth of it on. */
  readonly limit: number;
  /** The cell that is chosen; null where it lies elsewhere. */
  readonly here: CellPlace | null;
  /** Names of tokens stand upright, those of heads lie. */
  readonly hasTurnedNames: boolean;
  readonly look?: CellLook;
}

/** Where the cells of a map lie, in CSS pixels. */
export interface ShareLayout {
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly width: number;
  readonly height: number;
}

const SIZE = 11.5;
const NUMBER_SIZE = 10;
const NAME_ROOM = 12;
const GAP = 1;
/** Cells of tokens and of heads are no wider than this, and cells of any kind no narrower than this. */
const WIDEST = { turned: 34, flat: 56 };
const NARROWEST = 3;
/** Cells are at most, and at least, this high; in between, as many fit this height. */
const HIGHEST = 26;
const LOWEST = 12;
const ROOM_DOWN = 480;
/** Cells at least this large have room for a number, or for a minus sign. */
const NUMBER = { width: 25, height: 12 };
const SIGN = 5;
/** Share of the limit from which a number is printed. */
const PRINTED = 0.05;

/** Fits a map into a width in CSS pixels; it is wider where its cells would be too narrow. */
export function shareLayout(
  map: ShareMap,
  room: number,
  widthOf: (text: string, size: number) => number = monoWidth,
): ShareLayout {
  const left = Math.ceil(Math.max(0, ...map.rows.map(name => widthOf(name, SIZE)))) + 8;
  const count = Math.max(1, map.columns.length);
  const widest = map.look?.widest ?? (map.hasTurnedNames ? WIDEST.turned : WIDEST.flat);
  const fitting = Math.floor((room - left) / count);
  const cellWidth = Math.max(NARROWEST, Math.min(widest, fitting));
  const rows = Math.max(1, map.rows.length);
  const cellHeight = Math.max(LOWEST, Math.min(HIGHEST, Math.floor(ROOM_DOWN / rows)));
  const longest = Math.max(0, ...map.columns.map(({ label }) => widthOf(label, SIZE)));
  return {
    left,
    top: map.hasTurnedNames ? Math.ceil(longest) + 10 : 20,
    cellWidth,
    cellHeight,
    width: count * cellWidth,
    height: rows * cellHeight,
  };
}

/** Codes of the cells, 0 where there is no number; for finding the strongest one under a pixel. */
export function shareCodes({ values, columns, limit, look }: ShareMap): CodeGrid {
  const codes = new Uint8Array(values.length * columns.length);
  if (look) {
    codes.forEach((_, i) => {
      codes[i] = look.code(Math.floor(i / columns.length), i % columns.length);
    });
    return { codes, rows: values.length, columns: columns.length };
  }
  values.forEach((row, i) => {
    if (row) codes.set(signedCodes(row.subarray(0, columns.length), limit), i * columns.length);
  });
  return { codes, rows: values.length, columns: columns.length };
}

/** How a cell reads: its number where that counts, `–` where it is not computed yet, `×` where it cannot be. */
export function cellText({ values, limit, look }: ShareMap, row: number, column: number): string {
  if (look) return look.text(row, column);
  const value = values[row]?.[column];
  if (value === undefined) return '–';
  if (Number.isNaN(value)) return '×';
  return Math.abs(value) >= PRINTED * limit ? weight2(value) : '';
}

/** Names, cells, numbers and the frame of the chosen cell. */
export function shareMarks(map: ShareMap, layout: ShareLayout, dark: boolean): Mark[] {
  const { left, top } = layout;
  return [
    ...rowNames(map, layout),
    ...columnNames(map, layout),
    shifted(left, top, [...cells(map, layout, dark), ...frame(map, layout)]),
  ];
}

const mono = lettering('mono', SIZE);
const ui = lettering('ui', SIZE);

function rowNames({ rows, here }: ShareMap, { left, top, cellHeight }: ShareLayout): Mark[] {
  return labelledCells(rows.length, cellHeight, NAME_ROOM, here ? [here.row] : []).map(row => {
    const isHere = row === here?.row;
    const at = { x: left - 7, y: top + (row + 0.5) * cellHeight + 4, 'text-anchor': 'end' };
    const name = { ...at, ...(isHere ? { 'font-weight': 700 } : {}) };
    return ui(rows[row] ?? '', name, isHere ? INK.text : INK.muted);
  });
}

function columnNames(map: ShareMap, layout: ShareLayout): Mark[] {
  const { columns, here, hasTurnedNames } = map;
  const { left, top, cellWidth } = layout;
  const differing = columns.flatMap(({ other }, i) => (other === undefined ? [] : [i]));
  const marked = [...differing, ...(here ? [here.column] : [])];
  const room = hasTurnedNames ? NAME_ROOM : 22;
  return labelledCells(columns.length, cellWidth, room, marked).flatMap(column => {
    const { label, other, isMuted = false } = columns[column] ?? { label: '' };
    const middle = left + (column + 0.5) * cellWidth;
    const ink = isMuted ? INK.muted : INK.text;
    if (!hasTurnedNames) return ui(label, { x: middle, y: top - 7, 'text-anchor': 'middle' }, ink);
    const turned = (x: number) => ({ transform: `translate(${x},${top - 6}) rotate(-90)` });
    if (other === undefined) return mono(label, turned(middle + 4), ink);
    return [
      mono(label, { ...turned(middle), 'font-weight': 700 }, INK.text),
      mono(other, { ...turned(middle + 11), 'font-size': SIZE - 1 }, '--negative'),
    ];
  });
}

function cells(map: ShareMap, layout: ShareLayout, dark: boolean): Mark[] {
  const { cellWidth: width, cellHeight: height } = layout;
  const grid = shareCodes(map);
  const pixels = map.look?.pixels ?? divergingPixels(dark);
  const raster = { grid, pixels, width, height, hasHatch: false };
  const gap = width > 2 * NARROWEST ? GAP : 0;
  const painted = cellMarks({ ...raster, gap });
  if (grid.rows * grid.columns > MOST_RECTS) return painted;
  const hasNumbers = width >= NUMBER.width && height >= NUMBER.height;
  const number = lettering('mono', NUMBER_SIZE);
  const signs = Array.from(grid.codes, (code, i): Mark[] => {
    const [row, column] = [Math.floor(i / grid.columns), i % grid.columns];
    const box = { x: column * width, y: row * height, width: width - gap, height: height - gap };
    const empty = code === 0 && !map.look ? [shape('rect', box, '--soft')] : [];
    const text = cellText(map, row, column);
    const ink = code === 0 ? INK.muted : inkOn(pixelHex(pixels[code] ?? 0));
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 + 3.5 };
    if (hasNumbers) {
      if (text === '') return empty;
      return [...empty, number(text, { ...middle, 'text-anchor': 'middle' }, ink)];
    }
    if (!text.startsWith('−') || width < SIGN) return empty;
    const y = box.y + box.height / 2;
    return [rule([box.x + 1.5, y], [box.x + box.width - 1.5, y], ink, { 'stroke-width': 1.5 })];
  });
  return [...painted, ...signs.flat()];
}

function frame({ here }: ShareMap, { cellWidth, cellHeight }: ShareLayout): Mark[] {
  if (!here) return [];
  const around = (stroke: string, wide: number): Mark =>
    mark('rect', {
      x: here.column * cellWidth - 1.5,
      y: here.row * cellHeight - 1.5,
      width: cellWidth + 2,
      height: cellHeight + 2,
      rx: 2,
      fill: 'none',
      stroke,
      'stroke-width': wide,
    });
  return [around('--vscode-editor-background', 5), around('--vscode-focusBorder', 2)];
}

const FILE_WIDTH = 960;

/** A map with its legend, for a file. */
export function sharePicture(map: ShareMap, ramp: Ramp, dark: boolean): Picture {
  const layout = shareLayout(map, FILE_WIDTH);
  const below = layout.top + layout.height + 12;
  const isImage = map.rows.length * map.columns.length > MOST_RECTS;
  return {
    width: Math.max(layout.left + layout.width + 14, LEGEND.width),
    height: below + LEGEND.height,
    marks: [...shareMarks(map, layout, dark), shifted(0, below, legendMarks(ramp, false))],
    note: isImage ? 'The cells are a picture with one pixel for each number.' : '',
  };
}
