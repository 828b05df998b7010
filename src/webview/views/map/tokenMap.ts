import type { Token } from '../../../protocol/tokens';
import type { ScaleName } from '../../color/palette';
import { el } from '../../dom';
import { drawAxes, labelRoom } from '../../render/axes';
import { displayCodes } from '../../render/displayMap';
import { mapGeometry, type MapGeometry } from '../../render/geometry';
import type { CodeGrid } from '../../render/pool';
import { drawFrames, FRAME_MARGIN } from '../../render/overlay';
import { paintMap, poolNote, type MapPaint } from '../../render/paintMap';
import { themeColor, themeValue } from '../../theme';
import { unitsOf } from '../../units';
import { shownCells, type ShownCells } from '../attention/shownCells';
import type { CellPlace } from '../attention/mapKeys';
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
  private readonly frames = hiddenCanvas('map-frames');
  private readonly axes = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  private readonly plane: HTMLElement;
  private readonly grid: CellGrid;
  private content: MapContent | null = null;
  private marks: MapMarks = { query: null, key: null, hover: null };
  private drawn: Drawn | null = null;
  /** Kept between draws, because reading it makes the browser lay out. */
  private width = 0;

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
    this.axes.setAttribute('class', 'map-axes');
    this.axes.setAttribute('aria-hidden', 'true');
    this.plane = el('div', { class: 'map-plane' }, this.cells, this.frames);
    this.plane.append(this.axes, this.grid.element);
    this.element = el('div', { class: 'heat-map' }, this.plane);
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
    new ResizeObserver(() => {
      if (this.element.clientWidth === this.width) return;
      this.width = this.element.clientWidth;
      this.draw();
    }).observe(this.element);
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
    this.width ||= this.element.clientWidth;
    if (!content || this.width === 0) return;
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
    const room = Math.max(NARROWEST, this.width - left - FRAME_MARGIN);
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
    const at = (element: HTMLElement, x: number, y: number): void => {
      element.style.left = `${x}px`;
      element.style.top = `${y}px`;
    };
    this.plane.style.width = `${left + width + FRAME_MARGIN}px`;
    this.plane.style.height = `${top + height + FRAME_MARGIN}px`;
    at(this.cells, left, top);
    at(this.frames, left - FRAME_MARGIN, top - FRAME_MARGIN);
    at(this.grid.element, left, top);
    this.grid.element.style.width = `${width}px`;
    this.grid.element.style.height = `${height}px`;
  }

  private drawMarks(): void {
    if (!this.drawn) return;
    const { geometry, shown, left, top } = this.drawn;
    const { hover } = this.marks;
    const row = placeOf(shown.rowOf, this.marks.query);
    const column = placeOf(shown.columnOf, this.marks.key);
    const overRow = placeOf(shown.rowOf, hover?.query);
    const overColumn = placeOf(shown.columnOf, hover?.key);
    const names = shown.names(LABEL_LIMIT);
    drawAxes(
      this.axes,
      geometry,
      { left, top },
      { labels: names.queries, dim: shown.specialRows, marked: row, hovered: overRow },
      { labels: names.keys, dim: shown.specialColumns, marked: column, hovered: overColumn },
    );
    const over =
      overRow === null || overColumn === null ? null : { query: overRow, key: overColumn };
    const inks = {
      query: themeColor('--q'),
      key: themeColor('--k'),
      hover: themeColor('--vscode-foreground'),
    };
    drawFrames(this.frames, geometry, { query: row, key: column, hover: over }, inks);
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
    const query = shown.queries[row];
    if (query === undefined) return null;
    const code = (key: number): number => content.codes[query * content.keys.length + key] ?? 0;
    const best = shown.keys.reduce(
      (most, key, column) => (code(key) > code(shown.keys[most] ?? 0) ? column : most),
      0,
    );
    return best;
  }
}

const hiddenCanvas = (name: string): HTMLCanvasElement =>
  el('canvas', { class: name, attributes: { 'aria-hidden': 'true' } });

const placeOf = (
  order: ReadonlyMap<number, number>,
  token: number | null | undefined,
): number | null => (token === null || token === undefined ? null : (order.get(token) ?? null));
