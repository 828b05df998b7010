import { textStack } from '../../capture';
import { counted } from '../../format';
import { monoWidth } from '../../render/textWidth';
import type { State } from '../../state';
import { label } from '../../tokenText';
import type { FigureSource, Picture } from '../figure';
import { MONO, readInks, SANS } from '../inks';
import { tag, text } from '../svg';

const WIDTH = 960;
const CHIP = { height: 22, line: 58, padding: 6, gap: 4 };
const FONT_SIZE = 12.5;
/** Most tokens of a picture; a table has them all. */
const MOST_CHIPS = 2000;

/** The tokens of the text with their indices and ids. */
export const tokensFigure: FigureSource = {
  id: 'tokens',
  title: state => (tokensOf(state).length > 0 ? 'Tokens' : null),
  picture: ({ state }) => Promise.resolve(draw(state)),
  table: ({ state }) =>
    Promise.resolve({
      columns: ['index', 'id', 'token', 'text', 'start', 'end', 'special', 'unknown', 'continues'],
      rows: tokensOf(state).map(one => [
        one.index,
        one.id,
        one.token,
        one.text,
        one.start,
        one.end,
        Number(one.special),
        Number(one.unknown),
        Number(one.continues),
      ]),
    }),
};

const tokensOf = ({ capture }: State) =>
  (capture ? capture.tokens[textStack(capture)] : null) ?? [];

function draw(state: State): Picture {
  const inks = readInks();
  const tokens = tokensOf(state);
  const small = { fill: inks.muted, 'font-family': SANS, 'font-size': 10, 'text-anchor': 'middle' };
  let [x, y] = [0, 0];
  const chips = tokens.slice(0, MOST_CHIPS).map(token => {
    const words = label(token, 40);
    const width = Math.max(24, Math.ceil(monoWidth(words, FONT_SIZE)) + 2 * CHIP.padding);
    if (x > 0 && x + width > WIDTH) [x, y] = [0, y + CHIP.line];
    const middle = x + width / 2;
    const chip = [
      text(String(token.index), { x: middle, y: y + 10, ...small }),
      tag('rect', {
        x,
        y: y + 14,
        width,
        height: CHIP.height,
        rx: 3,
        fill: 'none',
        stroke: inks.hair,
        'stroke-dasharray': token.special ? '3 2' : undefined,
      }),
      text(words, {
        x: middle,
        y: y + 29,
        'text-anchor': 'middle',
        fill: token.special ? inks.muted : inks.text,
        'font-family': MONO,
        'font-size': FONT_SIZE,
      }),
      text(String(token.id), { x: middle, y: y + 48, ...small }),
    ].join('');
    x += width + CHIP.gap;
    return chip;
  });
  return {
    width: WIDTH,
    height: y + CHIP.line,
    content: chips.join(''),
    note: [
      'Above each token its index, below it its id.',
      tokens.length > MOST_CHIPS
        ? `The first ${counted(MOST_CHIPS, 'token')} of ${counted(tokens.length, 'token')}.`
        : '',
    ]
      .filter(Boolean)
      .join(' '),
  };
}
