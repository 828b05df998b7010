import { monoWidth } from './textWidth';
import { HATCHED, INK, mark, rule, shape, words, type Mark, type Picture } from './marks';

const ROW = 20;
const LANE = 320;
const NUMBER = 64;
const FONT_SIZE = 11.5;

/** One bar of a picture. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly text: string;
  /** A tick in the lane, such as a baseline. */
  readonly mark?: number;
  /** It shows a fault. */
  readonly isWrong?: boolean;
}

/** Bars below each other; to both sides of a middle where some are negative. Null for none. */
export function barsPicture(bars: readonly Bar[]): Picture | null {
  if (bars.length === 0) return null;
  const most = Math.max(
    ...bars.map(({ value, mark: tick = 0 }) => Math.max(Math.abs(value), tick)),
    1e-9,
  );
  const isSigned = bars.some(({ value }) => value < 0);
  const left = Math.ceil(Math.max(...bars.map(({ name }) => monoWidth(name, FONT_SIZE)))) + 12;
  const zero = isSigned ? left + LANE / 2 : left;
  const length = (value: number): number => (Math.abs(value) / most) * (isSigned ? LANE / 2 : LANE);
  const marks = bars.flatMap(({ name, value, text, mark: tick, isWrong }, i): Mark[] => {
    const y = i * ROW;
    const word = (what: string, x: number): Mark => {
      const at = { 'font-size': FONT_SIZE, y: y + 14, x, 'text-anchor': 'end' };
      return words(what, at, INK.text, 'mono');
    };
    const x = value < 0 ? zero - length(value) : zero;
    const plain = isSigned ? (value < 0 ? '--negative' : '--positive') : INK.bar;
    const ink = isWrong ? INK.wrong : plain;
    const box = { x, y: y + 6, width: Math.max(1, length(value)), height: 8 };
    const at = zero + length(tick ?? 0);
    return [
      word(name, left - 8),
      shape('rect', box, ink),
      ...(tick === undefined ? [] : [rule([at, y + 3], [at, y + 17], INK.text)]),
      word(text, left + LANE + NUMBER),
    ];
  });
  return { width: left + LANE + NUMBER, height: bars.length * ROW, marks };
}

/** Height of a row of names with a weight's bar. */
export const WEIGHT_ROW = 18;
const BAR_HEIGHT = 8;

/** A weight as a share of the largest in a lane; the whole lane hatched where the mask blocks its key. */
export function weightMark(
  lane: { readonly x: number; readonly y: number; readonly width: number },
  weight: number,
  most: number,
  isAllowed: boolean,
  isKey: boolean,
): Mark {
  return mark('rect', {
    x: lane.x,
    y: lane.y + (WEIGHT_ROW - BAR_HEIGHT) / 2,
    width: isAllowed ? Math.max(1, (lane.width * weight) / most || 1) : lane.width,
    height: BAR_HEIGHT,
    fill: isAllowed ? (isKey ? INK.key : INK.bar) : HATCHED,
  });
}
