import { divergingPixels } from '../../draw/color/diverging';
import { rampPixels } from '../../draw/color/palette';
import { sitesOf } from '../../reading/capture';
import type { State } from '../../app/state';
import { isDark } from '../../kit/theme';
import { biasWindow } from './bias';
import {
  stepFor,
  ticksBetween,
  whole,
  type MatrixContent,
  type Tick,
} from '../../draw/chartContent';
import { found, type OrderSide } from './wanted';
import { distancesShown, phases, rotation } from './rotary';
import { shareCodes, signedCodes } from '../../draw/color/signedCodes';
import type { Similarity } from './similarity';
import { tableWindow, type TableKind, type TableWindow } from './tables';

const TABLE_HEIGHT = 260;
const PHASE_HEIGHT = 104;
const HEAD_ROW = 16;
const MOST_TICKS = 5;

/** Colours of numbers between −limit and limit. */
export const signedPixels = ({ theme }: State): Uint32Array => divergingPixels(isDark(theme));

/** Colours of shares from 0 to 1, by the map that people chose. */
export const sharePixels = ({ options, theme }: State): Uint32Array =>
  rampPixels(options.colorMap, isDark(theme));

/** Ticks of cells that stand for the whole numbers from `first` on. */
function cellTicks(first: number, count: number, most = MOST_TICKS): Tick[] {
  const step = stepFor(count, most);
  return ticksBetween(first, first + count - 1, step).map(value => ({
    at: value - first,
    text: whole(value),
  }));
}

export const TABLE_TITLES: Record<TableKind, string> = {
  learned: 'Learned absolute',
  sinusoidal: 'Sinusoidal',
};

const codes = new WeakMap<TableWindow, Uint8Array>();

/** A table of positions: position × dimension. */
export function tablePicture(
  state: State,
  kind: TableKind,
): { window: TableWindow; content: MatrixContent } | null {
  const window = tableWindow(state, kind);
  if (!window) return null;
  const { first, rows, dims, values, limit } = window;
  const made = codes.get(window) ?? signedCodes(values, limit);
  codes.set(window, made);
  return {
    window,
    content: {
      name: `${TABLE_TITLES[kind]} positions: rows are positions, columns are dimensions`,
      grid: { codes: made, rows, columns: dims },
      pixels: signedPixels(state),
      hasHatch: false,
      isSigned: true,
      height: TABLE_HEIGHT,
      rowTicks: cellTicks(first, rows),
      columnTicks: cellTicks(0, dims, 4),
      rowName: 'pos',
      columnName: 'dimension',
    },
  };
}

const similar = new WeakMap<Similarity, Uint8Array>();

/** Cosines between positions. */
export function similarityPicture(state: State, similarity: Similarity): MatrixContent {
  const { name, first, rows, values } = similarity;
  const made = similar.get(similarity) ?? signedCodes(values, 1);
  similar.set(similarity, made);
  const ticks = cellTicks(first, rows, 3);
  return {
    name: `Similarity of ${name} positions: cosine of each two`,
    grid: { codes: made, rows, columns: rows },
    pixels: signedPixels(state),
    hasHatch: false,
    isSigned: true,
    height: 'square',
    rowTicks: ticks,
    columnTicks: ticks,
    rowName: '',
    columnName: '',
  };
}

const phased = new WeakMap<object, Map<number, Uint8Array>>();

/** How far the directions of a pair of dimensions have turned apart, by distance. */
export function phasePicture(state: State): MatrixContent | null {
  const shown = rotation(state);
  if (!shown) return null;
  const columns = distancesShown(state);
  const known = phased.get(shown) ?? new Map<number, Uint8Array>();
  phased.set(shown, known);
  const made = known.get(columns) ?? shareCodes(phases(shown, columns));
  known.set(columns, made);
  const rows = shown.frequencies.length;
  return {
    name: 'Relative phase: rows are pairs of dimensions, columns are distances',
    grid: { codes: made, rows, columns },
    pixels: sharePixels(state),
    hasHatch: false,
    isSigned: false,
    height: PHASE_HEIGHT,
    rowTicks: cellTicks(0, rows, 4),
    columnTicks: cellTicks(0, columns - 1, 4),
    rowName: 'pair',
    columnName: 'distance',
  };
}

/** The model's biases by head and distance; null where it has none. */
export function biasPicture(state: State): MatrixContent | null {
  const window = biasWindow(state);
  if (!window) return null;
  const { heads, first, columns, values, limit, edges } = window;
  const ticks = [-2, -1, 0, 1, 2].map(part => (part * Math.max(-first, columns + first - 1)) / 2);
  return {
    name: 'Relative bias: rows are heads, columns are distances from query to key',
    grid: { codes: signedCodes(values, limit), rows: heads, columns },
    pixels: signedPixels(state),
    hasHatch: values.some(value => Number.isNaN(value)),
    isSigned: true,
    height: Math.max(64, heads * HEAD_ROW),
    rowTicks: headTicks(heads, state.locus?.head ?? -1),
    columnTicks: ticks
      .filter(value => value >= first && value < first + columns)
      .map(value => ({ at: value - first, text: whole(value) })),
    rowName: '',
    columnName: 'key − query',
    edges,
  };
}

function headTicks(heads: number, here: number): Tick[] {
  const step = stepFor(heads, 16);
  return Array.from({ length: heads }, (_, head) => head)
    .filter(head => head % step === 0 || head === here)
    .map(head => ({ at: head, text: `H${head}`, isStrong: head === here }));
}

/** How much weight moved in each head; null while that is not known. */
export function movedPicture(state: State, side: OrderSide): MatrixContent | null {
  const effect = found(state, `${side}Effect`);
  const { capture, locus } = state;
  if (!effect || !capture || !locus) return null;
  const { layers, heads, moved } = effect;
  const known = new Set(sitesOf(capture, locus.block).map(site => site.layer));
  return {
    name: 'Weight moved: rows are layers, columns are heads; Enter goes to a head',
    grid: { codes: shareCodes(moved), rows: layers, columns: heads },
    pixels: sharePixels(state),
    hasHatch: false,
    isSigned: false,
    height: Math.max(48, Math.min(240, layers * 20)),
    rowTicks: Array.from({ length: layers }, (_, layer) => layer)
      .filter(layer => known.has(layer) && layer % stepFor(layers, 12) === 0)
      .map(layer => ({ at: layer, text: `L${layer}`, isStrong: layer === locus.layer })),
    columnTicks: headTicks(heads, locus.head),
    rowName: '',
    columnName: '',
  };
}
