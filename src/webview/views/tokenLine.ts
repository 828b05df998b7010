import type { AttentionRow } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import type { Sequence } from '../actions';
import type { Palette } from '../color/palette';
import { el } from '../dom';
import type { Panel } from '../panel';
import { weightColor } from '../viewPalette';
import { createChip, markChip, weighChip } from './tokenChip';
import { nextToken } from './tokenLineKeys';
import { pinEnds } from './pinnedTokens';

/** What the tokens of a line can be: both in self-attention, one of them in cross-attention. */
export type LineRole = 'both' | 'query' | 'key';

/** What a line shows. */
export interface LineContent {
  readonly sequence: Sequence;
  readonly tokens: readonly Token[];
  readonly query: number | null;
  readonly key: number | null;
  readonly preview: readonly (number | null)[];
  readonly cursor: readonly number[];
  readonly row: AttentionRow | null;
  readonly palette: Palette;
}

/** What the bars depend on. */
const weighed = ['tokens', 'query', 'key', 'row', 'palette'] as const;

let lines = 0;

/** One sequence of tokens as a list box: arrows move, Enter sets the query, Shift+Enter the key. */
export class TokenLine {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly prefix = `line${lines++}`;
  private readonly pin: (query: number | null, key: number | null) => void;
  private chips: HTMLElement[] = [];
  private marked = new Set<number>();
  private content: LineContent | null = null;
  private active = 0;

  constructor(
    private readonly panel: Panel,
    private readonly role: LineRole,
    name: string,
  ) {
    this.list = el('div', {
      class: 'tokens',
      attributes: {
        role: 'listbox',
        tabindex: 0,
        'aria-label': name,
        'aria-multiselectable': 'true',
      },
      on: {
        click: event => this.pick(this.indexAt(event), event.shiftKey),
        pointermove: event => this.point(this.indexAt(event)),
        pointerleave: () => this.leave(),
        keydown: event => this.key(event),
        focus: () => this.moveTo(this.active, this.list.matches(':focus-visible')),
        blur: () => this.leave(),
      },
    });
    this.element = el('div', { class: 'token-line' }, this.list);
    new ResizeObserver(() => this.scrollTo(this.content?.query ?? this.content?.key ?? 0)).observe(
      this.list,
    );
    this.pin = pinEnds(this.element, this.list, index => this.scrollTo(index));
  }

  /** Draws `content`; chips are built again only when the tokens are others. */
  show(content: LineContent): void {
    const before = this.content;
    this.content = content;
    if (before?.tokens !== content.tokens) {
      this.chips = content.tokens.map(token => createChip(token, `${this.prefix}-${token.index}`));
      this.marked = new Set();
      this.list.replaceChildren(...this.chips);
      this.active = Math.min(content.query ?? 0, Math.max(0, content.tokens.length - 1));
    }
    this.mark();
    if (!before || weighed.some(part => !Object.is(before[part], content[part])))
      this.weigh(content);
    const moved = content.query !== before?.query ? content.query : content.key;
    const changed = content.query !== before?.query || content.key !== before.key;
    if (changed && moved !== null) this.scrollTo(moved);
    const [underCursor] = content.cursor;
    if (underCursor !== undefined && content.cursor !== before?.cursor) this.scrollTo(underCursor);
    if (changed || before.tokens !== content.tokens) this.pin(content.query, content.key);
  }

  /** Touches only the chips whose marks may have changed, so that a hover costs two and not all. */
  private mark(): void {
    const { content } = this;
    if (!content) return;
    const marked = new Set(
      [content.query, content.key, ...content.preview, ...content.cursor, this.active].filter(
        index => index !== null,
      ),
    );
    for (const i of new Set([...this.marked, ...marked])) {
      const [chip, token] = [this.chips[i], content.tokens[i]];
      if (!chip || !token) continue;
      markChip(chip, token, {
        query: i === content.query,
        key: i === content.key,
        cursor: content.cursor.includes(i),
        preview: content.preview.includes(i),
        active: i === this.active,
      });
    }
    this.marked = marked;
    this.list.setAttribute('aria-activedescendant', this.chips[this.active]?.id ?? '');
  }

  private weigh({ tokens, row, palette }: LineContent): void {
    const usable = this.role !== 'query' && row?.weights.length === tokens.length ? row : null;
    const largest = usable ? usable.weights.reduce((most, one) => Math.max(most, one), 0) : 0;
    this.element.classList.toggle('weighted', usable !== null);
    tokens.forEach((token, i) => {
      const chip = this.chips[i];
      if (!chip) return;
      const value = usable?.weights[i];
      if (value === undefined) weighChip(chip, token, null);
      else if (usable?.allowed[i] === 0) weighChip(chip, token, 'blocked');
      else {
        const color = weightColor(palette, value, largest);
        weighChip(chip, token, { value, share: value / (largest || 1), color });
      }
    });
  }

  private indexAt(event: Event): number | null {
    const chip =
      event.target instanceof Element ? event.target.closest<HTMLElement>('.token') : null;
    return chip ? Number(chip.dataset['index']) : null;
  }

  private pick(index: number | null, asKey: boolean): void {
    if (index === null) return;
    this.active = index;
    const { actions } = this.panel;
    if (this.role === 'key' || (asKey && this.role === 'both')) actions.setKey(index);
    else actions.setQuery(index);
  }

  private point(index: number | null): void {
    if (index === null || !this.content) return;
    const { actions } = this.panel;
    if (this.role === 'query') actions.preview(index, null);
    else actions.preview(null, index);
    actions.hoverToken(index, this.content.sequence);
  }

  private leave(): void {
    this.panel.actions.endPreview();
    this.panel.actions.hoverToken(null, this.content?.sequence ?? 'encoder');
  }

  private moveTo(index: number, preview: boolean): void {
    this.active = index;
    this.mark();
    this.scrollTo(index);
    if (preview) this.point(index);
  }

  private scrollTo(index: number): void {
    const chip = this.chips[index];
    if (!chip) return;
    const { list } = this;
    const [left, top] = [chip.offsetLeft - list.offsetLeft, chip.offsetTop - list.offsetTop];
    if (left < list.scrollLeft || left + chip.offsetWidth > list.scrollLeft + list.clientWidth) {
      list.scrollLeft = left - (list.clientWidth - chip.offsetWidth) / 2;
    }
    if (top < list.scrollTop || top + chip.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = top;
    }
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (!event.altKey) this.pick(this.active, event.shiftKey);
      else if (this.content) this.panel.actions.revealToken(this.active, this.content.sequence);
      return;
    }
    if (event.altKey) return;
    const next = nextToken(event.key, this.active, this.chips);
    if (next === null) return;
    event.preventDefault();
    this.moveTo(next, true);
  }
}
