import { el } from '../kit/dom';
import { nextInFlow } from '../kit/flow';
import { askEdit } from '../app/interventions/asking';
import { tokenMenu } from '../app/interventions/menus';
import type { Panel } from '../app/panel';
import { listenForMenu } from '../kit/contextMenu';
import { label as readable } from '../reading/tokenText';
import { LineChips, type LineContent } from './lineChips';
import { pinEnds } from './pinnedTokens';
import type { TokenCard } from './tokenCard';

/** What the tokens of a line can be: both in self-attention, one of them in cross-attention. */
export type LineRole = 'both' | 'query' | 'key';

/** One sequence of tokens as a list box: arrows move, Enter sets the query, Shift+Enter the key. */
export class TokenLine {
  readonly element: HTMLElement;
  private readonly list: HTMLElement;
  private readonly pin: (query: number | null, key: number | null) => void;
  private readonly chips: LineChips;
  private content: LineContent | null = null;
  private active = 0;

  constructor(
    private readonly panel: Panel,
    private readonly role: LineRole,
    name: string,
    private readonly card: TokenCard,
  ) {
    this.list = el('div.tokens', {
      role: 'listbox',
      tabindex: 0,
      'aria-label': name,
      'aria-multiselectable': 'true',
      on: {
        mousedown: event => this.press(event),
        click: event => this.choose(event),
        pointermove: event => this.point(this.indexAt(event), false),
        pointerleave: () => this.leave(),
        keydown: event => this.key(event),
        focus: () => {
          if (this.list.matches(':focus-visible')) this.moveTo(this.active);
        },
        blur: () => this.leave(),
      },
    });
    listenForMenu(this.list, event => {
      const index = event instanceof MouseEvent ? this.indexAt(event) : this.active;
      const chip = index === null ? undefined : this.chips.flow.shown.get(index);
      if (index === null || !chip || !this.content) return null;
      const { tokens, sequence } = this.content;
      this.card.hide();
      return {
        name: `Token ${index}, ${readable(tokens[index])}`,
        groups: [tokenMenu(panel, sequence, index)],
        anchor: chip,
      };
    });
    this.element = el('div.token-line', this.list);
    this.chips = new LineChips(this.element, this.list, role !== 'query');
    new ResizeObserver(() => {
      this.chips.layOut();
      this.chips.flow.reveal(this.content?.query ?? this.content?.key ?? 0);
    }).observe(this.list);
    this.pin = pinEnds(this.element, this.list, this.chips.flow, index => this.chips.label(index));
  }

  /** Shift chooses a key here, and would mark the text between this press and the one before. */
  private press(event: MouseEvent): void {
    if (!event.shiftKey) return;
    event.preventDefault();
    this.list.focus({ preventScroll: true });
  }

  /** Draws `content`; chips are built again only when the tokens are others. */
  show(content: LineContent): void {
    const before = this.content;
    const isNew = before?.tokens !== content.tokens;
    this.content = content;
    if (isNew) {
      this.card.hide();
      this.active = Math.min(content.query ?? 0, Math.max(0, content.tokens.length - 1));
    }
    this.chips.show(content, this.active);
    const moved = content.query !== before?.query ? content.query : content.key;
    const changed = content.query !== before?.query || content.key !== before.key;
    if (changed && moved !== null) this.chips.flow.reveal(moved);
    const [underCursor] = content.cursor;
    if (underCursor !== undefined && content.cursor !== before?.cursor) {
      this.chips.flow.reveal(underCursor);
    }
    if (changed || isNew) this.pin(content.query, content.key);
  }

  private indexAt(event: Event): number | null {
    const chip =
      event.target instanceof Element ? event.target.closest<HTMLElement>('.token') : null;
    return chip ? Number(chip.dataset['index']) : null;
  }

  /** What was chosen is known: the card makes way for what lies below it. */
  private choose(event: MouseEvent): void {
    const index = this.indexAt(event);
    this.pick(index, event.shiftKey);
    const chip = index === null ? undefined : this.chips.flow.shown.get(index);
    if (chip) this.card.dismiss(chip);
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
    const chip = this.chips.flow.shown.get(index);
    if (chip) this.card.show({ tokens, index, sequence, role: this.role, anchor: chip }, isFocus);
  }

  private leave(): void {
    this.panel.actions.endPreview();
    this.panel.actions.hoverToken(null, this.content?.sequence ?? 'encoder');
    this.card.leave();
  }

  private moveTo(index: number): void {
    this.active = index;
    this.chips.flow.reveal(index);
    this.chips.mark(index);
    this.point(index, true);
  }

  private key(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (!event.altKey) this.pick(this.active, event.shiftKey);
      else if (this.content) this.panel.actions.revealToken(this.active, this.content.sequence);
      return;
    }
    if (event.key === 'F2' && this.content) {
      event.preventDefault();
      void askEdit(this.panel, this.content.sequence, this.active);
      return;
    }
    if (event.altKey) return;
    const next = nextInFlow(event.key, this.active, this.chips.flow.boxes);
    if (next === null) return;
    event.preventDefault();
    this.moveTo(next);
  }
}
