import { el, fill } from '../kit/dom';
import { nextCell, type CellPlace } from './cellKeys';
import { headerRow, NAMES, stateRow, type GridContent } from './stateCells';

/** What a grid tells. */
export interface GridAnswers {
  choose(state: number, column: number): void;
  /** Null ends the pointing. */
  point(state: number, column: number | null): void;
  /** Columns that came in sight. */
  sight(first: number, last: number): void;
}

const NARROWEST = 58;
const WIDEST = 120;
/** Columns drawn beyond those in sight. */
const MARGIN = 4;

let grids = 0;

/**
 * A grid of states by tokens: one tab stop, arrows choose. Only the columns in sight exist as
 * elements, so that a text of any length costs the same.
 */
export class StateGrid {
  readonly element: HTMLElement;
  private readonly plane = el('div.state-rows');
  private readonly id = `state-grid-${grids++}`;
  private content: GridContent | null = null;
  /** Kept between draws, because reading them makes the browser lay out. */
  private width = 0;
  private left = 0;
  private pointed: HTMLElement | null = null;
  private revealed = '';

  constructor(private readonly answers: GridAnswers) {
    this.plane.addEventListener('click', event => {
      const at = this.placeOf(event);
      if (at) this.answers.choose(at.row, at.column);
    });
    this.plane.addEventListener('pointerover', event => {
      const at = this.placeOf(event);
      if (at) this.answers.point(at.row, at.column);
    });
    this.plane.addEventListener('pointerleave', () => this.answers.point(0, null));
    this.element = el(
      'div.state-grid',
      { role: 'grid', tabindex: 0, on: { keydown: event => this.key(event) } },
      this.plane,
    );
    this.element.addEventListener('scroll', () => this.scrolled(), { passive: true });
    new ResizeObserver(() => {
      if (this.element.clientWidth === this.width || this.element.clientWidth === 0) return;
      this.width = this.element.clientWidth;
      this.draw();
      // More room may leave less to scroll.
      this.scrolled();
    }).observe(this.element);
  }

  /** Shows other cells, or the same with another place chosen. */
  show(content: GridContent): void {
    this.content = content;
    this.element.setAttribute('aria-label', content.name);
    this.element.setAttribute('aria-rowcount', String(content.states.length + 1));
    this.element.setAttribute('aria-colcount', String(content.columns.length + 1));
    this.draw();
  }

  /** The state that an event is about, else the chosen one, with its column’s token and its cell. */
  cellOf(event: Event): {
    readonly state: number;
    readonly token: number;
    readonly element: Element;
  } | null {
    const { content } = this;
    const under =
      event.target instanceof Element ? event.target.closest<HTMLElement>('.state-cell') : null;
    const element = under ?? this.plane.querySelector<HTMLElement>('.here');
    const token = content?.columns[Number(element?.dataset['column'] ?? -1)]?.token;
    if (!element || token === undefined) return null;
    return { state: Number(element.dataset['state']), token, element };
  }

  /** Scrolls as another grid of the same tokens does. */
  scrollWith(left: number): void {
    if (Math.abs(this.element.scrollLeft - left) > 1) this.element.scrollLeft = left;
  }

  private get cellWidth(): number {
    const columns = this.content?.columns.length ?? 1;
    const room = Math.floor((this.width - NAMES - 1) / Math.max(1, columns));
    return Math.max(NARROWEST, Math.min(WIDEST, room));
  }

  private scrolled(): void {
    const before = this.inSight();
    this.left = this.element.scrollLeft;
    const now = this.inSight();
    if (before.first !== now.first || before.last !== now.last) this.draw();
  }

  private inSight(): { readonly first: number; readonly last: number } {
    const columns = this.content?.columns.length ?? 0;
    const width = this.cellWidth;
    const first = Math.floor(this.left / width);
    const last = Math.ceil((this.left + this.width - NAMES) / width) - 1;
    const clamp = (column: number): number => Math.max(0, Math.min(columns - 1, column));
    return { first: clamp(first), last: clamp(last) };
  }

  private draw(): void {
    const { content } = this;
    this.width ||= this.element.clientWidth;
    if (!content || this.width === 0) return;
    this.plane.style.width = `${NAMES + content.columns.length * this.cellWidth}px`;
    const { first, last } = this.inSight();
    this.answers.sight(content.columns[first]?.token ?? 0, content.columns[last]?.token ?? 0);
    const columns = {
      from: Math.max(0, first - MARGIN),
      until: Math.min(content.columns.length - 1, last + MARGIN),
      width: this.cellWidth,
    };
    fill(
      this.plane,
      headerRow(content, columns),
      ...content.states.map((_, state) => stateRow(content, state, columns, `${this.id}-here`)),
    );
    const active = this.plane.querySelector('.here');
    if (active) this.element.setAttribute('aria-activedescendant', active.id);
    else this.element.removeAttribute('aria-activedescendant');
    this.reveal(content);
  }

  /** Brings the chosen column in sight, once each time that another one is chosen or the room changes. */
  private reveal({ here, columns }: GridContent): void {
    if (!here) return;
    const now = `${here.column} ${columns.length} ${this.width}`;
    if (this.revealed === now) return;
    this.revealed = now;
    const width = this.cellWidth;
    const left = here.column * width;
    const room = this.width - NAMES;
    if (left >= this.left && left + width <= this.left + room) return;
    this.element.scrollLeft = Math.max(0, left - (room - width) / 2);
    this.scrolled();
  }

  private placeOf(event: Event): CellPlace | null {
    const cell =
      event.target instanceof Element ? event.target.closest<HTMLElement>('.state-cell') : null;
    if (!cell || (event.type === 'pointerover' && cell === this.pointed)) return null;
    this.pointed = cell;
    return { row: Number(cell.dataset['state']), column: Number(cell.dataset['column']) };
  }

  private key(event: KeyboardEvent): void {
    const { content } = this;
    if (!content || event.altKey) return;
    const size = { rows: content.states.length, columns: content.columns.length };
    const to = nextCell(event, content.here ?? { row: 0, column: 0 }, size);
    if (!to) return;
    event.preventDefault();
    this.answers.choose(to.row, to.column);
  }
}
