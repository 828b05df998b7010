import type { AttentionRow } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import type { Sequence } from '../actions';
import type { Palette } from '../color/palette';
import { el } from '../dom';
import type { Panel } from '../panel';
import { label } from '../tokenText';
import { weightColor } from '../viewPalette';
import { flow, nextInFlow } from '../flow/flow';
import { VirtualFlow } from '../flow/virtualFlow';
import { chipWidth, createChip, markChip, weighChip } from './tokenChip';
import { pinEnds } from './pinnedTokens';
import type { TokenCard } from './tokenCard';

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

/** Height of a line of chips with the gap below it, and the gap between chips. */
const LINE_HEIGHT = 50;
const GAP = 3;

/** What the bars depend on. */
const weighed = ['tokens', 'query', 'key', 'row', 'palette'] as const;

let lines = 0;

/** One sequence of tokens as a list box: arrows move, Enter sets the query, Shift+Enter the key. */
export class TokenLine {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly prefix = `line${lines++}`;
  private readonly pin: (query: number | null, key: number | null) => void;
  private readonly chips: VirtualFlow;
  private marked = new Set<number>();
  private content: LineContent | null = null;
  private active = 0;
  /** Weight of the row's strongest key; null where the line shows no weights. */
  private largest: number | null = null;

  constructor(
    private readonly panel: Panel,
    private readonly role: LineRole,
    name: string,
    private readonly card: TokenCard,
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
        pointermove: event => this.point(this.indexAt(event), false),
        pointerleave: () => this.leave(),
        keydown: event => this.key(event),
        focus: () => {
          if (this.list.matches(':focus-visible')) this.moveTo(this.active);
        },
        blur: () => this.leave(),
      },
    });
    this.chips = new VirtualFlow(this.list, index => this.createChip(index));
    this.element = el('div', { class: 'token-line' }, this.list);
    new ResizeObserver(() => {
      this.layOut(false);
      this.chips.reveal(this.content?.query ?? this.content?.key ?? 0);
    }).observe(this.list);
    this.pin = pinEnds(this.element, this.list, this.chips, index => this.labelOf(index));
  }

  /** Draws `content`; chips are built again only when the tokens are others. */
  show(content: LineContent): void {
    const before = this.content;
    const isNew = before?.tokens !== content.tokens;
    this.content = content;
    if (isNew) {
      this.card.hide();
      this.marked = new Set();
      this.active = Math.min(content.query ?? 0, Math.max(0, content.tokens.length - 1));
      this.measureRow(content);
      this.layOut(true);
    }
    this.mark();
    if (!before || weighed.some(part => !Object.is(before[part], content[part]))) {
      this.measureRow(content);
      for (const [index, chip] of this.chips.shown) this.weigh(chip, index);
    }
    const moved = content.query !== before?.query ? content.query : content.key;
    const changed = content.query !== before?.query || content.key !== before.key;
    if (changed && moved !== null) this.chips.reveal(moved);
    const [underCursor] = content.cursor;
    if (underCursor !== undefined && content.cursor !== before?.cursor) {
      this.chips.reveal(underCursor);
    }
    if (changed || isNew) this.pin(content.query, content.key);
  }

  private layOut(isNew: boolean): void {
    const available = this.list.clientWidth;
    if (!this.content || available === 0) return;
    const wraps = getComputedStyle(this.list).getPropertyValue('--wraps').trim() === '1';
    const items = this.content.tokens.map((token, i) => ({
      width: chipWidth(token),
      joined: token.continues && i > 0,
    }));
    const options = { lineHeight: LINE_HEIGHT, gap: GAP, keepsJoined: false };
    const placed = flow(items, { ...options, available: wraps ? available : Infinity });
    this.chips.show(placed, isNew);
  }

  private createChip(index: number): HTMLElement {
    const token = this.content?.tokens[index];
    if (!token) return el('div');
    const chip = createChip(token, `${this.prefix}-${index}`, this.content?.tokens.length ?? 0);
    if (this.marked.has(index)) this.markOne(index, chip);
    this.weigh(chip, index);
    return chip;
  }

  private labelOf(index: number): string {
    const token = this.content?.tokens[index];
    return token ? label(token, 14) : '';
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
    const touched = new Set([...this.marked, ...marked]);
    this.marked = marked;
    this.chips.keep([this.active]);
    for (const i of touched) {
      const chip = this.chips.shown.get(i);
      if (chip) this.markOne(i, chip);
    }
    this.list.setAttribute('aria-activedescendant', this.chips.shown.get(this.active)?.id ?? '');
  }

  private markOne(i: number, chip: HTMLElement): void {
    const { content } = this;
    const token = content?.tokens[i];
    if (!token) return;
    markChip(chip, token, {
      query: i === content.query,
      key: i === content.key,
      cursor: content.cursor.includes(i),
      preview: content.preview.includes(i),
      active: i === this.active,
    });
  }

  private measureRow({ row, tokens }: LineContent): void {
    const usable = this.role !== 'query' && row?.weights.length === tokens.length ? row : null;
    this.largest = usable ? usable.weights.reduce((most, one) => Math.max(most, one), 0) : null;
    this.element.classList.toggle('weighted', usable !== null);
  }

  private weigh(chip: HTMLElement, index: number): void {
    const { content, largest } = this;
    const token = content?.tokens[index];
    if (!token) return;
    const value = largest === null ? undefined : content.row?.weights[index];
    if (value === undefined || largest === null) weighChip(chip, token, null);
    else if (content.row?.allowed[index] === 0) weighChip(chip, token, 'blocked');
    else {
      const color = weightColor(content.palette, value, largest);
      weighChip(chip, token, { value, share: value / (largest || 1), color });
    }
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

  private point(index: number | null, isFocus: boolean): void {
    if (index === null || !this.content) return;
    const { actions } = this.panel;
    if (this.role === 'query') actions.preview(index, null);
    else actions.preview(null, index);
    const { sequence, tokens } = this.content;
    actions.hoverToken(index, sequence);
    const chip = this.chips.shown.get(index);
    if (chip) this.card.show({ tokens, index, sequence, role: this.role, anchor: chip }, isFocus);
  }

  private leave(): void {
    this.panel.actions.endPreview();
    this.panel.actions.hoverToken(null, this.content?.sequence ?? 'encoder');
    this.card.leave();
  }

  private moveTo(index: number): void {
    this.active = index;
    this.chips.reveal(index);
    this.mark();
    this.point(index, true);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (!event.altKey) this.pick(this.active, event.shiftKey);
      else if (this.content) this.panel.actions.revealToken(this.active, this.content.sequence);
      return;
    }
    if (event.altKey) return;
    const next = nextInFlow(event.key, this.active, this.chips.boxes);
    if (next === null) return;
    event.preventDefault();
    this.moveTo(next);
  }
}
