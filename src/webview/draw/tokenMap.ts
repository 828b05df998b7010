import type { Token } from '../../protocol/tokens';
import type { ScaleName } from './color/palette';
import { el, hiddenCanvas, putAt } from '../kit/dom';
import { labelRoom } from './axes';
import { displayCodes } from './pixels/displayMap';
import { mapGeometry, type MapGeometry } from './geometry';
import type { CodeGrid } from './pixels/pool';
import { FRAME_MARGIN } from './pixels/frames';
import { paintMap, poolNote, type MapPaint } from './pixels/paintMap';
import { widthOf } from './widthOf';
import { svg } from '../kit/svgElement';
import { themeColor, themeValue } from '../kit/theme';
import { unitsOf } from '../reading/units';
import { shownCells, type ShownCells } from './shownCells';
import type { CellPlace } from './cellKeys';
import { drawMarked, placeOf } from './marked';
import { CellGrid, listenToLabels } from './cellGrid';

const LABEL_LIMIT = 12;
/** A map is at most this much taller than it is wide. */
const TALLEST = 1.25;
const NARROWEST = 96;

/** What a map shows. */
export interface MapContent extends Pick<MapPaint, 'colors' | 'isSigned'> {
  readonly name: string;
  readonly queries: readonly Token[];
  readonly keys: readonly Token[];
  /** `[queries, keys]`; 0 is hatched. */
  readonly codes: Uint8Array;
  readonly scale: ScaleName;
  /** Special tokens are shown, too. */
  readonly special: boolean;
  /** What the rows are called instead of their tokens. */
  readonly rowNames?: readonly string[] | null;
}

/** Tokens that stand out; null where there is none here. */
export interface MapMarks {
  readonly query: number | null;
  readonly key: number | null;
  readonly hover: { readonly query: number | null; readonly key: number | null } | null;
}

/** What a map tells of the pointer and the keys, by token, and what it asks. */
export interface MapAnswers {
  /** Null for both ends the pointing. */
  point(query: number | null, key: number | null): void;
  choose(query: number | null, key: number | null): void;
  name(query: number, key: number): string;
}

interface Drawn {
  readonly content: MapContent;
  readonly geometry: MapGeometry;
  /** The cells as they are painted. */
  readonly grid: CodeGrid;
  readonly shown: ShownCells;
  readonly left: number;
  readonly top: number;
}

/** A map of tokens by tokens: cells and frames on canvases, labels in SVG, a grid for keys on top. */
export class TokenMap {
  readonly element: HTMLElement;
  private readonly cells = hiddenCanvas('map-cells');
  readonly frames = hiddenCanvas('map-frames');
  readonly axes = svg('svg', { class: 'map-axes', 'aria-hidden': 'true' });
  private readonly plane: HTMLElement;
  private readonly grid: CellGrid;
  private content: MapContent | null = null;
  private marks: MapMarks = { query: null, key: null, hover: null };
  private drawn: Drawn | null = null;
  private readonly width: () => number;

  constructor(
    answers: MapAnswers,
    private readonly note: (text: string) => void,
  ) {
    this.grid = new CellGrid({
      size: () =>
        this.drawn && {
          ...this.drawn.geometry,
          codes: this.drawn.grid,
          isSigned: this.drawn.content.isSigned ?? false,
        },
      start: () => ({
        row: this.drawn?.shown.rowOf.get(this.marks.query ?? 0) ?? 0,
        column: this.drawn?.shown.columnOf.get(this.marks.key ?? 0) ?? 0,
      }),
      name: place => {
        const [query, key] = this.tokensAt(place);
        return query === undefined || key === undefined ? '' : answers.name(query, key);
      },
      point: place => {
        const [query = null, key = null] = place ? this.tokensAt(place) : [];
        answers.point(query, key);
      },
      commit: place => answers.choose(...this.chosenAt(place)),
      largest: row => this.largest(row),
    });
    this.plane = el('div.map-plane', this.cells, this.frames);
    this.plane.append(this.axes, this.grid.element);
    this.element = el('div.heat-map', this.plane);
    const tokenAt = (place: number, isQuery: boolean): [number | null, number | null] => {
      const { queryTokens = [], keyTokens = [] } = this.drawn?.shown ?? {};
      return isQuery ? [queryTokens[place] ?? null, null] : [null, keyTokens[place] ?? null];
    };
    listenToLabels(this.axes, {
      choose: (place, isQuery) => answers.choose(...tokenAt(place, isQuery)),
      point: (place, isQuery) => {
        if (place === null) answers.point(null, null);
        else answers.point(...tokenAt(place, isQuery));
      },
    });
    this.width = widthOf(this.element, () => this.draw());
  }

  /** Shows other numbers, or the same in other colours. */
  show(content: MapContent): void {
    this.content = content;
    this.grid.label(`${content.name}: rows are queries, columns are keys`);
    this.draw();
  }

  /** Moves the frames; the cells stay. */
  mark(marks: MapMarks): void {
    this.marks = marks;
    this.drawMarks();
  }

  private draw(): void {
    const { content } = this;
    const width = content ? this.width() : 0;
    if (!content || width === 0) return;
    const { codes, queries, keys, special, scale } = content;
    const shown = shownCells(
      unitsOf(queries, 'token'),
      unitsOf(keys, 'token'),
      special,
      content.rowNames ?? null,
    );
    const names = shown.names(LABEL_LIMIT);
    const font = themeValue('--vscode-editor-font-family') || 'monospace';
    const left = labelRoom(names.queries, font);
    const top = labelRoom(names.keys, font);
    const room = Math.max(NARROWEST, width - left - FRAME_MARGIN);
    const ratio = window.devicePixelRatio || 1;
    const size = { width: room, height: room * TALLEST };
    const geometry = mapGeometry(shown.queries.length, shown.keys.length, size, ratio);
    const grid = displayCodes({ codes, rows: queries.length, columns: keys.length }, shown, scale);
    this.drawn = { content, geometry, grid, shown, left, top };
    paintMap(this.cells, grid, geometry, { ...content, hatchColor: themeColor('--hatch') });
    this.place(this.drawn);
    this.note(poolNote(geometry));
    this.drawMarks();
  }

  private place({ geometry, left, top }: Drawn): void {
    const { width, height } = geometry;
    putAt(this.plane, { width: left + width + FRAME_MARGIN, height: top + height + FRAME_MARGIN });
    putAt(this.cells, { left, top });
    putAt(this.frames, { left: left - FRAME_MARGIN, top: top - FRAME_MARGIN });
    putAt(this.grid.element, { left, top, width, height });
  }

  private drawMarks(): void {
    if (!this.drawn) return;
    const { rowOf, columnOf } = this.drawn.shown;
    const { query, key, hover } = this.marks;
    const places = {
      row: placeOf(rowOf, query),
      column: placeOf(columnOf, key),
      overRow: placeOf(rowOf, hover?.query),
      overColumn: placeOf(columnOf, hover?.key),
    };
    drawMarked(this, this.drawn, places, LABEL_LIMIT);
    this.grid.update();
  }

  private tokensAt({ row, column }: CellPlace): [number | undefined, number | undefined] {
    const shown = this.drawn?.shown;
    return [shown?.queryTokens[row], shown?.keyTokens[column]];
  }

  private chosenAt(place: CellPlace): [number | null, number | null] {
    const [query = null, key = null] = this.tokensAt(place);
    return [query, key];
  }

  private largest(row: number): number | null {
    if (!this.drawn) return null;
    const { content, shown } = this.drawn;
    const start = (shown.queries[row] ?? NaN) * content.keys.length;
    if (Number.isNaN(start)) return null;
    const code = (column: number): number => content.codes[start + (shown.keys[column] ?? 0)] ?? 0;
    return shown.keys.reduce((best, _, column) => (code(column) > code(best) ? column : best), 0);
  }
}
