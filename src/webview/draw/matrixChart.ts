import { el, hiddenCanvas, putAt } from '../kit/dom';
import { ruled, SCREEN } from './chartLook';
import { elements } from './marks';
import { highlightMarks, matrixAxes, type CellBox } from './matrix';
import type { Highlight, MatrixContent } from './chartContent';
import { monoWidth } from './textWidth';
import { widthOf } from './widthOf';
import { matrixSides, paintMatrix } from './pixels/paintMatrix';
import type { Side } from './side';
import { svg } from '../kit/svgElement';
import { themeColor } from '../kit/theme';
import type { CellPlace } from './cellKeys';
import { CellGrid } from './cellGrid';

const TOP = 18;
const BOTTOM = 18;
const EDGES = 7;
const NARROWEST = 48;

/** Where the cells lie in the chart, in CSS pixels and on the device. */
export interface ChartBox extends CellBox {
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
  private readonly cells = hiddenCanvas();
  private readonly axes = svg('svg', { class: 'chart-axes', 'aria-hidden': 'true' });
  private readonly overlay = svg('g', { class: 'chart-marks' });
  private readonly grid: CellGrid;
  private content: MatrixContent | null = null;
  private marks: readonly Highlight[] = [];
  private box: ChartBox | null = null;
  /** What the cells were painted from last; they stay while only the axes change. */
  private painted: readonly unknown[] = [];
  private readonly width: () => number;

  /** @param beside room right of the cells, in CSS pixels */
  constructor(
    private readonly answers: MatrixAnswers,
    private readonly beside = 0,
  ) {
    this.grid = new CellGrid({
      size: () =>
        this.content &&
        this.box && {
          ...this.box,
          rows: this.content.grid.rows,
          columns: this.content.grid.columns,
          codes: this.content.grid,
          isSigned: this.content.isSigned,
        },
      start: () => answers.start(),
      name: place => answers.name(place),
      point: place => answers.point(place),
      commit: place => answers.commit(place),
      largest: row => this.largest(row),
    });
    this.plane = el('div.chart-plane', this.cells);
    this.plane.append(this.axes, this.grid.element);
    this.element = el('div.chart', this.plane);
    this.width = widthOf(this.element, () => this.draw());
  }

  show(content: MatrixContent): void {
    this.content = content;
    this.grid.label(content.name);
    this.draw();
  }

  /** Moves what stands out; the cells stay. */
  mark(marks: readonly Highlight[]): void {
    this.marks = marks;
    this.drawMarks();
  }

  private draw(): void {
    const { content } = this;
    const room = content ? this.width() : 0;
    if (!content || room === 0) return;
    const { grid, rowTicks, edges } = content;
    const names = [content.rowName, ...rowTicks.map(({ text }) => text)];
    const left = Math.ceil(Math.max(...names.map(text => monoWidth(text, SCREEN.size)), 10)) + 6;
    const width = Math.max(NARROWEST, room - left - this.beside - 1);
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
    const below = edges ? EDGES : 0;
    const whole = TOP + height + BOTTOM + below;
    putAt(this.plane, { height: whole });
    for (const part of [this.cells, this.grid.element]) {
      putAt(part, { left, top: TOP, width, height });
    }
    this.axes.setAttribute('width', String(room));
    this.axes.setAttribute('height', String(whole));
    const strokes = (edges ?? []).map(column => {
      const x = left + column * box.cellWidth;
      return ruled([x, TOP + height + 2], [x, TOP + height + 6], SCREEN.quiet);
    });
    const axes = [...matrixAxes(content, box, SCREEN, below), ...strokes];
    this.axes.replaceChildren(...elements(axes), this.overlay);
    this.answers.drawn?.(box);
    this.drawMarks();
    this.grid.update();
  }

  private drawMarks(): void {
    const { box, content } = this;
    if (!box || !content) return;
    this.overlay.replaceChildren(
      ...elements(
        this.marks.flatMap(one => highlightMarks(one, content, box, SCREEN, this.beside)),
      ),
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
