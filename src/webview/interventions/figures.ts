import { isOn } from '../../protocol/intervention';
import { shownList } from '../app/interventions/list';
import { gain, movedEntries, type MovedEntry } from '../app/interventions/outcome';
import { changed, isIntervening, isModified, plainCapture } from '../app/interventions/wanted';
import { wordsOf } from '../app/interventions/words';
import { plainText } from '../app/sentence';
import { stateFigure, type FigureSource } from '../app/export/figure';
import type { State } from '../app/state';
import { barsPicture } from '../draw/bars';
import { tableOf } from '../draw/file/figureTable';
import { INK, lettering, shape, type Mark, type Picture } from '../draw/marks';
import { weight2, weight3 } from '../reading/format';
import { label } from '../reading/tokenText';
import { dumbbellPicture } from './dumbbell';
import { tokenChanges } from './klStrip';
import { rowChange, rowPicture } from './rowChange';
import { effectAt } from './rows';

const WIDTH = 560;
const ROW = 24;
/** Entries that the picture shows, and those that its table holds. */
const SHOWN = 6;
const IN_TABLE = 50;

/** The entries of the output that moved most; null while they are not known. */
export function movedOutput(state: State, count = SHOWN): readonly MovedEntry[] | null {
  const before = changed(state, 'predictionsBefore');
  const after = changed(state, 'predictionsAfter');
  return before && after && movedEntries(before, after, count);
}

const whileModified = <T>(state: State, value: T): T | null =>
  isIntervening(state) && isModified(state) ? value : null;

/** The list, and what it does to the output: to be saved as files. */
export const interventionFigures: readonly FigureSource[] = [
  stateFigure(
    'interventions',
    state => isIntervening(state) && shownList(state).length > 0 && shownList(state),
    'Interventions',
    (_, state) => listPicture(state),
    (list, state) => {
      const capture = plainCapture(state) ?? state.capture;
      return tableOf(list, {
        on: one => (isOn(one) ? 'on' : 'off'),
        intervention: one => (capture ? plainText(wordsOf(one, capture).sentence) : ''),
        'KL alone': one => effectAt(state, one)?.divergence ?? '',
        'as in a list file': ({ at, how, only, on }) =>
          JSON.stringify({ at, how, ...(only ? { only } : {}), ...(on === false ? { on } : {}) }),
      });
    },
  ),
  stateFigure(
    'movedOutput',
    state => whileModified(state, movedOutput(state)),
    'Prediction before and after',
    entries => dumbbellPicture(entries, WIDTH),
    (_, state) =>
      tableOf(movedOutput(state, IN_TABLE) ?? [], {
        token: ({ text }) => text,
        id: ({ id }) => id,
        before: ({ before }) => before ?? '',
        after: ({ after }) => after ?? '',
        gained: one => gain(one),
      }),
  ),
  stateFigure(
    'changedRow',
    state => whileModified(state, rowChange(state)),
    ({ place }) => `Row before and after, L${place.layer}H${place.head}`,
    (row, state) => rowPicture(state, row, WIDTH),
    ({ keys }) =>
      tableOf(keys, {
        key: ({ key }) => key,
        token: ({ name }) => name,
        before: ({ before }) => before,
        after: ({ after }) => after,
        edge: ({ mark }) => mark ?? '',
      }),
  ),
  stateFigure(
    'movedTokens',
    state => whileModified(state, tokenChanges(state)),
    'Where the output changed',
    changes =>
      barsPicture(
        [...changes]
          .sort((a, b) => b.kl - a.kl)
          .slice(0, IN_TABLE)
          .map(({ token, kl }) => ({ name: label(token, 16), value: kl, text: weight3(kl) })),
      ),
    changes =>
      tableOf(changes, {
        token: ({ token }) => token.index,
        text: ({ token }) => token.text,
        'KL in nats': ({ kl }) => kl,
        'another first choice': ({ isFlipped }) => (isFlipped ? 'yes' : 'no'),
      }),
  ),
];

/** The list as rows: ring or dot, sentence, effect alone. */
function listPicture(state: State): Picture | null {
  const capture = plainCapture(state) ?? state.capture;
  if (!capture) return null;
  const text = lettering('ui', 12);
  const number = lettering('mono', 11.5);
  const list = shownList(state);
  const marks = list.flatMap((one, i): Mark[] => {
    const y = i * ROW + ROW / 2;
    const on = isOn(one);
    const alone = effectAt(state, one)?.divergence;
    const words = wordsOf(one, capture);
    return [
      shape(
        'circle',
        { cx: 10, cy: y, r: 5 },
        on ? '--breakpoint' : 'none',
        on ? undefined : INK.muted,
      ),
      text(plainText(words.sentence), { x: 26, y: y + 4 }, on ? INK.text : INK.muted),
      text(words.value, { x: WIDTH - 60, y: y + 4, 'text-anchor': 'end' }),
      ...(alone === undefined
        ? []
        : [number(weight2(alone), { x: WIDTH - 4, y: y + 4, 'text-anchor': 'end' }, INK.text)]),
    ];
  });
  return { width: WIDTH, height: list.length * ROW, marks };
}
