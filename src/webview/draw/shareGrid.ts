import { el, putAt } from '../kit/dom';
import { svg } from '../kit/svgElement';
import { CellGrid } from './cellGrid';
import type { CellPlace } from './cellKeys';
import { elements } from './marks';
import { matrixSides } from './pixels/paintMatrix';
import { cellText, shareCodes, shareLayout, shareMarks, type ShareMap } from './shareMap';
import { widthOf } from './widthOf';

/** What a map of shares tells of the pointer and the keys. */
export interface ShareAnswers {
  /** A cell is pointed at; null ends that. */
  point(place: CellPlace | null): void;
  commit(place: CellPlace): void;
  /** Carries out a key of its own; false for other keys. */
  key?(key: string): boolean;
}

/** Room for the halo of a frame at the last cell. */
const EDGE = 4;

/** A map of signed numbers: one drawing, and a grid for pointer and keys over its cells. */
export class ShareGrid {
  readonly element: HTMLElement;
  private readonly drawing = svg('svg', { class: 'share-drawing', 'aria-hidden': 'true' });
  private readonly grid: CellGrid;
  private readonly plane = el('div.share-plane');
  private readonly width: () => number;
  private map: ShareMap | null = null;
  private isDark = false;

  constructor(answers: ShareAnswers) {
    this.grid = new CellGrid({
      size: () => this.size(),
      start: () => this.map?.here ?? { row: 0, column: 0 },
      isChosen: ({ row, column }) => this.map?.here?.row === row && this.map.here.column === column,
      name: place => this.nameOf(place),
      point: place => answers.point(place),
      commit: place => answers.commit(place),
      largest: () => null,
      reveal: place => this.reveal(place),
      key: key => {
        if (answers.key?.(key)) return true;
        if (key.toLowerCase() !== 'm') return false;
        this.goToLargest();
        return true;
      },
    });
    this.plane.append(this.drawing, this.grid.element);
    this.element = el('div.share-map', this.plane);
    this.width = widthOf(this.element, () => this.draw());
  }

  /** Shows other numbers, or the same with another cell chosen. */
  show(map: ShareMap, isDark: boolean): void {
    this.map = map;
    this.isDark = isDark;
    this.grid.label(map.name);
    this.draw();
  }

  /** Whether keys go to this map. */
  get hasFocus(): boolean {
    return this.grid.element === document.activeElement;
  }

  focus(): void {
    this.grid.element.focus();
  }

  /** Points at a cell. */
  goTo(place: CellPlace): void {
    this.grid.goTo(place);
  }

  /** Points at the cell that is farthest from zero. */
  goToLargest(): void {
    const { map } = this;
    if (!map) return;
    const cells = map.values.flatMap((values, row) =>
      map.columns.map((_, column) => ({ row, column, size: Math.abs(values?.[column] ?? NaN) })),
    );
    const known = cells.filter(({ size }) => !Number.isNaN(size));
    const to = known.reduce<(typeof known)[number] | null>(
      (best, one) => (!best || one.size > best.size ? one : best),
      null,
    );
    if (to) this.grid.goTo({ row: to.row, column: to.column });
  }

  private draw(): void {
    const { map } = this;
    const room = map ? this.width() : 0;
    if (!map || room === 0) return;
    const layout = shareLayout(map, room - EDGE);
    const [width, height] = [layout.left + layout.width, layout.top + layout.height];
    putAt(this.plane, { width: width + EDGE, height: height + EDGE });
    this.drawing.setAttribute('width', String(width + EDGE));
    this.drawing.setAttribute('height', String(height + EDGE));
    this.drawing.replaceChildren(...elements(shareMarks(map, layout, this.isDark)));
    const { left, top } = layout;
    putAt(this.grid.element, { left, top, width: layout.width, height: layout.height });
    this.grid.update();
  }

  private size() {
    const { map } = this;
    if (!map || this.width() === 0) return null;
    const { width, height } = shareLayout(map, this.width() - EDGE);
    const codes = shareCodes(map);
    const { rows, columns } = codes;
    const ratio = window.devicePixelRatio || 1;
    const sides = matrixSides(codes, width, height, ratio);
    return { rows, columns, ...sides, ratio, codes, isSigned: !map.look };
  }

  private nameOf({ row, column }: CellPlace): string {
    const { map } = this;
    if (!map) return '';
    const { label = '', other } = map.columns[column] ?? {};
    if (map.look) {
      return `${map.rows[row] ?? ''}, ${label}: ${map.look.spoken(row, column)}`;
    }
    const text = cellText(map, row, column);
    const said = { '–': 'not computed yet', '×': 'cannot be changed', '': 'about 0' }[text] ?? text;
    const both = other === undefined ? label : `${label}, in B ${other}`;
    return `${map.rows[row] ?? ''}, ${both}: ${said}`;
  }

  /** Scrolls sideways until a cell is in sight. */
  private reveal({ column }: CellPlace): void {
    if (!this.map) return;
    const { left, cellWidth } = shareLayout(this.map, this.width() - EDGE);
    const { scrollLeft, clientWidth } = this.element;
    const [from, to] = [left + column * cellWidth, left + (column + 1) * cellWidth];
    if (from < scrollLeft || to > scrollLeft + clientWidth) {
      this.element.scrollLeft = from - clientWidth / 2;
    }
  }
}
