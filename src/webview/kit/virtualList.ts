import { el } from './dom';

/** Lists up to this long are drawn whole and scroll with the page. */
const WHOLE_UP_TO = 48;
/** Height of the window of longer lists. */
const WINDOW = 480;
/** Rows drawn beyond what is in sight. */
const MARGIN = 6;

/** A list of rows of one height that draws only those in sight once it is long. */
export class VirtualList {
  readonly element = el('div.bars');
  private count = 0;
  /** Where the list is scrolled to, kept because reading it makes the browser lay out. */
  private top = 0;
  private create: (index: number) => HTMLElement = () => el('div');

  constructor(private readonly rowHeight: number) {
    this.element.addEventListener(
      'scroll',
      () => {
        this.top = this.element.scrollTop;
        this.draw();
      },
      { passive: true },
    );
  }

  /** Shows `count` rows made by `create`. */
  show(count: number, create: (index: number) => HTMLElement): void {
    this.count = count;
    this.create = create;
    const long = count > WHOLE_UP_TO;
    this.element.classList.toggle('scrolling', long);
    this.element.style.maxHeight = long ? `${WINDOW}px` : '';
    if (long) this.element.tabIndex = 0;
    else this.element.removeAttribute('tabindex');
    this.draw();
  }

  /** Scrolls so that a row stands in sight. */
  reveal(index: number): void {
    if (this.count <= WHOLE_UP_TO) return;
    const top = index * this.rowHeight;
    if (top >= this.top && top + this.rowHeight <= this.top + WINDOW) return;
    this.element.scrollTop = top - WINDOW / 2;
    this.top = this.element.scrollTop;
    this.draw();
  }

  private draw(): void {
    const long = this.count > WHOLE_UP_TO;
    const first = long ? Math.max(0, Math.floor(this.top / this.rowHeight) - MARGIN) : 0;
    const length = long ? Math.ceil(WINDOW / this.rowHeight) + 2 * MARGIN : this.count;
    const last = Math.min(this.count, first + length);
    const rows = Array.from({ length: last - first }, (_, i) => this.create(first + i));
    const spacer = (height: number): HTMLElement =>
      el('div.gap', { style: { height: `${height * this.rowHeight}px` } });
    this.element.replaceChildren(spacer(first), ...rows, spacer(this.count - last));
  }
}
