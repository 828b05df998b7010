import { el } from '../dom';
import { inWindow, type Flow } from './flow';

/** Flows up to this long are drawn whole. */
const WHOLE_UP_TO = 200;

const NOTHING: Flow = { boxes: [], width: 0, height: 0, lineHeight: 0 };

/** Draws the items of a flow that are in sight of a scrolling element. */
export class VirtualFlow {
  readonly plane = el('div', { class: 'plane', attributes: { role: 'presentation' } });
  private flow = NOTHING;
  private elements = new Map<number, HTMLElement>();
  private kept: readonly number[] = [];
  private frame = 0;

  /**
   * @param scroller what scrolls; gets the plane
   * @param create makes the element of an item; it is positioned here
   * @param drawn called when other items are in sight than before
   */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly create: (index: number) => HTMLElement,
    private readonly drawn: (shown: ReadonlyMap<number, HTMLElement>) => void = () => undefined,
  ) {
    scroller.append(this.plane);
    scroller.addEventListener(
      'scroll',
      () => {
        cancelAnimationFrame(this.frame);
        this.frame = requestAnimationFrame(() => this.draw());
      },
      { passive: true },
    );
  }

  get boxes(): Flow['boxes'] {
    return this.flow.boxes;
  }

  /** The items that have an element now. */
  get shown(): ReadonlyMap<number, HTMLElement> {
    return this.elements;
  }

  /** Forgets all items: others come. */
  clear(): void {
    this.elements = new Map();
    this.flow = NOTHING;
    this.kept = [];
    this.plane.replaceChildren();
  }

  /** Puts the items where they belong now. */
  show(flow: Flow): void {
    this.flow = flow;
    this.plane.style.width = Number.isFinite(flow.width) ? `${flow.width}px` : '';
    this.plane.style.height = `${flow.height}px`;
    for (const [index, element] of this.elements) this.place(index, element);
    this.draw();
  }

  /** Keeps items drawn wherever they are, such as the one with the focus. */
  keep(indices: readonly number[]): void {
    this.kept = indices;
    if (indices.some(index => !this.elements.has(index))) this.draw();
  }

  /** Scrolls so that an item is in sight, in the middle where it was not. */
  reveal(index: number): void {
    const box = this.flow.boxes[index];
    if (!box) return;
    const { scroller } = this;
    const [right, bottom] = [box.left + box.width, box.top + this.flow.lineHeight];
    if (box.left < scroller.scrollLeft || right > scroller.scrollLeft + scroller.clientWidth) {
      scroller.scrollLeft = box.left - (scroller.clientWidth - box.width) / 2;
    }
    const isAbove = box.top < scroller.scrollTop;
    if (isAbove || bottom > scroller.scrollTop + scroller.clientHeight + 1) {
      scroller.scrollTop = isAbove ? box.top : bottom - scroller.clientHeight;
    }
    if (!this.elements.has(index)) this.draw();
  }

  private draw(): void {
    const { from, to } = this.inSight();
    const wanted = new Set(this.kept.filter(index => index >= 0 && index < this.flow.boxes.length));
    for (let i = from; i < to; i++) wanted.add(i);
    const isSame =
      wanted.size === this.elements.size && [...wanted].every(i => this.elements.has(i));
    if (isSame && this.plane.childElementCount === wanted.size) {
      this.drawn(this.elements);
      return;
    }
    const elements = new Map<number, HTMLElement>();
    for (const index of [...wanted].sort((a, b) => a - b)) {
      const known = this.elements.get(index);
      const element = known ?? this.create(index);
      if (!known) this.place(index, element);
      elements.set(index, element);
    }
    this.elements = elements;
    this.plane.replaceChildren(...elements.values());
    this.drawn(elements);
  }

  private place(index: number, element: HTMLElement): void {
    const box = this.flow.boxes[index];
    if (!box) return;
    element.style.left = `${box.left}px`;
    element.style.top = `${box.top}px`;
    element.style.width = `${box.width}px`;
  }

  /** The window and as much again on each side. */
  private inSight(): { from: number; to: number } {
    const { length } = this.flow.boxes;
    if (length <= WHOLE_UP_TO) return { from: 0, to: length };
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.scroller;
    return inWindow(this.flow, {
      left: scrollLeft - clientWidth,
      right: scrollLeft + 2 * clientWidth,
      top: scrollTop - clientHeight,
      bottom: scrollTop + 2 * clientHeight,
    });
  }
}
