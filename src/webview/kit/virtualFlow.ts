import { el, putAt } from './dom';
import { inWindow, type Flow } from './flow';

/** Flows up to this long are drawn whole. */
const WHOLE_UP_TO = 200;

const NOTHING: Flow = { boxes: [], width: 0, height: 0, lineHeight: 0 };

/** The part of a flow that its scrolling element shows. */
interface FlowWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Draws the items of a flow that are in sight of a scrolling element. */
export class VirtualFlow {
  readonly plane = el('div.plane', { role: 'presentation' });
  private flow = NOTHING;
  private elements = new Map<number, HTMLElement>();
  private kept: readonly number[] = [];
  private frame = 0;
  /** Kept until it is another one, because reading it makes the browser lay out. */
  private known: FlowWindow | null = null;

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
        this.known = null;
        cancelAnimationFrame(this.frame);
        this.frame = requestAnimationFrame(() => this.followRoom());
      },
      { passive: true },
    );
    new ResizeObserver(() => this.followRoom()).observe(scroller);
  }

  /** Draws for what is in sight by now; out of sight nothing is drawn. */
  private followRoom(): void {
    this.known = null;
    if (this.scroller.isConnected) this.draw();
  }

  /** What is in sight; of no size while the element is hidden. */
  get window(): FlowWindow {
    if (this.known) return this.known;
    const { scrollLeft: left, scrollTop: top, clientWidth: width, clientHeight } = this.scroller;
    const read = { left, top, width, height: clientHeight };
    if (width > 0) this.known = read;
    return read;
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
    if (flow.width !== this.flow.width || flow.height !== this.flow.height) this.known = null;
    this.flow = flow;
    putAt(this.plane, { width: flow.width, height: flow.height });
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
    const { left, top, width, height } = this.window;
    const bottom = box.top + this.flow.lineHeight;
    if (box.left < left || box.left + box.width > left + width) {
      scroller.scrollLeft = box.left - (width - box.width) / 2;
      this.known = null;
    }
    if (box.top < top || bottom > top + height + 1) {
      scroller.scrollTop = box.top < top ? box.top : bottom - height;
      this.known = null;
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
    if (box) putAt(element, { left: box.left, top: box.top, width: box.width });
  }

  /** The window and as much again on each side. */
  private inSight(): { from: number; to: number } {
    const { length } = this.flow.boxes;
    if (length <= WHOLE_UP_TO) return { from: 0, to: length };
    const { left, top, width, height } = this.window;
    return inWindow(this.flow, {
      left: left - width,
      right: left + 2 * width,
      top: top - height,
      bottom: top + 2 * height,
    });
  }
}
