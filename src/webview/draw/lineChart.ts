import { scaleLinear, type ScaleLinear } from 'd3';
import { el, putAt } from '../kit/dom';
import { SCREEN } from './chartLook';
import { lineMarks } from './lines';
import { elements } from './marks';
import type { LineContent } from './chartContent';
import { monoWidth } from './textWidth';
import { widthOf } from './widthOf';
import { svg } from '../kit/svgElement';

const TOP = 8;
const BOTTOM = 18;
const PAGE = 8;

/** What a chart of lines asks of those who know its numbers. */
export interface LineAnswers {
  /** Where the reading line stands while nobody moves it. */
  start(): number;
  /** What stands at a place of the axis, in words. */
  read(at: number): string;
  /** A place is read; null when that ends. */
  point?(at: number | null): void;
}

type Scale = ScaleLinear<number, number>;

/** Lines over positions or distances, with a reading line that pointer and arrow keys move. */
export class LineChart {
  readonly element: HTMLElement;
  private readonly picture = svg('svg', { class: 'chart-axes', 'aria-hidden': 'true' });
  private readonly cursor = svg('line', { class: 'cursor' });
  private readonly slider: HTMLElement;
  private readonly plane: HTMLElement;
  private content: LineContent | null = null;
  private x: Scale = scaleLinear();
  private at: number | null = null;
  private readonly width: () => number;

  constructor(private readonly answers: LineAnswers) {
    this.slider = el('div.chart-slider', {
      role: 'slider',
      tabindex: 0,
      on: {
        pointermove: event => this.point(this.placeOf(event)),
        pointerleave: () => this.leave(),
        keydown: event => this.key(event),
        focus: () => {
          if (this.slider.matches(':focus-visible')) this.point(this.here());
        },
        blur: () => this.leave(),
      },
    });
    this.plane = el('div.chart-plane');
    this.plane.append(this.picture, this.slider);
    this.element = el('div.chart', this.plane);
    this.width = widthOf(this.element, () => this.draw());
  }

  show(content: LineContent): void {
    this.content = content;
    const { first, count, name } = content;
    this.slider.setAttribute('aria-label', name);
    this.slider.setAttribute('aria-valuemin', String(first));
    this.slider.setAttribute('aria-valuemax', String(first + count - 1));
    this.draw();
  }

  private draw(): void {
    const { content } = this;
    const room = content ? this.width() : 0;
    if (!content || room === 0) return;
    const { first, count, low, high, height, right = 8 } = content;
    const names = content.yTicks.map(({ text }) => monoWidth(text, SCREEN.size));
    const left = Math.ceil(Math.max(...names, 14)) + 6;
    const end = Math.max(left + 40, room - right);
    this.x = scaleLinear([first, first + Math.max(1, count - 1)], [left, end]);
    const y = scaleLinear([low, high], [TOP + height, TOP]);
    this.picture.setAttribute('width', String(room));
    this.picture.setAttribute('height', String(TOP + height + BOTTOM));
    putAt(this.plane, { height: TOP + height + BOTTOM });
    this.cursor.setAttribute('y1', String(TOP));
    this.cursor.setAttribute('y2', String(TOP + height));
    const plot = { x: this.x, y, left, right: this.x(first + count - 1) };
    this.picture.replaceChildren(...elements(lineMarks(content, plot, SCREEN)), this.cursor);
    putAt(this.slider, { left, width: end - left, height: TOP + height });
    this.update();
  }

  private here(): number {
    const { first = 0, count = 1 } = this.content ?? {};
    const wanted = this.at ?? this.answers.start();
    return Math.max(first, Math.min(first + count - 1, wanted));
  }

  private update(): void {
    const at = this.here();
    this.cursor.setAttribute('visibility', this.at === null ? 'hidden' : 'visible');
    this.cursor.setAttribute('x1', String(this.x(at)));
    this.cursor.setAttribute('x2', String(this.x(at)));
    this.slider.setAttribute('aria-valuenow', String(at));
    this.slider.setAttribute('aria-valuetext', this.answers.read(at));
  }

  private point(at: number): void {
    if (this.at === at) return;
    this.at = at;
    this.update();
    this.answers.point?.(this.here());
  }

  private leave(): void {
    if (this.at === null || document.activeElement === this.slider) return;
    this.at = null;
    this.update();
    this.answers.point?.(null);
  }

  private placeOf(event: MouseEvent): number {
    const { left } = this.plane.getBoundingClientRect();
    return Math.round(this.x.invert(event.clientX - left));
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.content) return;
    const { first, count } = this.content;
    const at = this.here();
    const targets: Record<string, number> = {
      ArrowLeft: at - 1,
      ArrowDown: at - 1,
      ArrowRight: at + 1,
      ArrowUp: at + 1,
      PageUp: at + PAGE,
      PageDown: at - PAGE,
      Home: first,
      End: first + count - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    this.point(Math.max(first, Math.min(first + count - 1, target)));
  }
}
