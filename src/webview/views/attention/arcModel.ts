import { BLOCKED } from '../../../protocol/weightCode';
import { address, mapParams, shownPredicted } from '../../app/addresses';
import { siteAt } from '../../reading/capture';
import { monoWidth } from '../../draw/textWidth';
import type { State } from '../../app/state';
import { keyUnits, queryUnits } from '../../reading/units';
import { chooseArcs, MOST_ARCS, type ArcChoice } from './arcChoice';
import { ARC_ROW, layoutArcs, type ArcLayout } from './arcGeometry';
import { LABEL_LIMIT } from './heatMap';
import { shownCells, type ShownCells } from '../../draw/shownCells';

/** Tallest part of the picture that is in sight at once; longer texts scroll. */
export const ARC_WINDOW = 30 * ARC_ROW;

/** Everything about the arcs that does not change with the locus's pair or the pointer. */
export interface ArcModel {
  readonly shown: ShownCells;
  readonly layout: ArcLayout;
  readonly names: { readonly queries: readonly string[]; readonly keys: readonly string[] };
  readonly heads: number;
  /** Rows of the longer side. */
  readonly places: number;
  /** Height of the part in sight, in CSS pixels. */
  readonly height: number;
  /** Arcs that a query may have. */
  readonly perRow: number;
  /** Null while the map is on its way, or where it is too long to be sent whole. */
  readonly choice: ArcChoice | null;
  /** No map of this many rows and columns is here: what was drawn before is of another text. */
  readonly isForeign: boolean;
  /** Weight code of a row and column on show. */
  readonly codeAt: (row: number, column: number) => number;
}

/** Names are measured and set at this size. */
const FONT_SIZE = 12;
/** Padding and border of a name. */
const NAME_FRAME = 16;

/** Room for a side's names. */
function nameRoom(names: readonly string[]): number {
  const longest = [...names].sort((a, b) => b.length - a.length).slice(0, 24);
  return Math.ceil(Math.max(24, ...longest.map(name => monoWidth(name, FONT_SIZE)))) + NAME_FRAME;
}

/** What the arcs show at this width; null where there is no capture. */
export function arcModel(state: State, width: number): ArcModel | null {
  const { capture, locus, options, map } = state;
  if (!capture || !locus) return null;
  const queries = queryUnits(capture, locus.block, options.grouping);
  const keys = keyUnits(capture, locus.block, options.grouping);
  const shown = shownCells(
    queries,
    keys,
    options.specialTokens,
    shownPredicted(state),
    options.between,
  );
  const names = shown.names(LABEL_LIMIT);
  const heads = siteAt(capture, locus.block, locus.layer)?.heads ?? 0;
  const room = { queries: nameRoom(names.queries), keys: nameRoom(names.keys) };
  const places = Math.max(shown.queries.length, shown.keys.length);
  const height = Math.min(ARC_WINDOW, places * ARC_ROW);
  const rowsInSight = Math.min(shown.queries.length, Math.ceil(height / ARC_ROW) + 1);
  const perRow = Math.floor(MOST_ARCS / (rowsInSight + 1));
  const wanted = address(mapParams(capture.id, locus, options.grouping));
  const { codes, keys: allKeys } = map?.at === wanted ? map.value : { codes: null, keys: 0 };
  return {
    shown,
    names,
    heads,
    places,
    height,
    perRow,
    layout: layoutArcs(width, room, heads),
    isForeign: map?.value.queries !== queries.length || map.value.keys !== keys.length,
    choice: codes && chooseArcs(codes, allKeys, shown, options.threshold, perRow),
    codeAt: (row, column) =>
      codes?.[(shown.queries[row] ?? 0) * allKeys + (shown.keys[column] ?? 0)] ?? BLOCKED,
  };
}
