import type { Token } from '../../../protocol/tokens';
import { textStack } from '../../reading/capture';
import { INK, lettering, mark, type Mark, type Picture } from '../../draw/marks';
import { counted } from '../../reading/format';
import { monoWidth } from '../../draw/textWidth';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import { tableOf } from '../../draw/file/figureTable';

const WIDTH = 960;
const CHIP = { height: 22, line: 58, padding: 6, gap: 4 };
const FONT_SIZE = 12.5;
/** Most tokens of a picture; a table has them all. */
const MOST_CHIPS = 2000;

/** The figures of the Tokens view: the tokens of the text with their indices and ids. */
export const tokensFigures: readonly FigureSource[] = [
  stateFigure('tokens', tokensOf, 'Tokens', draw, tokens =>
    tableOf(tokens, {
      index: one => one.index,
      id: one => one.id,
      token: one => one.token,
      text: one => one.text,
      start: one => one.start,
      end: one => one.end,
      special: one => Number(one.special),
      unknown: one => Number(one.unknown),
      continues: one => Number(one.continues),
    }),
  ),
];

function tokensOf({ capture }: State): readonly Token[] | null {
  const tokens = (capture && capture.tokens[textStack(capture)]) ?? [];
  return tokens.length > 0 ? tokens : null;
}

const word = lettering('mono', FONT_SIZE);

function draw(tokens: readonly Token[]): Picture {
  const small = { fill: INK.muted, 'font-family': 'ui', 'font-size': 10, 'text-anchor': 'middle' };
  let [left, y] = [0, 0];
  const marks = tokens.slice(0, MOST_CHIPS).flatMap((token): Mark[] => {
    const words = label(token, 40);
    const width = Math.max(24, Math.ceil(monoWidth(words, FONT_SIZE)) + 2 * CHIP.padding);
    if (left > 0 && left + width > WIDTH) [left, y] = [0, y + CHIP.line];
    const x = left + width / 2;
    const box = { x: left, y: y + 14, width, height: CHIP.height, rx: 3, fill: 'none' };
    left += width + CHIP.gap;
    return [
      mark('text', { x, y: y + 10, ...small }, String(token.index)),
      mark('rect', {
        ...box,
        stroke: INK.hair,
        'stroke-dasharray': token.special ? '3 2' : undefined,
      }),
      word(words, { x, y: y + 29, 'text-anchor': 'middle' }, token.special ? INK.muted : INK.text),
      mark('text', { x, y: y + 48, ...small }, String(token.id)),
    ];
  });
  const rest =
    tokens.length > MOST_CHIPS
      ? ` The first ${counted(MOST_CHIPS, 'token')} of ${counted(tokens.length, 'token')}.`
      : '';
  return {
    width: WIDTH,
    height: y + CHIP.line,
    marks,
    note: `Above each token its index, below it its id.${rest}`,
  };
}
