import { isCross } from '../../reading/capture';
import { el, tokenSpan } from '../../kit/dom';
import type { Panel } from '../../app/panel';
import type { Sequence } from '../../app/actions';
import { ARC_ROW } from './arcGeometry';

/** What a column of names shows. */
export interface ColumnContent {
  readonly names: readonly string[];
  /** The token that each name stands for. */
  readonly tokens: readonly number[];
  readonly special: ReadonlySet<number>;
  /** Place of the query or key; null where it is hidden or there is none. */
  readonly chosen: number | null;
  /** Place of the one that is pointed at. */
  readonly hovered: number | null;
  /** What screen readers hear of a name. */
  spoken(place: number): string;
}

interface DrawnName {
  readonly name: string;
  readonly element: HTMLElement;
}

/** Places that PgUp and PgDn go over. */
const PAGE = 8;

let columns = 0;

/** One side of the arcs: names as a list box that draws those in sight; Enter or a click chooses. */
export class ArcColumn {
  readonly element: HTMLElement;
  private readonly prefix = `arcs${columns++}`;
  private content: ColumnContent | null = null;
  private active = 0;
  private range = { first: 0, end: 0 };
  /** The names that are drawn, by place. */
  private drawn: ReadonlyMap<number, DrawnName> = new Map();

  constructor(
    private readonly panel: Panel,
    private readonly side: 'query' | 'key',
    private readonly reveal: (place: number) => void,
    private readonly cross: () => void,
  ) {
    this.element = el('div', {
      class: `arc-column ${side}-side`,
      role: 'listbox',
      tabindex: 0,
      'aria-label': side === 'query' ? 'Queries: Enter sets the query' : 'Keys: Enter sets the key',
      on: {
        click: event => this.choose(this.placeOf(event)),
        pointermove: event => this.point(this.placeOf(event)),
        pointerleave: () => this.leave(),
        blur: () => this.leave(),
        focus: () => {
          if (this.element.matches(':focus-visible'))
            this.moveTo(this.content?.chosen ?? this.active);
        },
        keydown: event => this.key(event),
      },
    });
  }

  /** Draws the names of places `[first, end)`; those that are drawn already stay. */
  show(content: ColumnContent, first: number, end: number): void {
    this.content = content;
    this.range = { first, end };
    this.active = Math.max(0, Math.min(this.active, content.names.length - 1));
    const places = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
    const isOutside = this.active < first || this.active >= end;
    const wanted = isOutside && content.names.length > 0 ? [...places, this.active] : places;
    const before = this.drawn;
    this.drawn = new Map(wanted.map(place => [place, this.nameAt(content, place)]));
    const elements = [...this.drawn.values()].map(({ element }) => element);
    const isSame =
      before.size === elements.length &&
      [...before.values()].every(({ element }, i) => element === elements[i]);
    if (!isSame) this.element.replaceChildren(...elements);
    for (const [place, { element }] of this.drawn) this.mark(element, content, place);
    change(this.element, 'aria-activedescendant', `${this.prefix}-${this.active}`);
  }

  /** Shows what is pointed at: changes two names at most. */
  hover(place: number | null): void {
    const { content } = this;
    if (!content || content.hovered === place) return;
    this.content = { ...content, hovered: place };
    for (const one of [content.hovered, place]) {
      if (one !== null) this.drawn.get(one)?.element.classList.toggle('is-preview', one === place);
    }
  }

  /** The name that is drawn at a place, or a new one. */
  private nameAt(content: ColumnContent, place: number): DrawnName {
    const name = content.names[place] ?? '';
    const known = this.drawn.get(place);
    if (known?.name === name) return known;
    const element = el(
      'div',
      {
        id: `${this.prefix}-${place}`,
        role: 'option',
        'aria-posinset': place + 1,
        'data-place': place,
        style: { top: `${place * ARC_ROW}px` },
      },
      tokenSpan(name),
    );
    return { name, element };
  }

  private mark(element: HTMLElement, content: ColumnContent, place: number): void {
    const isChosen = place === content.chosen;
    const kinds = [
      isChosen ? `is-${this.side}` : '',
      content.special.has(place) ? 'special' : '',
      place === content.hovered ? 'is-preview' : '',
      place === this.active ? 'is-active' : '',
    ];
    change(element, 'class', ['arc-name', ...kinds].filter(Boolean).join(' '));
    change(element, 'aria-selected', String(isChosen));
    change(element, 'aria-setsize', String(content.names.length));
    change(element, 'aria-label', content.spoken(place));
  }

  private placeOf(event: Event): number | null {
    const option = event.target instanceof Element ? event.target.closest('.arc-name') : null;
    return option ? Number(option.getAttribute('data-place')) : null;
  }

  private choose(place: number | null): void {
    const token = place === null ? undefined : this.content?.tokens[place];
    if (place === null || token === undefined) return;
    this.active = place;
    if (this.side === 'query') this.panel.actions.setQuery(token);
    else this.panel.actions.setKey(token);
  }

  private point(place: number | null): void {
    const token = place === null ? undefined : this.content?.tokens[place];
    const block = this.panel.store.state.locus?.block;
    if (token === undefined || !block) return;
    const isQuery = this.side === 'query';
    this.panel.actions.preview(isQuery ? token : null, isQuery ? null : token);
    const sequence: Sequence = !isQuery && isCross(block) ? 'encoder' : block.stack;
    this.panel.actions.hoverToken(token, sequence);
  }

  private leave(): void {
    this.panel.actions.endPreview();
    this.panel.actions.hoverToken(null, 'encoder');
  }

  private moveTo(place: number): void {
    const { content } = this;
    if (!content) return;
    this.active = Math.max(0, Math.min(content.names.length - 1, place));
    this.reveal(this.active);
    this.show(content, this.range.first, this.range.end);
    this.point(this.active);
  }

  private key(event: KeyboardEvent): void {
    if (event.altKey) return;
    const last = (this.content?.names.length ?? 1) - 1;
    const places: Record<string, number> = {
      ArrowDown: this.active + 1,
      ArrowUp: this.active - 1,
      PageDown: this.active + PAGE,
      PageUp: this.active - PAGE,
      Home: 0,
      End: last,
    };
    const place = places[event.key];
    if (event.key === 'Enter' || event.key === ' ') this.choose(this.active);
    else if (event.key === (this.side === 'query' ? 'ArrowRight' : 'ArrowLeft')) this.cross();
    else if (place !== undefined) this.moveTo(place);
    else return;
    event.preventDefault();
  }
}

/** Sets an attribute that has another value; setting the same one again makes the browser look. */
function change(element: HTMLElement, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
