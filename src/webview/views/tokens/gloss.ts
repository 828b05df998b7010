import { el } from '../../kit/dom';
import { flow, nextInFlow } from '../../kit/flow';
import { VirtualFlow } from '../../kit/virtualFlow';
import { overlap, type Range } from '../../reading/tokenLookup';
import { columnWidth, drawColumn, drawNames, ROW_HEIGHT, type GlossContent } from './glossLine';

/** Gap below each line of the text. */
const LINE_GAP = 16;
/** Gap between words. */
const GAP = 6;

/** What happens on a column. */
export interface GlossActions {
  point(range: Range | null, token: number | null): void;
  choose(token: number): void;
  reveal(token: number): void;
}

let glosses = 0;

/**
 * A text in columns with several rows below each other, broken into lines as a paragraph is. One
 * list box: arrows move, Enter chooses; only the lines in sight are drawn.
 */
export class Gloss {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly columns: VirtualFlow;
  private readonly names = el('div.gloss-margin');
  private readonly prefix = `gloss${glosses++}`;
  private content: GlossContent = { rows: [], columns: [] };
  private widths: number[] = [];
  private width = 0;
  private active = 0;
  private lit: Range | null = null;
  private chosen: number | null = null;

  constructor(
    name: string,
    private readonly actions: GlossActions,
  ) {
    this.list = el('div.gloss', {
      role: 'listbox',
      tabindex: 0,
      'aria-label': name,
      on: {
        click: event => this.choose(this.indexAt(event)),
        pointermove: event => this.point(this.indexAt(event)),
        pointerleave: () => this.actions.point(null, null),
        focus: () => {
          if (this.list.matches(':focus-visible')) this.moveTo(this.active);
        },
        blur: () => this.actions.point(null, null),
        keydown: event => this.key(event),
      },
    });
    this.element = el('div.gloss-frame', this.list);
    this.columns = new VirtualFlow(
      this.list,
      index => this.drawColumn(index),
      shown => this.drawn(shown),
    );
    this.columns.plane.classList.add('gloss-plane');
    this.list.prepend(this.names);
    new ResizeObserver(() => {
      if (this.list.clientWidth === this.width || !this.list.isConnected) return;
      this.layOut();
    }).observe(this.list);
  }

  show(content: GlossContent): void {
    this.content = content;
    this.widths = content.columns.map(column => columnWidth(column, content.rows));
    this.active = Math.max(0, Math.min(this.active, content.columns.length - 1));
    this.columns.clear();
    this.layOut();
  }

  /** Lights the columns that share characters with `range`. */
  light(range: Range | null): void {
    this.lit = range;
    for (const [index, column] of this.columns.shown) this.mark(index, column);
  }

  /** Marks the column of a token as the one that was chosen. */
  select(column: number | null): void {
    const isNew = column !== this.chosen;
    this.chosen = column;
    if (column !== null && isNew) {
      this.active = column;
      this.columns.keep([column]);
      this.columns.reveal(column);
    }
    for (const [index, element] of this.columns.shown) this.mark(index, element);
    this.describeActive();
  }

  private layOut(): void {
    this.width = this.list.clientWidth;
    const margin = Number.parseFloat(getComputedStyle(this.list).paddingLeft) || 0;
    const available = this.width - margin;
    if (available <= 0) return;
    const { columns, rows } = this.content;
    const items = columns.map((column, i) => ({
      width: Math.min(this.widths[i] ?? 0, available),
      joined: column.joined,
    }));
    const lineHeight = rows.length * ROW_HEIGHT + LINE_GAP;
    this.columns.show(flow(items, { available, lineHeight, gap: GAP, keepsJoined: true }));
    this.describeActive();
  }

  private drawColumn(index: number): HTMLElement {
    const column = this.content.columns[index];
    if (!column) return el('div');
    const place = { id: `${this.prefix}-${index}`, index, count: this.content.columns.length };
    const element = drawColumn(column, this.content.rows, place);
    this.mark(index, element);
    return element;
  }

  /** Puts the names of the rows beside each line that is drawn. */
  private drawn(shown: ReadonlyMap<number, HTMLElement>): void {
    const tops = new Set([...shown.keys()].map(index => this.columns.boxes[index]?.top ?? 0));
    this.names.replaceChildren(...[...tops].map(top => drawNames(this.content.rows, top)));
  }

  private mark(index: number, element: HTMLElement): void {
    const range = this.content.columns[index]?.range;
    element.classList.toggle('is-lit', Boolean(this.lit && range && overlap(range, this.lit)));
    element.classList.toggle('is-chosen', index === this.chosen);
    element.classList.toggle('is-active', index === this.active);
    element.setAttribute('aria-selected', String(index === this.chosen));
  }

  private describeActive(): void {
    this.list.setAttribute('aria-activedescendant', this.columns.shown.get(this.active)?.id ?? '');
  }

  private indexAt(event: Event): number | null {
    const found =
      event.target instanceof Element ? event.target.closest<HTMLElement>('.gloss-column') : null;
    return found ? Number(found.dataset['index']) : null;
  }

  private point(index: number | null): void {
    const column = index === null ? null : this.content.columns[index];
    this.actions.point(column?.range ?? null, column?.token ?? null);
  }

  private choose(index: number | null): void {
    const token = index === null ? null : this.content.columns[index]?.token;
    if (index !== null) this.active = index;
    if (token !== null && token !== undefined) this.actions.choose(token);
  }

  private moveTo(index: number): void {
    const before = this.active;
    this.active = index;
    this.columns.keep([index]);
    this.columns.reveal(index);
    for (const at of [before, index]) {
      const element = this.columns.shown.get(at);
      if (element) this.mark(at, element);
    }
    this.describeActive();
    this.point(index);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const token = this.content.columns[this.active]?.token;
      if (!event.altKey) this.choose(this.active);
      else if (token !== null && token !== undefined) this.actions.reveal(token);
      return;
    }
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const next = nextInFlow(event.key, this.active, this.columns.boxes);
    if (next === null) return;
    event.preventDefault();
    this.moveTo(next);
  }
}
