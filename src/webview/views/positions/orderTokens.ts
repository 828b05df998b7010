import type { Token } from '../../../protocol/tokens';
import { el, fill, tokenSpan } from '../../kit/dom';
import { label } from '../../reading/tokenText';
import type { Order } from '../../app/choices/positions';

/** What the line shows. */
export interface OrderContent {
  readonly tokens: readonly Token[];
  readonly order: Order;
  readonly query: number | null;
  readonly key: number | null;
}

/** What people do with it; tokens by their index in the text, places by where they stand now. */
export interface OrderAnswers {
  move(from: number, to: number): void;
  choose(token: number, asKey: boolean): void;
}

/** Pointers that moved less than this have clicked. */
const DRAG_FROM = 5;

/** The tokens in the order of the run: dragged by the pointer, moved by Alt with arrow keys. */
export class TokenOrder {
  readonly element: HTMLElement;
  private content: OrderContent | null = null;
  private active = 0;
  private drawn = '';
  private drag: { readonly from: number; readonly x: number; to: number | null } | null = null;

  constructor(private readonly answers: OrderAnswers) {
    this.element = el('div.order-line', {
      role: 'listbox',
      'aria-label': 'Tokens in the order of the run: Alt with arrow keys moves one',
      'aria-orientation': 'horizontal',
      on: {
        keydown: event => this.key(event),
        focusin: event => this.activate(this.placeOf(event.target)),
        pointerdown: event => this.press(event),
        pointermove: event => this.dragOver(event),
        pointerup: event => this.drop(event),
        pointercancel: () => this.endDrag(),
      },
    });
  }

  /** Place of the token that the focus was on last. */
  get place(): number {
    return this.active;
  }

  show(content: OrderContent): void {
    const before = this.content;
    this.content = content;
    const drawn = JSON.stringify(content.order);
    const isSame = before?.tokens === content.tokens && drawn === this.drawn;
    this.drawn = drawn;
    const hadFocus = this.element.contains(document.activeElement);
    if (!isSame) {
      this.active = Math.min(this.active, Math.max(0, content.order.length - 1));
      fill(this.element, ...content.order.map((token, place) => chip(content, token, place)));
    }
    this.mark();
    if (!isSame && hadFocus) this.chipAt(this.active)?.focus();
  }

  /** Makes the token at a place the one that buttons move, without taking the focus. */
  activate(place: number | null): void {
    if (place === null) return;
    this.active = place;
    this.mark();
  }

  private mark(): void {
    const { content } = this;
    if (!content) return;
    [...this.element.children].forEach((element, place) => {
      const token = content.order[place];
      element.classList.toggle('is-query', token === content.query);
      element.classList.toggle('is-key', token === content.key);
      element.setAttribute('aria-selected', String(place === this.active));
      element.setAttribute('tabindex', place === this.active ? '0' : '-1');
    });
  }

  private chipAt(place: number): HTMLElement | null {
    const element = this.element.children[place];
    return element instanceof HTMLElement ? element : null;
  }

  private placeOf(target: EventTarget | null): number | null {
    const element = target instanceof Element ? target.closest('.order-token') : null;
    const place = element ? [...this.element.children].indexOf(element) : -1;
    return place < 0 ? null : place;
  }

  private key(event: KeyboardEvent): void {
    if (!this.content || event.ctrlKey || event.metaKey) return;
    const { order } = this.content;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey) {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      event.preventDefault();
      this.answers.move(this.active, this.active + (event.key === 'ArrowLeft' ? -1 : 1));
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.answers.choose(order[this.active] ?? 0, event.shiftKey);
      return;
    }
    const ends: Record<string, number> = { Home: 0, End: order.length - 1 };
    const target = step === undefined ? ends[event.key] : this.active + step;
    if (target === undefined) return;
    event.preventDefault();
    this.chipAt(Math.max(0, Math.min(order.length - 1, target)))?.focus();
  }

  private press(event: PointerEvent): void {
    const from = this.placeOf(event.target);
    if (from === null || event.button !== 0) return;
    this.activate(from);
    this.drag = { from, x: event.clientX, to: null };
    this.element.setPointerCapture(event.pointerId);
  }

  private dragOver(event: PointerEvent): void {
    const { drag } = this;
    if (!drag || (drag.to === null && Math.abs(event.clientX - drag.x) < DRAG_FROM)) return;
    const to = this.placeOf(document.elementFromPoint(event.clientX, event.clientY));
    if (to !== null && this.content?.tokens[this.content.order[to] ?? -1]?.special !== true) {
      drag.to = to;
    } else drag.to ??= drag.from;
    [...this.element.children].forEach((element, place) => {
      element.classList.toggle('is-dragged', place === drag.from);
      element.classList.toggle('drop-before', place === drag.to && drag.to < drag.from);
      element.classList.toggle('drop-after', place === drag.to && drag.to > drag.from);
    });
  }

  private drop(event: PointerEvent): void {
    const { drag } = this;
    this.endDrag();
    if (!drag) return;
    this.chipAt(drag.from)?.focus();
    if (drag.to === null) {
      this.answers.choose(this.content?.order[drag.from] ?? 0, event.shiftKey);
    } else if (drag.to !== drag.from) {
      this.answers.move(drag.from, drag.to);
    }
  }

  private endDrag(): void {
    this.drag = null;
    for (const element of this.element.children) {
      element.classList.remove('is-dragged', 'drop-before', 'drop-after');
    }
  }

  /** Puts the focus on the token that now stands at a place. */
  focus(place: number): void {
    this.active = place;
    this.chipAt(place)?.focus();
  }
}

function chip({ tokens, order }: OrderContent, token: number, place: number): HTMLElement {
  const one = tokens[token];
  const special = one?.special === true;
  const isMoved = token !== place;
  const where = [
    `place ${place} of ${order.length}`,
    isMoved ? `token ${token} of the text` : '',
    special ? 'keeps its place' : '',
  ];
  return el(
    'div',
    {
      class: ['order-token', special ? 'special' : '', isMoved ? 'is-moved' : ''],
      role: 'option',
    },
    el('span.index', { text: String(token), 'aria-hidden': 'true' }),
    tokenSpan(label(one, 24)),
    el('span.visually-hidden', `, ${where.filter(Boolean).join(', ')}`),
  );
}
