import { shownPredicted } from '../../app/addresses';
import { isTiled, siteAt } from '../../reading/capture';
import { labelRoom } from '../../draw/axes';
import {
  mapGeometry,
  zoomedGeometry,
  type Level,
  type MapGeometry,
  type Room,
} from '../../draw/geometry';
import { FRAME_MARGIN } from '../../draw/pixels/frames';
import { LANE_ROOM } from './mapLanes';
import { levelsAbove, wholeLevel, type Zoom } from '../../draw/zoom';
import type { State } from '../../app/state';
import { themeValue } from '../../kit/theme';
import { GROUP_ROOM, type MapGroups } from '../../draw/groupLanes';
import { keyGroups, queryGroups, stretchesOf, type Between } from '../../reading/groups';
import { keyUnits, queryUnits, type Units } from '../../reading/units';
import { shownCells, type ShownCells } from '../../draw/shownCells';

/** Longest label of a row or column. */
export const LABEL_LIMIT = 14;
/** Room that the column of a sink takes beside the map, with what parts them. */
export const SINK_ROOM = 40;
/** The corner says which side is which, and holds the buttons that zoom. */
const CORNER = { width: 80, predictedWidth: 104, height: 46 };

/** Panels narrower than this have one column, in which the map stands below everything else on top. */
const ONE_COLUMN = 700;
/** What stands above the cells there, in CSS pixels, and the least room that the cells keep. */
const ABOVE = 405;
const LEAST = 320;

/** Room that the cells have in sight; without limit where the map has a column of its own. */
const tallest = (): number =>
  window.innerWidth < ONE_COLUMN ? Math.max(LEAST, window.innerHeight - ABOVE) : Infinity;

/** What was drawn last, for pointers, keys and the overlay. */
export interface DrawnMap {
  readonly geometry: MapGeometry;
  readonly shown: ShownCells;
  readonly left: number;
  readonly top: number;
  /** What rows and columns belong to, where the text is a pair or a chat. */
  readonly groups: MapGroups;
  /** Drawn from tiles: the text is too long for a whole map. */
  readonly isTiled: boolean;
  /** Cells on a side of what one pixel shows; null where the whole map is pooled into its room. */
  readonly step: number | null;
  /** Levels of zoom; the first one is the whole map. */
  readonly levels: number;
}

/** Names and places of rows and columns, kept while the tokens are the same. */
interface Named {
  readonly queries: Units;
  readonly keys: Units;
  readonly special: boolean;
  readonly predicted: readonly string[] | null;
  readonly between: Between;
  readonly font: string;
  readonly shown: ShownCells;
  readonly left: number;
  readonly top: number;
}

/** Lays the map of the state out; remembers what takes long over thousands of tokens. */
export class MapLayout {
  private named: Named | null = null;

  /** Room for labels and cells; null while the map does not belong to the capture on show. */
  measure(state: State, width: number, zoom: Zoom, ratio: number): DrawnMap | null {
    const { capture, locus, map, options } = state;
    if (!capture || !locus) return null;
    const tiled = isTiled(capture, locus, options.grouping);
    const queries = queryUnits(capture, locus.block, options.grouping);
    const keys = keyUnits(capture, locus.block, options.grouping);
    const isOwn = map?.value.queries === queries.length && map.value.keys === keys.length;
    if (!tiled && !isOwn) return null;
    const { shown, ...named } = this.name(
      queries,
      keys,
      options.specialTokens || tiled,
      shownPredicted(state),
      tiled ? 'all' : options.between,
    );
    const groups = {
      queries: stretchesOf(queryGroups(capture, locus.block), shown.queryTokens),
      keys: stretchesOf(keyGroups(capture, locus.block), shown.keyTokens),
    };
    const left = named.left + (groups.queries.length > 0 ? GROUP_ROOM : 0);
    const top = named.top + (groups.keys.length > 0 ? GROUP_ROOM : 0);
    const hasSink = tiled
      ? siteAt(capture, locus.block, locus.layer)?.sink !== undefined
      : map?.value.sink !== undefined;
    const beside = hasSink ? SINK_ROOM : 0;
    const side = Math.max(120, width - left - FRAME_MARGIN - beside);
    const room = { width: side, height: Math.min(Math.max(480, side * 1.25), tallest()) };
    const size = { rows: shown.queries.length, columns: shown.keys.length };
    const picture = tiled
      ? tiledPicture(size, room, zoom, ratio)
      : wholePicture(size, room, zoom, ratio);
    return { ...picture, shown, left, top, groups, isTiled: tiled };
  }

  private name(
    queries: Units,
    keys: Units,
    special: boolean,
    predicted: readonly string[] | null,
    between: Between,
  ): Named {
    const font = themeValue('--vscode-editor-font-family') || 'monospace';
    const given = { queries, keys, special, predicted, between, font };
    const { named } = this;
    const isSame =
      named &&
      (Object.keys(given) as (keyof typeof given)[]).every(part => named[part] === given[part]);
    if (isSame) return named;
    const shown = shownCells(queries, keys, special, predicted, between);
    const names = shown.names(LABEL_LIMIT);
    const corner = predicted ? CORNER.predictedWidth : CORNER.width;
    const left = Math.max(corner, labelRoom(names.queries, font));
    const top = Math.max(CORNER.height, labelRoom(names.keys, font));
    return (this.named = { ...given, shown, left, top });
  }
}

type Picture = Pick<DrawnMap, 'geometry' | 'step' | 'levels'>;
type Size = { readonly rows: number; readonly columns: number };

function wholePicture(size: Size, room: Room, zoom: Zoom, ratio: number): Picture {
  const whole = mapGeometry(size.rows, size.columns, room, ratio);
  const levels = levelsAbove(whole.cell * ratio, ratio);
  const level = levels[Math.min(zoom.level, levels.length) - 1];
  const geometry = level ? zoomed(size, whole, room, level, zoom, ratio) : whole;
  const step = level?.step ?? (whole.pitch === null ? null : 1);
  return { geometry, step, levels: levels.length + 1 };
}

function tiledPicture(size: Size, room: Room, zoom: Zoom, ratio: number): Picture {
  const beside = { ...room, width: room.width - LANE_ROOM };
  const whole = wholeLevel(size, beside, ratio);
  const frame = {
    width: Math.floor(beside.width * ratio),
    height: Math.floor(beside.height * ratio),
  };
  const fitted = zoomedGeometry(size, { row: 0, column: 0 }, whole, frame, ratio);
  const levels = levelsAbove(fitted.cell * ratio, ratio);
  const level = levels[Math.min(zoom.level, levels.length) - 1];
  const geometry = level ? zoomed(size, fitted, room, level, zoom, ratio) : fitted;
  return { geometry, step: (level ?? whole).step, levels: levels.length + 1 };
}

/** A part of the map in a frame as wide as there is room and as high as the whole map. */
function zoomed(
  size: Size,
  whole: MapGeometry,
  room: Room,
  level: Level,
  zoom: Zoom,
  ratio: number,
): MapGeometry {
  const width = Math.floor((room.width - LANE_ROOM) * ratio);
  const frame = { width, height: whole.down.pixels };
  return zoomedGeometry(size, zoom, level, frame, ratio);
}
