import type { AttentionRow } from '../../../protocol/capture';
import { el, fill, hiddenCanvas, putAt } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { surface } from '../../draw/pixels/canvas';
import { DrawnFrom } from '../../draw/pixels/drawnFrom';
import { blockedWords } from '../../reading/blocked';
import { isSingleHead, mapPlace } from '../../reading/place';
import { themeColor } from '../../kit/theme';
import { viewPalette, weightColor } from '../../app/viewPalette';
import type { ArcWindow } from './arcDrawing';
import { ARC_ROW, rowMiddle } from './arcGeometry';
import { nextCell, type CellPlace } from '../../draw/cellKeys';

/** Height of a cell within its row. */
const CELL_HEIGHT = 14;

/** What the matrix shows: one query's row in each head, for the keys on show. */
export interface MatrixContent {
  readonly rows: readonly AttentionRow[];
  /** Units and tokens of the keys on show, with their names. */
  readonly keys: readonly number[];
  readonly tokens: readonly number[];
  readonly names: readonly string[];
  /** Place of the key of the locus. */
  readonly chosen: number | null;
}

/** The layer's heads beside the keys: columns are heads; a cell chooses its head and key. */
export class HeadMatrix {
  readonly canvas = hiddenCanvas();
  readonly heading = el('div.matrix-heads', { 'aria-hidden': 'true' });
  readonly element = el('div.head-matrix', { role: 'grid', tabindex: 0 });
  private readonly frame = el('div.matrix-frame', { 'aria-hidden': 'true' });
  private readonly cellPlace = el('div.matrix-cells');
  private content: MatrixContent | null = null;
  private column = 1;
  private cursor: CellPlace | null = null;
  private made = 0;
  private readonly painted = new DrawnFrom();
  private readonly headed = new DrawnFrom();

  constructor(
    private readonly panel: Panel,
    private readonly reveal: (place: number) => void,
    private readonly back: () => void,
  ) {
    const { element } = this;
    element.append(this.cellPlace, this.frame);
    element.addEventListener('click', event => this.choose(this.placeOf(event)));
    element.addEventListener('pointermove', event => this.point(this.placeOf(event)));
    element.addEventListener('pointerleave', () => this.leave());
    element.addEventListener('blur', () => this.leave());
    element.addEventListener('focus', () => {
      if (element.matches(':focus-visible')) this.point(this.start());
    });
    element.addEventListener('keydown', event => this.key(event));
    this.heading.addEventListener('click', event => {
      const name = event.target instanceof Element ? event.target.closest('[data-head]') : null;
      const layer = panel.store.state.locus?.layer;
      if (name && layer !== undefined) {
        panel.actions.setHead(layer, Number(name.getAttribute('data-head')));
      }
    });
  }

  /** Draws the cells in sight; null where the rows are still on their way. */
  show(content: MatrixContent | null, view: ArcWindow, heads: number): void {
    this.content = content;
    this.column = view.layout.column;
    const { state } = this.panel.store;
    const { top, height, ratio } = view;
    const inks = [viewPalette(state), state.themeVersion];
    const place = [heads, this.column, top, height, ratio];
    if (this.painted.differs(content?.rows, content?.keys, ...place, ...inks)) {
      const context = surface(this.canvas, heads * this.column, height, ratio);
      if (content) this.paint(context, content, view);
    }
    const { locus } = state;
    const single = locus && isSingleHead(locus) ? locus.head : null;
    if (this.headed.differs(heads, this.column, single)) this.nameHeads(heads, single);
    this.frame.hidden = single === null;
    putAt(this.frame, { left: (locus?.head ?? 0) * this.column - 1, width: this.column + 1 });
    this.element.setAttribute(
      'aria-label',
      `Heads of layer ${locus?.layer ?? 0} for this query: rows are keys, columns are heads`,
    );
    this.element.setAttribute('aria-colcount', String(heads));
    this.element.setAttribute('aria-rowcount', String(content?.keys.length ?? 0));
    this.update();
  }

  private nameHeads(heads: number, shown: number | null): void {
    const every = Math.ceil(14 / this.column);
    fill(
      this.heading,
      ...Array.from({ length: heads }, (_, head) =>
        el('span', {
          class: head === shown ? 'here' : '',
          text: head === shown || head % every === 0 ? String(head) : '',
          title: `Show head ${head}`,
          'data-head': head,
          style: { width: `${this.column}px` },
        }),
      ),
    );
  }

  private paint(context: CanvasRenderingContext2D, content: MatrixContent, view: ArcWindow): void {
    const palette = viewPalette(this.panel.store.state);
    const hatch = themeColor('--hatch');
    content.rows.forEach((row, head) => {
      const largest = row.weights.reduce((most, one) => Math.max(most, one), 0);
      const end = Math.min(view.end, content.keys.length);
      for (let place = view.first; place < end; place++) {
        const key = content.keys[place] ?? 0;
        const [x, y] = [head * this.column, rowMiddle(place) - view.top - CELL_HEIGHT / 2];
        const width = Math.max(1, this.column - 1);
        if (row.allowed[key] === 1) {
          context.fillStyle = weightColor(palette, row.weights[key] ?? 0, largest);
          context.fillRect(x, y, width, CELL_HEIGHT);
        } else {
          context.strokeStyle = hatch;
          context.beginPath();
          context.moveTo(x, y + CELL_HEIGHT);
          context.lineTo(x + width, y);
          context.stroke();
        }
      }
    });
  }

  private update(): void {
    const { content } = this;
    const { capture, locus, options } = this.panel.store.state;
    const { row: place, column: head } = this.cursor ?? this.start();
    const weights = content?.rows[head];
    if (!content || !weights || !locus || !capture) {
      fill(this.cellPlace);
      return;
    }
    const key = content.keys[place] ?? 0;
    const value =
      weights.allowed[key] === 1
        ? weight3(weights.weights[key] ?? NaN)
        : blockedWords(capture, { ...mapPlace(locus), head }, options.grouping, {
            query: locus.query,
            key: content.tokens[place] ?? 0,
          });
    const cell = el('div', {
      class: this.cursor ? 'matrix-cell pointed' : 'matrix-cell',
      id: `matrix-cell-${this.made++ % 2}`,
      role: 'gridcell',
      'aria-colindex': head + 1,
      'aria-selected': String(
        isSingleHead(locus) && head === locus.head && place === content.chosen,
      ),
      'aria-label': `Head ${head}, ${content.names[place] ?? ''}, ${value}`,
      style: {
        left: `${head * this.column}px`,
        top: `${place * ARC_ROW}px`,
        width: `${this.column}px`,
        height: `${ARC_ROW}px`,
      },
    });
    fill(this.cellPlace, el('div', { role: 'row', 'aria-rowindex': place + 1 }, cell));
    this.element.setAttribute('aria-activedescendant', cell.id);
    this.element.title = this.cursor
      ? `Head ${head} → ${content.names[place] ?? ''}: ${value}`
      : '';
  }

  private start(): CellPlace {
    return { row: this.content?.chosen ?? 0, column: this.panel.store.state.locus?.head ?? 0 };
  }

  private placeOf(event: MouseEvent): CellPlace | null {
    const { content } = this;
    if (!content) return null;
    const box = this.element.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / ARC_ROW);
    const column = Math.floor((event.clientX - box.left) / this.column);
    const isInside = row >= 0 && row < content.keys.length && column >= 0;
    return isInside && column < content.rows.length ? { row, column } : null;
  }

  private choose(place: CellPlace | null): void {
    const token = place ? this.content?.tokens[place.row] : undefined;
    const layer = this.panel.store.state.locus?.layer;
    if (!place || token === undefined || layer === undefined) return;
    this.panel.actions.setHead(layer, place.column);
    this.panel.actions.setKey(token);
  }

  private point(place: CellPlace | null): void {
    if (!place) return;
    if (this.cursor?.row === place.row && this.cursor.column === place.column) return;
    this.cursor = place;
    const token = this.content?.tokens[place.row];
    if (token !== undefined) this.panel.actions.preview(null, token);
    this.update();
  }

  private leave(): void {
    this.cursor = null;
    this.panel.actions.endPreview();
    this.update();
  }

  private key(event: KeyboardEvent): void {
    const { content } = this;
    if (!content || event.altKey) return;
    const from = this.cursor ?? this.start();
    const to = nextCell(event, from, { rows: content.keys.length, columns: content.rows.length });
    if (event.key === 'Enter' || event.key === ' ') this.choose(from);
    else if (event.key === 'ArrowLeft' && from.column === 0) this.back();
    else if (to) {
      this.reveal(to.row);
      this.point(to);
    } else return;
    event.preventDefault();
  }
}
