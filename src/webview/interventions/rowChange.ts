import type { AttentionRow } from '../../protocol/capture';
import { holdsFor, isOn } from '../../protocol/intervention';
import { weightCode } from '../../protocol/weightCode';
import { runList } from '../app/interventions/list';
import { changed, rowPlace, type RowPlace } from '../app/interventions/wanted';
import { stackOf } from '../app/interventions/words';
import type { State } from '../app/state';
import { viewPalette } from '../app/viewPalette';
import { pixelHex } from '../draw/color/palette';
import { inkOn } from '../draw/color/inkOn';
import { HATCHED, INK, lettering, mark, shape, type Mark, type Picture } from '../draw/marks';
import { monoWidth } from '../draw/textWidth';
import { keyTokens } from '../reading/capture';
import { weight2 } from '../reading/format';
import { label } from '../reading/tokenText';

/** Keys that are shown; of more, those that get most. */
const MOST_KEYS = 20;
const ROW = 26;
const NAMES = 46;
const FONT = 11;
/** Weights from here on are written into their cells. */
const WRITTEN = 0.05;

/** A row of weights before and after, at the keys that are shown. */
export interface RowChange {
  readonly place: RowPlace;
  readonly keys: readonly ShownKey[];
  /** Keys of the whole row. */
  readonly of: number;
}

interface ShownKey {
  readonly key: number;
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** Whether the query may attend before, and after. */
  readonly mayBefore: boolean;
  readonly mayAfter: boolean;
  /** An intervention blocks the edge, or forces it. */
  readonly mark: 'blocked' | 'forced' | null;
  readonly isLocus: boolean;
}

/** The row before and after; null while one of them is not there. */
export function rowChange(state: State): RowChange | null {
  const { capture, locus } = state;
  const place = rowPlace(state);
  const before = changed(state, 'rowBefore');
  const after = changed(state, 'rowAfter');
  if (!capture || !locus || !place || !before || !after) return null;
  const tokens = keyTokens(capture, place.block);
  const marks = edgeMarks(state, place);
  const weight = (row: AttentionRow, key: number): number => row.weights[key] ?? 0;
  const strength = (key: number): number =>
    Math.max(weight(before, key), weight(after, key)) + (marks.has(key) ? 1 : 0);
  const shown = tokens
    .map((_, key) => key)
    .sort((a, b) => strength(b) - strength(a) || a - b)
    .slice(0, MOST_KEYS)
    .sort((a, b) => a - b);
  return {
    place,
    of: tokens.length,
    keys: shown.map(key => ({
      key,
      name: label(tokens[key], 12),
      before: weight(before, key),
      after: weight(after, key),
      mayBefore: before.allowed[key] === 1,
      mayAfter: after.allowed[key] === 1,
      mark: marks.get(key) ?? null,
      isLocus: key === locus.key,
    })),
  };
}

/** Keys whose edge from the row's query an intervention that is on blocks or forces. */
function edgeMarks(state: State, place: RowPlace): Map<number, 'blocked' | 'forced'> {
  const { capture } = state;
  const found = new Map<number, 'blocked' | 'forced'>();
  const allKeys = capture ? keyTokens(capture, place.block).map((_, key) => key) : [];
  for (const one of capture ? runList(state).filter(isOn) : []) {
    const { at, how, only } = one;
    const kind = 'block' in how ? 'blocked' : 'force' in how ? 'forced' : null;
    const [first = 0, last = Infinity] =
      at.layers ?? (at.layer === undefined ? [] : [at.layer, at.layer]);
    const isHere =
      capture !== null &&
      stackOf(at, capture) === place.block.stack &&
      (at.kind ?? 'self') === place.block.kind &&
      place.layer >= first &&
      place.layer <= last &&
      (at.heads?.includes(place.head) ?? true) &&
      (at.tokens?.includes(place.query) ?? true);
    if (!kind || !isHere) continue;
    const named = at.keys ?? (only?.ahead ? allKeys : []);
    for (const key of named) if (holdsFor(only, place.query, key)) found.set(key, kind);
  }
  return found;
}

/** Two rows of cells below the names of their keys; a blocked edge is crossed, not coloured. */
export function rowPicture(state: State, { keys }: RowChange, width: number): Picture {
  const palette = viewPalette(state);
  const cell = Math.max(14, Math.min(52, Math.floor((width - NAMES) / Math.max(1, keys.length))));
  const top = Math.ceil(Math.max(24, ...keys.map(({ name }) => monoWidth(name, FONT)))) + 10;
  const mono = lettering('mono', FONT);
  const number = lettering('mono', cell < 28 ? 8.5 : 10);
  const largest = Math.max(...keys.flatMap(({ before, after }) => [before, after]));
  const side = lettering('ui', FONT);
  const color = (weight: number): string =>
    pixelHex(
      palette.pixels[weightCode(palette.scale === 'Row max' ? weight / (largest || 1) : weight)] ??
        0,
    );
  const drawCell = (x: number, y: number, weight: number, may: boolean, edge: ShownKey['mark']) => {
    const box = { x: x + 0.5, y: y + 0.5, width: cell - 1, height: ROW - 1 };
    if (edge === 'blocked') {
      return [
        shape('rect', { ...box, 'stroke-width': 1.5 }, 'none', '--blocked'),
        shape(
          'line',
          { x1: x + 3, y1: y + ROW - 3, x2: x + cell - 3, y2: y + 3, 'stroke-width': 1.5 },
          'none',
          '--blocked',
        ),
      ];
    }
    if (!may) return [mark('rect', { ...box, fill: HATCHED })];
    const fill = color(weight);
    return [
      shape('rect', box, fill, ...(edge === 'forced' ? [INK.text] : [])),
      ...(weight >= WRITTEN
        ? [
            number(
              weight2(weight),
              { x: x + cell / 2, y: y + ROW / 2 + 3.5, 'text-anchor': 'middle' },
              inkOn(fill),
            ),
          ]
        : []),
    ];
  };
  const marks = keys.flatMap((one, i): Mark[] => {
    const x = NAMES + i * cell;
    const middle = x + cell / 2 + 4;
    return [
      mono(
        one.name,
        {
          transform: `translate(${middle},${top - 6}) rotate(-90)`,
          ...(one.isLocus ? { 'font-weight': 600 } : {}),
        },
        one.isLocus ? INK.key : INK.text,
      ),
      ...drawCell(x, top, one.before, one.mayBefore, null),
      ...drawCell(x, top + ROW, one.after, one.mayAfter, one.mark),
    ];
  });
  const names = ['before', 'after'].map((name, i) =>
    side(name, { x: NAMES - 8, y: top + i * ROW + ROW / 2 + 4, 'text-anchor': 'end' }),
  );
  return { width: NAMES + keys.length * cell, height: top + 2 * ROW, marks: [...names, ...marks] };
}
