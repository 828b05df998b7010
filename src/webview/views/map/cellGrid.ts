import { el, fill } from '../../dom';
import { strongestCell, type CodeGrid } from '../../render/pool';
import { cellsAt, pixelsOf, pixelUnder, type Side } from '../../render/side';
import { nextCell, type CellPlace } from '../attention/mapKeys';

/** The map under a grid, as it is painted now. */
export interface GridSize {
  readonly down: Side;
  readonly across: Side;
  /** Device pixels in a CSS pixel. */
  readonly ratio: number;
  /** The cells that are painted: of those that share a pixel the strongest one is pointed at. */
  readonly codes: CodeGrid;
  readonly isSigned: boolean;
}

/** What a grid tells, and what it asks of those who know the map. */
export interface GridAnswers {
  size(): GridSize | null;
  /** Where the focus starts: at the locus. */
  start(): CellPlace;
  /** What a screen reader says of a cell. */
  name(place: CellPlace): string;
  /** A cell is pointed at; null ends that. */
  point(place: CellPlace | null): void;
  commit(place: CellPlace): void;
  /** Column of the largest value of a row; null where it is not known. */
  largest(row: number): number | null;
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
  private readonly id = `grid-${grids++}`;

  constructor(private readonly answers: GridAnswers) {
    this.element = el('div', {
      class: 'map-grid',
      attributes: { role: 'grid', tabindex: 0 },
      on: {
        pointerdown: event => this.point(this.placeOf(event)),
        pointermove: event => this.point(this.placeOf(event)),
        pointerleave: () => this.leave(),
        click: event => {
          // The place of a click is given in whole CSS pixels, which may be those of the cell beside.
          const place = this.cursor ?? this.placeOf(event);
          if (place) answers.commit(place);
        },
        keydown: event => this.key(event),
        focus: () => {
          if (this.element.matches(':focus-visible')) this.point(answers.start());
        },
        blur: () => this.leave(),
      },
    });
  }

  /** Names the grid for screen readers. */
  label(name: string): void {
    this.element.setAttribute('aria-label', name);
  }

  /** Shows the cell that is pointed at, or the locus, as the grid's one cell. */
  update(): void {
    const size = this.answers.size();
    if (!size) return;
    const { down, across, ratio, codes } = size;
    this.element.setAttribute('aria-rowcount', String(codes.rows));
    this.element.setAttribute('aria-colcount', String(codes.columns));
    const start = this.answers.start();
    const { row, column } = this.cursor ?? start;
    const [rows, columns] = [pixelsOf(down, row), pixelsOf(across, column)];
    const cell = el('div', {
      class: this.cursor ? 'map-cell pointed' : 'map-cell',
      id: `${this.id}-cell-${this.made++ % 2}`,
      attributes: {
        role: 'gridcell',
        'aria-colindex': column + 1,
        'aria-selected': String(row === start.row && column === start.column),
        'aria-label': this.answers.name({ row, column }),
      },
      style: {
        left: `${columns.from / ratio}px`,
        top: `${rows.from / ratio}px`,
        width: `${Math.max(2, (columns.to - columns.from) / ratio)}px`,
        height: `${Math.max(2, (rows.to - rows.from) / ratio)}px`,
      },
    });
    fill(this.element, el('div', { attributes: { role: 'row', 'aria-rowindex': row + 1 } }, cell));
    this.element.setAttribute('aria-activedescendant', cell.id);
  }

  private placeOf(event: MouseEvent): CellPlace | null {
    const size = this.answers.size();
    if (!size) return null;
    const { down, across, ratio, codes, isSigned } = size;
    const box = this.element.getBoundingClientRect();
    const rows = cellsAt(down, pixelUnder(down, event.clientY, box.top, ratio));
    const columns = cellsAt(across, pixelUnder(across, event.clientX, box.left, ratio));
    return strongestCell(codes, rows, columns, isSigned);
  }

  private point(place: CellPlace | null): void {
    if (!place) return;
    if (this.cursor?.row === place.row && this.cursor.column === place.column) return;
    this.cursor = place;
    this.answers.point(place);
    this.update();
  }

  private leave(): void {
    this.cursor = null;
    this.answers.point(null);
    this.update();
  }

  private key(event: KeyboardEvent): void {
    const size = this.answers.size();
    if (!size || event.altKey) return;
    const from = this.cursor ?? this.answers.start();
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.answers.commit(from);
    } else if (event.key.toLowerCase() === 'm' && !event.ctrlKey && !event.metaKey) {
      event.stopPropagation();
      const column = this.answers.largest(from.row);
      if (column !== null) this.point({ row: from.row, column });
    } else {
      const to = nextCell(event, from, size.codes);
      if (!to) return;
      event.preventDefault();
      this.point(to);
    }
  }
}
