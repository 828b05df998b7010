import type { MarkInk } from './chartContent';
import { INK, mark, type Attributes, type Ink, type Mark } from './marks';

/** Where a chart's axes stand and how they look: in a pane of the screen, or in a file. */
export interface ChartLook {
  /** Size of the words. */
  readonly size: number;
  /** Ink of ticks and of lines in the background. */
  readonly quiet: Ink;
  readonly rule: Ink;
  /** Weight of words that stand out. */
  readonly strong: number | undefined;
  /** From the plot to the words beside it, and from the middle of a line of words to its foot. */
  readonly gap: number;
  readonly drop: number;
  /** From the plot to the foot of the words below it: lines, cells. */
  readonly below: { readonly lines: number; readonly cells: number };
  /** From the plot to the name of the axis right of it; null where it stands inside, in place of ticks. */
  readonly name: { readonly lines: number; readonly cells: number } | null;
  readonly faintLine: number;
  /** Width of a frame around cells; with a halo it stands outside of them. */
  readonly frame: number;
  readonly hasHalo: boolean;
  readonly join: string | undefined;
}

export const SCREEN: ChartLook = {
  size: 10,
  quiet: '--dim',
  rule: '--hair',
  strong: 600,
  gap: 5,
  drop: 3.5,
  below: { lines: 13, cells: 12 },
  name: null,
  faintLine: 1.2,
  frame: 1.2,
  hasHalo: true,
  join: 'round',
};

export const FILE: ChartLook = {
  size: 10.5,
  quiet: INK.muted,
  rule: INK.hair,
  strong: undefined,
  gap: 6,
  drop: 4,
  below: { lines: 14, cells: 14 },
  name: { lines: 14, cells: 8 },
  faintLine: 1.6,
  frame: 1.5,
  hasHalo: false,
  join: undefined,
};

type Anchor = 'start' | 'middle' | 'end';

/** Writes the words of a chart; those that stand out in the ink of text. */
export const chartWords =
  ({ size, quiet, strong }: ChartLook) =>
  (text: string, x: number, y: number, anchor: Anchor, isStrong = false, ink = quiet): Mark =>
    mark(
      'text',
      {
        x,
        y,
        'text-anchor': anchor,
        fill: isStrong ? INK.text : ink,
        'font-family': 'ui',
        'font-size': size,
        'font-weight': isStrong ? strong : undefined,
      },
      text,
    );

export const markInk = (ink: MarkInk): Ink => (ink === 'plain' ? INK.text : INK[ink]);

/** A line between two points. */
export const ruled = (
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  stroke: Ink,
  more: Attributes = {},
): Mark => mark('line', { x1, x2, y1, y2, stroke, ...more });

/** A line at what stands out: whole at the query, dashed elsewhere. */
export const markedRule = (
  from: readonly [number, number],
  to: readonly [number, number],
  ink: MarkInk,
): Mark =>
  ruled(from, to, markInk(ink), { 'stroke-dasharray': ink === 'query' ? undefined : '3 2' });
