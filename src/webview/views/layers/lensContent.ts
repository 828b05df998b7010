import { layerCount } from '../../../protocol/model';
import { weight2, weight3 } from '../../reading/format';
import {
  changeOf,
  expectation,
  expectedAt,
  guesses,
  lensColumn,
  missingStates,
  settledState,
  shownState,
  stateName,
  stateWords,
  type Guess,
} from './facts';
import { inkOn } from '../../draw/color/inkOn';
import { shareColors } from './colors';
import { expectedName, lensKind, outputTokens } from './wanted';
import { outputStack, outputToken } from '../../app/output';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { label, shorten, visible } from '../../reading/tokenText';
import type { TableContent } from '../../kit/table';
import type { GridCell, GridColumn, GridContent } from '../../draw/stateCells';

const CELL_LIMIT = 12;
const LABEL_LIMIT = 12;

/** A vocabulary entry as people read it. */
export const entry = (text: string, limit = CELL_LIMIT): string =>
  text === '' ? '∅' : shorten(visible(text), limit);

/** Columns of the tokens that have predictions on show. */
export function tokenColumns(state: State): GridColumn[] {
  const { capture, options } = state;
  if (!capture) return [];
  return outputTokens(capture).flatMap((token, i) =>
    token.special && !options.specialTokens
      ? []
      : [{ token: i, label: label(token, LABEL_LIMIT), isSpecial: token.special }],
  );
}

/** How many states the stack with the output head has. */
export function stateCount({ capture, layers }: State): number {
  const [made] = layers.lenses?.chunks.values() ?? [];
  if (made) return made.states;
  if (!capture) return 0;
  return layerCount(capture.model, outputStack(capture)) + 1;
}

/** The predictions of every state and token; null where the model gave none. */
export function lensContent(state: State): GridContent | null {
  const { capture, locus, layers } = state;
  if (!capture || !locus || !layers.lenses) return null;
  if (layers.lenses.chunks.size === 0 && layers.lenses.error) return null;
  const columns = tokenColumns(state);
  const colors = shareColors(state);
  const at = columns.findIndex(({ token }) => token === outputToken(state));
  const isSame = locus.block.stack === outputStack(capture);
  const isSelf = isSame && locus.block.kind === 'self';
  const states = stateCount(state);
  const kind = lensKind(state) === 'maskedLm' ? 'each token masked' : 'logit lens';
  return {
    name: `Predictions by layer, ${kind}: rows are states, columns are tokens`,
    states: Array.from({ length: states }, (_, i) => stateName(i)),
    missing: missingStates(state, outputStack(capture), states),
    columns,
    cell: (row, column) => {
      const { token = 0, label: name = '' } = columns[column] ?? {};
      return lensCell(state, row, token, name, colors);
    },
    here: at < 0 ? null : { row: shownState(state), column: at },
    key: isSelf ? columns.findIndex(({ token }) => token === locus.key) : null,
  };
}

function lensCell(
  state: State,
  row: number,
  token: number,
  name: string,
  colors: (value: number) => string,
): GridCell | null {
  const place = lensColumn(state, token);
  const where = `${name}, ${stateWords(row)}`;
  if (!place) return { text: '–', name: `${where}: not made yet` };
  const [top] = guesses(place, row);
  if (!top) return null;
  const background = colors(top.probability);
  const isMarked = top.id === expectation(place)?.id;
  const isBold = settledState(place) === row;
  const more = [
    isMarked ? `, equals the ${expectedName(state)}` : '',
    isBold ? ', the final answer from here on' : '',
  ];
  return {
    text: entry(top.text),
    background,
    ink: inkOn(background),
    isBold,
    isMarked,
    name: `${where}: ${entry(top.text, 24)} ${weight3(top.probability)}${more.join('')}`,
  };
}

/** A cell in full: “it after layer 3: it .430, then he .170; the input token it has .430”. */
export function cellPhrases(state: State, row: number, token: number): Phrase[] {
  const { capture } = state;
  const place = lensColumn(state, token);
  if (!capture) return [];
  const at = label(outputTokens(capture)[token]);
  const where: Phrase[] = [{ token: at, part: 'query' }, ` ${stateWords(row)}: `];
  const [first, second] = place ? guesses(place, row) : [];
  if (!place || !first) return [...where, '–'];
  const named = (text: string): Phrase => ({ token: entry(text, 24), part: '' });
  const expected = expectation(place);
  const has = weight3(expectedAt(place, row));
  return [
    ...where,
    named(first.text),
    ` ${weight3(first.probability)}`,
    ...(second ? [', then ', named(second.text), ` ${weight3(second.probability)}`] : []),
    ...(expected ? [`; the ${expectedName(state)} `, named(expected.text), ` has ${has}`] : []),
  ];
}

/** A change of probability: `+.17`, `−.01`; `≥ +.40` where only a bound is known. */
export function changeText(change: ReturnType<typeof changeOf>): string {
  if (!change) return '';
  const { change: value, isAtLeast } = change;
  if (isAtLeast && value <= 0) return 'new';
  const sign = value > 0 && weight2(value) !== '.00' ? '+' : '';
  return `${isAtLeast ? '≥ ' : ''}${sign}${weight2(value)}`;
}

/** Entries that are listed of a cell. */
export const LISTED = 5;

/** The most probable entries of the chosen cell with their change; empty where there are none. */
export function listedGuesses(
  state: State,
): readonly (Guess & { readonly change: ReturnType<typeof changeOf> })[] {
  const token = outputToken(state);
  const place = token === null ? null : lensColumn(state, token);
  if (!place) return [];
  const at = shownState(state);
  return guesses(place, at)
    .slice(0, LISTED)
    .map(guess => ({ ...guess, change: changeOf(place, at, guess) }));
}

/** The token's predictions through all states, as a table. */
export function lensTable(state: State): TableContent | null {
  const { capture } = state;
  const token = outputToken(state);
  const place = token === null ? null : lensColumn(state, token);
  if (!capture || token === null || !place) return null;
  const name = expectedName(state);
  return {
    caption: `Predictions at ${label(outputTokens(capture)[token])} (token ${token}), by state`,
    columns: ['State', 'Top token', 'Probability', `Probability of the ${name}`],
    rows: Array.from({ length: place.lens.states }, (_, row) => {
      const [top] = guesses(place, row);
      const expected = expectedAt(place, row);
      return [
        stateName(row),
        top ? entry(top.text, 24) : '–',
        top ? weight3(top.probability) : '–',
        Number.isNaN(expected) ? '–' : weight3(expected),
      ];
    }),
  };
}
