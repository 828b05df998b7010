import type { Evidence } from '../../../protocol/findings';
import { weightCode } from '../../../protocol/weightCode';
import type { State } from '../../app/state';
import { viewPalette, weightRamp } from '../../app/viewPalette';
import { barsPicture, type Bar } from '../../draw/bars';
import { gridPicture, NAME_LIMIT } from '../../draw/gridPicture';
import { displayCodes } from '../../draw/pixels/displayMap';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';
import type { Picture } from '../../draw/marks';
import type { TableContent } from '../../kit/table';
import { weight3 } from '../../reading/format';
import { shorten, visible, visibleWords } from '../../reading/tokenText';
import { amount } from './codes';

export type MapEvidence = Extract<Evidence, { kind: 'map' }>;
export type BarsEvidence = Extract<Evidence, { kind: 'bars' }>;

/** Longest name of a bar. */
const BAR_NAME = 24;

/** Cells that a table lists. */
const LISTED = 10;

const isWrongAt = ({ framed, weights }: MapEvidence, i: number): boolean =>
  framed[i] === 1 || Number.isNaN(weights[i]);

/** Weights that a finding is about, what shows the fault framed and what is no number crossed out. */
export function mapPicture(
  evidence: MapEvidence,
  state: State,
  isOfFuture: boolean,
  room?: number,
): Picture {
  const { queries, keys, weights, framed } = evidence;
  const palette = viewPalette(state);
  const whole = {
    codes: Uint8Array.from(weights, weightCode),
    rows: queries.length,
    columns: keys.length,
  };
  const shown = { queries: range(queries.length), keys: range(keys.length) };
  const names = (texts: readonly string[]): string[] =>
    texts.map(text => shorten(visible(text), NAME_LIMIT));
  return gridPicture({
    grid: displayCodes(whole, shown, palette.scale),
    pixels: palette.pixels,
    names: { queries: names(queries), keys: names(keys) },
    row: null,
    column: null,
    ramp: weightRamp(state),
    framed,
    crossed: Uint8Array.from(weights, weight => Number(Number.isNaN(weight))),
    hasStairs: isOfFuture && queries.length === keys.length,
    ...(room === undefined ? {} : { room }),
  });
}

/** Bars with their numbers; those that show the fault stand out. */
export const barsOf = ({ rows }: BarsEvidence): Bar[] =>
  rows.map(({ name, value, isWrong }) => ({
    name: shorten(visibleWords(name), BAR_NAME),
    value: Number.isFinite(value) ? value : 0,
    text: amount(value),
    isWrong,
  }));

/** The picture of any evidence, for a file. */
export const evidencePicture = (
  evidence: Evidence,
  state: State,
  isOfFuture: boolean,
): Picture | null =>
  evidence.kind === 'map' ? mapPicture(evidence, state, isOfFuture) : barsPicture(barsOf(evidence));

/** Every number of evidence, for a file. */
export function evidenceTable(evidence: Evidence): FigureTable {
  if (evidence.kind === 'bars') {
    return tableOf(evidence.rows, {
      name: row => row.name,
      value: row => row.value,
      wrong: row => Number(row.isWrong),
    });
  }
  const { queries, keys, weights } = evidence;
  const place = (i: number) => ({ query: Math.floor(i / keys.length), key: i % keys.length });
  return tableOf(range(weights.length), {
    query: i => place(i).query,
    key: i => place(i).key,
    'query token': i => queries[place(i).query] ?? '',
    'key token': i => keys[place(i).key] ?? '',
    weight: i => weights[i] ?? NaN,
    framed: i => evidence.framed[i] ?? 0,
  });
}

/** What is wrong in a map, largest weights first, to be read. */
export function wrongCells(evidence: MapEvidence): TableContent {
  const { queries, keys, weights, title } = evidence;
  const weight = (i: number): number => weights[i] ?? 0;
  const cells = range(weights.length)
    .filter(i => isWrongAt(evidence, i))
    .sort(
      (a, b) =>
        Number(Number.isNaN(weight(b))) - Number(Number.isNaN(weight(a))) || weight(b) - weight(a),
    );
  const name = (texts: readonly string[], at: number): string =>
    `${visible(texts[at] ?? '')} ${at}`;
  return {
    caption: `${title}: ${cells.length > LISTED ? `the largest ${LISTED} of ${cells.length}` : 'all'}`,
    columns: ['Query', 'Key', 'Weight'],
    rows: cells
      .slice(0, LISTED)
      .map(i => [
        name(queries, Math.floor(i / keys.length)),
        name(keys, i % keys.length),
        weight3(weight(i)),
      ]),
  };
}
