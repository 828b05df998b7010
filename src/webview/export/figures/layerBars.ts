import { chartMarkup, rule, words, type Mark } from '../../layers/chart';
import { monoWidth } from '../../render/textWidth';
import type { Picture } from '../figure';

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
}

/** Bars below each other; to both sides of a middle where some are negative. Null for none. */
export function barsPicture(bars: readonly Bar[]): Picture | null {
  if (bars.length === 0) return null;
  const most = Math.max(
    ...bars.map(({ value, mark = 0 }) => Math.max(Math.abs(value), mark)),
    1e-9,
  );
  const isSigned = bars.some(({ value }) => value < 0);
  const left = Math.ceil(Math.max(...bars.map(({ name }) => monoWidth(name, FONT_SIZE)))) + 12;
  const zero = isSigned ? left + LANE / 2 : left;
  const length = (value: number): number => (Math.abs(value) / most) * (isSigned ? LANE / 2 : LANE);
  const marks = bars.flatMap(({ name, value, text, mark }, i): Mark[] => {
    const y = i * ROW;
    const font = { 'font-size': FONT_SIZE, y: y + 14 };
    const x = value < 0 ? zero - length(value) : zero;
    const ink = isSigned ? (value < 0 ? '--negative' : '--positive') : '--ink';
    const tick =
      mark === undefined
        ? []
        : [
            rule(
              [zero + length(mark), y + 3],
              [zero + length(mark), y + 17],
              '--vscode-foreground',
            ),
          ];
    return [
      words(name, { ...font, x: left - 8, 'text-anchor': 'end' }, '--vscode-foreground', 'mono'),
      {
        name: 'rect',
        at: { x, y: y + 6, width: Math.max(1, length(value)), height: 8 },
        fill: ink,
      },
      ...tick,
      words(
        text,
        { ...font, x: left + LANE + NUMBER, 'text-anchor': 'end' },
        '--vscode-foreground',
        'mono',
      ),
    ];
  });
  return {
    width: left + LANE + NUMBER,
    height: bars.length * ROW,
    content: chartMarkup({ marks }),
  };
}
