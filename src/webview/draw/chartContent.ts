import type { CodeGrid } from './pixels/pool';

/** A number written beside an axis. */
export interface Tick {
  /** Cell, or value on the axis. */
  readonly at: number;
  readonly text: string;
  readonly isStrong?: boolean;
}

export type MarkInk = 'query' | 'key' | 'plain';

/** What stands out in a picture: a line through the middle of a row or column, or a frame around it. */
export interface Highlight {
  readonly shape: 'line' | 'frame';
  readonly ink: MarkInk;
  /** A row, a column, or the cell where they meet. */
  readonly row?: number;
  readonly column?: number;
  /** Written above a marked column. */
  readonly label?: string;
}

/** A picture of numbers, one cell each. */
export interface MatrixContent {
  /** What a screen reader calls it. */
  readonly name: string;
  readonly grid: CodeGrid;
  /** Packed colours by code; code 0 is hatched, or left empty. */
  readonly pixels: Uint32Array;
  readonly hasHatch: boolean;
  /** Codes are signed: where cells are put together, the one farthest from zero shows. */
  readonly isSigned: boolean;
  /** Height in CSS pixels; `square` takes the width. */
  readonly height: number | 'square';
  readonly rowTicks: readonly Tick[];
  readonly columnTicks: readonly Tick[];
  readonly rowName: string;
  readonly columnName: string;
  /** Columns at which something ends, drawn as small strokes below. */
  readonly edges?: readonly number[];
}

export type LineInk = 'own' | 'other' | 'head' | 'here' | 'faint' | 'query';

/** One line of a chart. */
export interface ChartLine {
  readonly name: string;
  readonly ink: LineInk;
  /** One value for each place of the axis; NaN leaves a gap. */
  readonly values: Float32Array;
}

/** A word at a point of a chart. */
export interface ChartLabel {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly anchor: 'start' | 'end';
  readonly isStrong?: boolean;
}

/** Lines over whole numbers: positions or distances. */
export interface LineContent {
  readonly name: string;
  /** Whole number of the first value of each line, and how many there are. */
  readonly first: number;
  readonly count: number;
  readonly low: number;
  readonly high: number;
  readonly height: number;
  readonly xName: string;
  readonly xTicks: readonly number[];
  /** What a tick of the axis is called; its number where absent. */
  xWord?(at: number): string;
  readonly yTicks: readonly Tick[];
  readonly lines: readonly ChartLine[];
  readonly labels?: readonly ChartLabel[];
  /** Places of the axis that stand out. */
  readonly marks: readonly { readonly at: number; readonly ink: MarkInk }[];
  /** Values hold from one place to the next: lines go in steps. */
  readonly isStepped?: boolean;
  /** Room right of the lines for their names. */
  readonly right?: number;
}

/** Every `step`-th number from `first` up to `last`, and the last one where there is room for it. */
export function ticksBetween(first: number, last: number, step: number): number[] {
  const start = Math.ceil(first / step) * step;
  const even = Array.from({ length: Math.max(0, Math.floor((last - start) / step) + 1) }, (_, i) =>
    i === 0 ? start : start + i * step,
  );
  const end = even.at(-1);
  return end === undefined || last - end > step / 2 ? [...even, last] : even;
}

/** A step that leaves at most `most` ticks: 1, 2, 4, 8, … */
export function stepFor(count: number, most: number): number {
  let step = 1;
  while (count / step > most) step *= 2;
  return step;
}

/** A whole number with a true minus sign. */
export const whole = (value: number): string => (value < 0 ? `−${-value}` : String(value));
