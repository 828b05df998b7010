import { isCross } from '../../capture';
import { el, tokenSpan } from '../../dom';
import type { Panel } from '../../panel';
import type { Sequence } from '../../actions';
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

  constructor(
    private readonly panel: Panel,
    private readonly side: 'query' | 'key',
    private readonly reveal: (place: number) => void,
    private readonly cross: () => void,
  ) {
    this.element = el('div', {
      class: `arc-column ${side}-side`,
      attributes: {
        role: 'listbox',
        tabindex: 0,
        'aria-label':
          side === 'query' ? 'Queries: Enter sets the query' : 'Keys: Enter sets the key',
      },
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

  /** Draws the names of places `[first, end)`. */
  show(content: ColumnContent, first: number, end: number): void {
    this.content = content;
    this.range = { first, end };
    this.active = Math.max(0, Math.min(this.active, content.names.length - 1));
    const places = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
    const isOutside = this.active < first || this.active >= end;
    const drawn = isOutside && content.names.length > 0 ? [...places, this.active] : places;
    this.element.replaceChildren(...drawn.map(place => this.option(content, place)));
    this.element.setAttribute('aria-activedescendant', `${this.prefix}-${this.active}`);
  }

  /** Shows what is pointed at without drawing the names again. */
  hover(place: number | null): void {
    if (this.content) this.content = { ...this.content, hovered: place };
    for (const option of this.element.children) {
      option.classList.toggle('is-preview', option.getAttribute('data-place') === String(place));
    }
  }

  private option(content: ColumnContent, place: number): HTMLElement {
    const isChosen = place === content.chosen;
    const kinds = [
      isChosen ? `is-${this.side}` : '',
      content.special.has(place) ? 'special' : '',
      place === content.hovered ? 'is-preview' : '',
      place === this.active ? 'is-active' : '',
    ];
    return el(
      'div',
      {
        class: ['arc-name', ...kinds].filter(Boolean).join(' '),
        id: `${this.prefix}-${place}`,
        attributes: {
          role: 'option',
          'aria-selected': String(isChosen),
          'aria-posinset': place + 1,
          'aria-setsize': content.names.length,
          'aria-label': content.spoken(place),
          'data-place': place,
        },
        style: { top: `${place * ARC_ROW}px` },
      },
      tokenSpan(content.names[place] ?? ''),
    );
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
