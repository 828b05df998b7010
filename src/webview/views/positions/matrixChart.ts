import { el } from '../../dom';
import type { Mark, MatrixContent } from '../../positions/charts';
import { monoWidth } from '../../render/textWidth';
import { matrixSides, paintMatrix } from '../../render/matrix';
import type { Side } from '../../render/side';
import { svg } from '../../svg';
import { themeColor } from '../../theme';
import type { CellPlace } from '../attention/mapKeys';
import { CellGrid } from '../map/cellGrid';

const TOP = 18;
const BOTTOM = 18;
const EDGES = 7;
const FONT_SIZE = 10;
const NARROWEST = 48;

/** Where the cells lie in the chart, in CSS pixels. */
export interface ChartBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** The cells on the canvas's device pixels, `ratio` to a CSS pixel. */
  readonly down: Side;
  readonly across: Side;
  readonly ratio: number;
  /** Several cells share a pixel: the one farthest from zero, or the largest, shows. */
  readonly isPooled: boolean;
}

/** What a chart tells of the pointer and the keys, and what it asks. */
export interface MatrixAnswers {
  /** Where the focus starts. */
  start(): CellPlace;
  /** What a screen reader says of a cell. */
  name(place: CellPlace): string;
  /** A cell is pointed at; null ends that. */
  point(place: CellPlace | null): void;
  commit(place: CellPlace): void;
  /** The cells were drawn elsewhere or in another size. */
  drawn?(box: ChartBox): void;
}

/** A picture of numbers: cells on a canvas, ticks and marks in SVG, a grid for pointer and keys on top. */
export class MatrixChart {
  readonly element: HTMLElement;
  /** What belongs to the drawing may be put beside the cells. */
  readonly plane: HTMLElement;
  private readonly cells = el('canvas', { attributes: { 'aria-hidden': 'true' } });
  private readonly axes = svg('svg', { class: 'chart-axes', 'aria-hidden': 'true' });
  private readonly overlay = svg('g', { class: 'chart-marks' });
  private readonly grid: CellGrid;
  private content: MatrixContent | null = null;
  private marks: readonly Mark[] = [];
  private box: ChartBox | null = null;
  /** What the cells were painted from last; they stay while only the axes change. */
  private painted: readonly unknown[] = [];
  private width = 0;

  /** @param beside room right of the cells, in CSS pixels */
  constructor(
    private readonly answers: MatrixAnswers,
    private readonly beside = 0,
  ) {
    this.grid = new CellGrid({
      size: () =>
        this.content &&
        this.box && {
          down: this.box.down,
          across: this.box.across,
          ratio: this.box.ratio,
          codes: this.content.grid,
          isSigned: this.content.isSigned,
        },
      start: () => answers.start(),
      name: place => answers.name(place),
      point: place => answers.point(place),
      commit: place => answers.commit(place),
      largest: row => this.largest(row),
    });
    this.plane = el('div', { class: 'chart-plane' }, this.cells);
    this.plane.append(this.axes, this.grid.element);
    this.element = el('div', { class: 'chart' }, this.plane);
    new ResizeObserver(() => {
      if (this.element.clientWidth === this.width) return;
      this.width = this.element.clientWidth;
      this.draw();
    }).observe(this.element);
  }

  show(content: MatrixContent): void {
    this.content = content;
    this.grid.label(content.name);
    this.draw();
  }

  /** Moves what stands out; the cells stay. */
  mark(marks: readonly Mark[]): void {
    this.marks = marks;
    this.drawMarks();
  }

  private draw(): void {
    const { content } = this;
    this.width ||= this.element.clientWidth;
    if (!content || this.width === 0) return;
    const { grid, rowTicks, edges } = content;
    const names = [content.rowName, ...rowTicks.map(({ text }) => text)];
    const left = Math.ceil(Math.max(...names.map(text => monoWidth(text, FONT_SIZE)), 10)) + 6;
    const width = Math.max(NARROWEST, this.width - left - this.beside - 1);
    const height = content.height === 'square' ? width : content.height;
    const ratio = window.devicePixelRatio || 1;
    const hatch = content.hasHatch ? themeColor('--hatch') : null;
    const { pixels, isSigned } = content;
    const wanted = [grid.codes, pixels, width, height, ratio, hatch];
    if (wanted.some((part, i) => part !== this.painted[i])) {
      paintMatrix(this.cells, grid, width, height, { pixels, hatch, isSigned, ratio });
      this.painted = wanted;
    }
    const box = {
      left,
      top: TOP,
      width,
      height,
      cellWidth: width / grid.columns,
      cellHeight: height / grid.rows,
      ...matrixSides(grid, width, height, ratio),
      ratio,
      isPooled: width * ratio < grid.columns || height * ratio < grid.rows,
    };
    this.box = box;
    const whole = TOP + height + BOTTOM + (edges ? EDGES : 0);
    this.plane.style.height = `${whole}px`;
    for (const part of [this.cells, this.grid.element]) {
      part.style.left = `${left}px`;
      part.style.top = `${TOP}px`;
      part.style.width = `${width}px`;
      part.style.height = `${height}px`;
    }
    this.axes.setAttribute('width', String(this.width));
    this.axes.setAttribute('height', String(whole));
    this.axes.replaceChildren(...axisParts(content, box), this.overlay);
    this.answers.drawn?.(box);
    this.drawMarks();
    this.grid.update();
  }

  private drawMarks(): void {
    const { box, content } = this;
    if (!box || !content) return;
    this.overlay.replaceChildren(
      ...this.marks.flatMap(mark => markParts(mark, content, box, this.beside)),
    );
  }

  private largest(row: number): number | null {
    const { grid, isSigned } = this.content ?? {};
    if (!grid) return null;
    const codes = grid.codes.subarray(row * grid.columns, (row + 1) * grid.columns);
    const size = (code: number): number => (isSigned ? Math.abs(code - 128) : code);
    return codes.reduce((best, code, i) => (size(code) > size(codes[best] ?? 0) ? i : best), 0);
  }
}

const word = (
  text: string,
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end',
  kind = '',
): SVGTextElement => svg('text', { x, y, 'text-anchor': anchor, class: kind }, text);

/** Where a number stands under its column, inside of the picture. */
function tickAt(text: string, { left, width, cellWidth }: ChartBox, at: number): number {
  const half = monoWidth(text, FONT_SIZE) / 2;
  return Math.min(left + width - half, left + (at + 0.5) * cellWidth);
}

function axisParts(content: MatrixContent, box: ChartBox): SVGElement[] {
  const { left, top, width, height, cellWidth, cellHeight } = box;
  const below = top + height + 12 + (content.edges ? EDGES : 0);
  const nameWidth = content.columnName === '' ? 0 : monoWidth(content.columnName, FONT_SIZE) + 10;
  return [
    ...content.rowTicks.map(({ at, text, isStrong }) =>
      word(text, left - 5, top + (at + 0.5) * cellHeight + 3.5, 'end', isStrong ? 'strong' : ''),
    ),
    word(content.rowName, left - 5, top - 6, 'end', 'axis-name'),
    ...content.columnTicks
      .filter(({ at }) => (at + 0.5) * cellWidth < width - nameWidth - 8 || nameWidth === 0)
      .map(({ at, text, isStrong }) =>
        word(text, tickAt(text, box, at), below, 'middle', isStrong ? 'strong' : ''),
      ),
    word(content.columnName, left + width, below, 'end', 'axis-name'),
    ...(content.edges ?? []).map(column =>
      svg('line', {
        class: 'edge',
        x1: left + column * cellWidth,
        x2: left + column * cellWidth,
        y1: top + height + 2,
        y2: top + height + 6,
      }),
    ),
  ];
}

function markParts(
  mark: Mark,
  { grid }: MatrixContent,
  box: ChartBox,
  beside: number,
): SVGElement[] {
  const { left, top, width, height, cellWidth, cellHeight } = box;
  const { shape, ink, row, column, label } = mark;
  const isOutside =
    (row !== undefined && (row < 0 || row >= grid.rows)) ||
    (column !== undefined && (column < 0 || column >= grid.columns));
  if (isOutside) return [];
  if (shape === 'line') {
    const y = top + ((row ?? 0) + 0.5) * cellHeight;
    return [
      svg('line', {
        class: `chart-mark ${ink}`,
        x1: left,
        x2: left + width + beside,
        y1: y,
        y2: y,
      }),
    ];
  }
  const x = left + (column ?? 0) * cellWidth;
  const y = top + (row ?? 0) * cellHeight;
  const frame = {
    x: x - 1,
    y: y - 1,
    width: (column === undefined ? width : cellWidth) + 2,
    height: (row === undefined ? height : cellHeight) + 2,
  };
  return [
    svg('rect', { class: 'chart-frame halo', ...frame }),
    svg('rect', { class: `chart-frame ${ink}`, ...frame }),
    ...(label === undefined
      ? []
      : [
          word(
            label,
            Math.max(left + 16, Math.min(left + width - 16, x + cellWidth / 2)),
            top - 6,
            'middle',
            'strong',
          ),
        ]),
  ];
}
