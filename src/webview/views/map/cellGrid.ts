import { el, fill } from '../../dom';
import { nextCell, type CellPlace } from '../attention/mapKeys';

/** The map under a grid, as it is drawn now. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
  /** Side of a cell in CSS pixels; its width where cells are no squares. */
  readonly cell: number;
  readonly cellHeight?: number;
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
        pointermove: event => this.point(this.placeOf(event)),
        pointerleave: () => this.leave(),
        click: event => {
          const place = this.placeOf(event);
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
    this.element.setAttribute('aria-rowcount', String(size.rows));
    this.element.setAttribute('aria-colcount', String(size.columns));
    const start = this.answers.start();
    const { row, column } = this.cursor ?? start;
    const height = size.cellHeight ?? size.cell;
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
        left: `${column * size.cell}px`,
        top: `${row * height}px`,
        width: `${Math.max(2, size.cell)}px`,
        height: `${Math.max(2, height)}px`,
      },
    });
    fill(this.element, el('div', { attributes: { role: 'row', 'aria-rowindex': row + 1 } }, cell));
    this.element.setAttribute('aria-activedescendant', cell.id);
  }

  private placeOf(event: MouseEvent): CellPlace | null {
    const size = this.answers.size();
    if (!size) return null;
    const box = this.element.getBoundingClientRect();
    const place = (offset: number, length: number, count: number): number =>
      Math.max(0, Math.min(count - 1, Math.floor((offset / length) * count)));
    return {
      row: place(event.clientY - box.top, box.height, size.rows),
      column: place(event.clientX - box.left, box.width, size.columns),
    };
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
      const to = nextCell(event, from, size);
      if (!to) return;
      event.preventDefault();
      this.point(to);
    }
  }
}
