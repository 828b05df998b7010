import { isCross } from '../../capture';
import { el, fill } from '../../dom';
import type { Panel } from '../../panel';
import { strongestCell, type CodeGrid } from '../../render/pool';
import { cellsAt, isInSight, pixelsOf, pixelUnder, type Range } from '../../render/side';
import { nextCell, type CellPlace } from './mapKeys';
import type { DrawnMap } from './mapLayout';
import { anchorOn } from './mapPan';
import type { MapZoom } from './mapZoom';
import { pairName } from './pairName';

/**
 * The grid over the map. Only the cell that is pointed at exists as an element, so that a map of any
 * size costs one; a new element each time makes screen readers say the new name.
 */
export class MapCells {
  readonly element = el('div', {
    class: 'map-grid',
    attributes: {
      role: 'grid',
      tabindex: 0,
      'aria-label': 'Weights: rows are queries, columns are keys',
    },
  });
  private cursor: CellPlace | null = null;
  private made = 0;

  constructor(
    private readonly panel: Panel,
    private readonly drawn: () => DrawnMap | null,
    private readonly zoom: MapZoom,
    /** The cells of the picture; null where only parts of it are there. */
    private readonly codes: () => CodeGrid | null,
  ) {
    const { element } = this;
    for (const moved of ['pointerdown', 'pointermove'] as const) {
      element.addEventListener(moved, event => this.point(this.placeOf(event)));
    }
    element.addEventListener('pointerleave', () => this.leave());
    // The place of a click is given in whole CSS pixels, which may be those of the cell beside.
    element.addEventListener('click', event => this.commit(this.cursor ?? this.placeOf(event)));
    element.addEventListener('keydown', event => void this.key(event));
    element.addEventListener('focus', () => {
      if (element.matches(':focus-visible')) this.move(this.start());
    });
    element.addEventListener('blur', () => this.leave());
  }

  /** Row and column labels set the query and the key. */
  listenToLabels(axes: SVGSVGElement): void {
    const target = (event: Event): { index: number; query: boolean } | null => {
      const text = event.target instanceof Element ? event.target.closest('text') : null;
      const drawn = this.drawn();
      if (!text || !drawn) return null;
      const query = text.classList.contains('query-label');
      const place = Number(text.getAttribute('data-index'));
      const index = (query ? drawn.shown.queryTokens : drawn.shown.keyTokens)[place];
      return index === undefined ? null : { index, query };
    };
    const { actions, store } = this.panel;
    axes.addEventListener('click', event => {
      const label = target(event);
      if (label?.query) actions.setQuery(label.index);
      else if (label) actions.setKey(label.index);
    });
    axes.addEventListener('pointerover', event => {
      const label = target(event);
      const block = store.state.locus?.block;
      if (!label || !block) return;
      actions.preview(label.query ? label.index : null, label.query ? null : label.index);
      actions.hoverToken(label.index, !label.query && isCross(block) ? 'encoder' : block.stack);
    });
    axes.addEventListener('pointerleave', () => {
      actions.endPreview();
      actions.hoverToken(null, 'encoder');
    });
  }

  /** Shows the cell that is pointed at, or the locus, as the grid's one cell. */
  update(): void {
    const drawn = this.drawn();
    const { capture, locus } = this.panel.store.state;
    if (!drawn || !capture || !locus) return;
    const { shown, geometry } = drawn;
    this.element.setAttribute('aria-rowcount', String(shown.queries.length));
    this.element.setAttribute('aria-colcount', String(shown.keys.length));
    const { row, column } = this.place();
    const [query, key] = [shown.queryTokens[row], shown.keyTokens[column]];
    if (query === undefined || key === undefined) return;
    const { down, across, ratio } = geometry;
    const [rows, columns] = [pixelsOf(down, row), pixelsOf(across, column)];
    const cell = el('div', {
      class: this.cursor ? 'map-cell pointed' : 'map-cell',
      id: `map-cell-${this.made++ % 2}`,
      attributes: {
        role: 'gridcell',
        'aria-colindex': column + 1,
        'aria-selected': String(
          shown.rowOf.get(locus.query) === row && shown.columnOf.get(locus.key ?? -1) === column,
        ),
        'aria-label': pairName(this.panel.store.state, query, key),
      },
      style: {
        left: `${columns.from / ratio}px`,
        top: `${rows.from / ratio}px`,
        width: `${Math.max(2, (columns.to - columns.from) / ratio)}px`,
        height: `${Math.max(2, (rows.to - rows.from) / ratio)}px`,
        visibility: isInSight(down, row) && isInSight(across, column) ? 'visible' : 'hidden',
      },
    });
    fill(this.element, el('div', { attributes: { role: 'row', 'aria-rowindex': row + 1 } }, cell));
    this.element.setAttribute('aria-activedescendant', cell.id);
  }

  /** The cell that is pointed at, else the locus. */
  place(): CellPlace {
    return this.cursor ?? this.start();
  }

  private start(): CellPlace {
    const { locus } = this.panel.store.state;
    const shown = this.drawn()?.shown;
    return {
      row: shown?.rowOf.get(locus?.query ?? 0) ?? 0,
      column: shown?.columnOf.get(locus?.key ?? 0) ?? 0,
    };
  }

  /** The cell whose colour the pointer is on: the strongest of those that share the pixel. */
  private placeOf(event: MouseEvent): CellPlace | null {
    const drawn = this.drawn();
    if (!drawn) return null;
    const { down, across, ratio } = drawn.geometry;
    const box = this.element.getBoundingClientRect();
    const rows = cellsAt(down, pixelUnder(down, event.clientY, box.top, ratio));
    const columns = cellsAt(across, pixelUnder(across, event.clientX, box.left, ratio));
    const codes = drawn.isTiled ? null : this.codes();
    return codes
      ? strongestCell(codes, rows, columns)
      : { row: middleOf(rows), column: middleOf(columns) };
  }

  private point(place: CellPlace | null): void {
    const shown = this.drawn()?.shown;
    if (!place || !shown) return;
    if (this.cursor?.row === place.row && this.cursor.column === place.column) return;
    this.cursor = place;
    const { actions } = this.panel;
    actions.preview(shown.queryTokens[place.row] ?? null, shown.keyTokens[place.column] ?? null);
  }

  /** Points at a cell that may be out of sight. */
  private move(place: CellPlace): void {
    this.zoom.reveal(place);
    this.point(place);
  }

  private commit(place: CellPlace | null): void {
    const shown = this.drawn()?.shown;
    if (!place || !shown) return;
    const [query, key] = [shown.queryTokens[place.row], shown.keyTokens[place.column]];
    if (query !== undefined && key !== undefined) this.panel.actions.setPair(query, key);
  }

  private leave(): void {
    this.cursor = null;
    this.panel.actions.endPreview();
    this.update();
  }

  private async key(event: KeyboardEvent): Promise<void> {
    const drawn = this.drawn();
    if (!drawn || event.altKey) return;
    const { shown } = drawn;
    const from = this.place();
    const isPlain = !event.ctrlKey && !event.metaKey;
    if (isPlain && this.zoom.key(event.key, anchorOn(from, drawn))) {
      event.preventDefault();
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.commit(from);
    } else if (event.key.toLowerCase() === 'm' && isPlain) {
      event.stopPropagation();
      const query = shown.queryTokens[from.row];
      const key = query === undefined ? null : await this.panel.actions.strongestKeyOf(query);
      const column = key === null ? undefined : shown.columnOf.get(key);
      if (column !== undefined) this.move({ row: from.row, column });
    } else {
      const size = { rows: shown.queries.length, columns: shown.keys.length };
      const to = nextCell(event, from, size);
      if (!to) return;
      event.preventDefault();
      this.move(to);
    }
  }
}

/** What stands for a block of cells of which only the maximum is known. */
const middleOf = ({ from, to }: Range): number => Math.floor((from + to - 1) / 2);
