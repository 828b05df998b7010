import { el, fill } from '../kit/dom';
import { DrawnFrom } from './pixels/drawnFrom';
import { strongestCell, type CodeGrid } from './pixels/pool';
import { cellsAt, isInSight, pixelsOf, pixelUnder, type Range, type Side } from './side';
import { nextCell, type CellPlace } from './cellKeys';

/** The map under a grid, as it is painted now. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  readonly down: Side;
  readonly across: Side;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /**
   * The cells that are painted: of those that share a pixel the strongest one is pointed at. Null where
   * only parts are there: the middle one is.
   */
  readonly codes: CodeGrid | null;
  readonly isSigned?: boolean;
}

/** What a grid tells, and what it asks of those who know the map. */
export interface GridAnswers {
  size(): GridSize | null;
  /** Where the focus starts: at the locus. */
  start(): CellPlace;
  /** Whether a cell is the chosen one; where the focus starts unless told. */
  isChosen?(place: CellPlace): boolean;
  /** What a screen reader says of a cell. */
  name(place: CellPlace): string;
  /** A cell is pointed at; null ends that. */
  point(place: CellPlace | null): void;
  commit(place: CellPlace): void;
  /** Column of the largest value of a row; null where it is not known. */
  largest(row: number): number | null | Promise<number | null>;
  /** A key leads to a cell, which may be out of sight. */
  reveal?(place: CellPlace): void;
  /** Carries out a key of its own at a cell; false for other keys. */
  key?(key: string, place: CellPlace): boolean;
}

let grids = 0;

/**
 * The grid over a map: one tab stop, arrows move, Enter or a click commits. Only the cell that is
 * pointed at exists as an element, so that a map of any size costs one.
 */
export class CellGrid {
  readonly element: HTMLElement;
  private cursor: CellPlace | null = null;
  private made = 0;
  private readonly drawn = new DrawnFrom();
  /** Whether another cell is pointed at than at the last update. */
  private isBehind = false;
  private readonly id = `grid-${grids++}`;

  constructor(private readonly answers: GridAnswers) {
    this.element = el('div.map-grid', {
      role: 'grid',
      tabindex: 0,
      on: {
        pointerdown: event => this.point(this.placeOf(event)),
        pointermove: event => this.point(this.placeOf(event)),
        pointerleave: () => this.leave(),
        click: event => {
          // The place of a click is given in whole CSS pixels, which may be those of the cell beside.
          const place = this.cursor ?? this.placeOf(event);
          if (place) answers.commit(place);
        },
        keydown: event => void this.key(event),
        focus: () => {
          if (this.element.matches(':focus-visible')) this.move(answers.start());
        },
        blur: () => this.leave(),
      },
    });
  }

  /** Names the grid for screen readers. */
  label(name: string): void {
    this.element.setAttribute('aria-label', name);
  }

  /** The cell that is pointed at, else where the focus starts. */
  place(): CellPlace {
    return this.cursor ?? this.answers.start();
  }

  /** Points at a cell, as a key does that leads to it. */
  goTo(place: CellPlace): void {
    this.move(place);
  }

  /** Shows the cell that is pointed at, or the locus, as the grid's one cell. */
  update(): void {
    this.isBehind = false;
    const size = this.answers.size();
    if (!size) return;
    const { down, across, ratio } = size;
    const place = this.place();
    const { row, column } = place;
    const start = this.answers.start();
    const isChosen =
      this.answers.isChosen?.(place) ?? (row === start.row && column === start.column);
    const name = this.answers.name(place);
    const [rows, columns] = [pixelsOf(down, row), pixelsOf(across, column)];
    const isThere = isInSight(down, row) && isInSight(across, column);
    const style = {
      left: `${columns.from / ratio}px`,
      top: `${rows.from / ratio}px`,
      width: `${Math.max(2, (columns.to - columns.from) / ratio)}px`,
      height: `${Math.max(2, (rows.to - rows.from) / ratio)}px`,
      visibility: isThere ? '' : 'hidden',
    };
    const counts = [size.rows, size.columns];
    const now = [row, column, isChosen, this.cursor !== null, name, ...counts];
    if (name === '' || !this.drawn.differs(...now, ...Object.values(style))) return;
    this.element.setAttribute('aria-rowcount', String(size.rows));
    this.element.setAttribute('aria-colcount', String(size.columns));
    const cell = el('div', {
      class: this.cursor ? 'map-cell pointed' : 'map-cell',
      id: `${this.id}-cell-${this.made++ % 2}`,
      role: 'gridcell',
      'aria-colindex': column + 1,
      'aria-selected': String(isChosen),
      'aria-label': name,
      style,
    });
    fill(this.element, el('div', { role: 'row', 'aria-rowindex': row + 1 }, cell));
    this.element.setAttribute('aria-activedescendant', cell.id);
  }

  /** The cell whose colour the pointer is on. */
  private placeOf(event: MouseEvent): CellPlace | null {
    const size = this.answers.size();
    if (!size) return null;
    const { down, across, ratio, codes, isSigned } = size;
    const box = this.element.getBoundingClientRect();
    const rows = cellsAt(down, pixelUnder(down, event.clientY, box.top, ratio));
    const columns = cellsAt(across, pixelUnder(across, event.clientX, box.left, ratio));
    return codes
      ? strongestCell(codes, rows, columns, isSigned)
      : { row: middleOf(rows), column: middleOf(columns) };
  }

  private point(place: CellPlace | null): void {
    if (!place) return;
    if (this.cursor?.row === place.row && this.cursor.column === place.column) return;
    this.pointAt(place);
  }

  /** Points at a cell that may be out of sight. */
  private move(place: CellPlace): void {
    this.answers.reveal?.(place);
    this.point(place);
  }

  private leave(): void {
    this.pointAt(null);
  }

  /** Those who are told mostly draw the grid themselves, once everything is known of the cell. */
  private pointAt(place: CellPlace | null): void {
    this.cursor = place;
    this.isBehind = true;
    this.answers.point(place);
    queueMicrotask(() => {
      if (this.isBehind) this.update();
    });
  }

  private async key(event: KeyboardEvent): Promise<void> {
    const size = this.answers.size();
    if (!size || event.altKey) return;
    const from = this.place();
    const isPlain = !event.ctrlKey && !event.metaKey;
    if (isPlain && this.answers.key?.(event.key, from)) event.preventDefault();
    else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.answers.commit(from);
    } else if (event.key.toLowerCase() === 'm' && isPlain) {
      event.stopPropagation();
      const column = await this.answers.largest(from.row);
      if (column !== null) this.move({ row: from.row, column });
    } else {
      const to = nextCell(event, from, size);
      if (!to) return;
      event.preventDefault();
      this.move(to);
    }
  }
}

/** What stands for a block of cells of which only the maximum is known. */
const middleOf = ({ from, to }: Range): number => Math.floor((from + to - 1) / 2);

/** What a label of a row or column tells: its place, of the queries or of the keys; null ends the pointing. */
export interface LabelAnswers {
  choose(place: number, isQuery: boolean): void;
  point(place: number | null, isQuery: boolean): void;
}

/** Row and column labels are pointed at and chosen, too. */
export function listenToLabels(axes: SVGSVGElement, answers: LabelAnswers): void {
  const at = (event: Event, tell: (place: number, isQuery: boolean) => void): void => {
    const text = event.target instanceof Element ? event.target.closest('text') : null;
    if (text) tell(Number(text.getAttribute('data-index')), text.classList.contains('query-label'));
  };
  axes.addEventListener('click', event => at(event, (...label) => answers.choose(...label)));
  axes.addEventListener('pointerover', event => at(event, (...label) => answers.point(...label)));
  axes.addEventListener('pointerleave', () => answers.point(null, true));
}
