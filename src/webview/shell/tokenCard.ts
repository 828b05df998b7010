import type { Token } from '../../protocol/tokens';
import type { Sequence } from '../app/actions';
import type { Panel } from '../app/panel';
import type { State } from '../app/state';
import { el, fill, putAt } from '../kit/dom';

/** A pointer that rests this long on a token wants to know more; one that leaves may come back. */
const REST_MS = 350;
const LEAVE_MS = 150;
/** Room between the card and the panel's edges. */
const MARGIN = 8;

/** The token that a card is about. */
export interface CardSubject {
  readonly tokens: readonly Token[];
  readonly index: number;
  readonly sequence: Sequence;
  readonly role: 'both' | 'query' | 'key';
  /** The chip that the card stands below. */
  readonly anchor: HTMLElement;
}

/** What a card says of its token. */
export type CardContent = (subject: CardSubject, token: Token, state: State) => HTMLElement[];

/** Everything about one token, shown below it while the pointer or the focus is on it. */
export class TokenCard {
  readonly element = el('div.token-card', { id: 'token-card', role: 'tooltip', hidden: true });
  private subject: CardSubject | null = null;
  /** The chip whose card was dismissed: the pointer has to leave it first. */
  private dismissed: HTMLElement | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly panel: Panel,
    private readonly content: CardContent,
  ) {
    this.element.addEventListener('pointerenter', () => clearTimeout(this.timer));
    this.element.addEventListener('pointerleave', () => this.leave());
    document.addEventListener(
      'keydown',
      event => {
        if (event.key !== 'Escape' || this.element.hidden) return;
        event.preventDefault();
        this.hide();
      },
      { capture: true },
    );
    panel.store.select(
      state => [state.trace],
      () => {
        if (!this.element.hidden) this.draw();
      },
    );
  }

  /** Shows the card: at once for the focus, after a rest for the pointer. */
  show(subject: CardSubject, atOnce: boolean): void {
    if (!atOnce && subject.anchor === this.dismissed) return;
    this.dismissed = null;
    if (subject.anchor === this.subject?.anchor) {
      if (!this.element.hidden) clearTimeout(this.timer);
      return;
    }
    this.release();
    this.subject = subject;
    clearTimeout(this.timer);
    if (atOnce || !this.element.hidden) this.open();
    else this.timer = setTimeout(() => this.open(), REST_MS);
  }

  /** The pointer or the focus left; the card goes unless the pointer is on its way to it. */
  leave(): void {
    this.dismissed = null;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.hide(), LEAVE_MS);
  }

  /** Hides the card of a chip until the pointer comes back to it. */
  dismiss(anchor: HTMLElement): void {
    this.hide();
    this.dismissed = anchor;
  }

  hide(): void {
    clearTimeout(this.timer);
    this.release();
    this.subject = null;
    this.element.hidden = true;
  }

  private release(): void {
    this.subject?.anchor.removeAttribute('aria-describedby');
  }

  private open(): void {
    const { subject, element } = this;
    if (!subject?.anchor.isConnected) return;
    this.panel.actions.wantTrace();
    this.draw();
    element.hidden = false;
    subject.anchor.setAttribute('aria-describedby', element.id);
    const chip = subject.anchor.getBoundingClientRect();
    const strip = element.parentElement?.getBoundingClientRect();
    if (!strip) return;
    const rightmost = strip.width - element.offsetWidth - MARGIN;
    const left = Math.max(MARGIN, Math.min(chip.left - strip.left, rightmost));
    putAt(element, { left, top: Math.min(chip.bottom - strip.top, strip.height) + 2 });
  }

  private draw(): void {
    const { subject } = this;
    const { state } = this.panel.store;
    const token = subject?.tokens[subject.index];
    if (!subject || !token) return;
    fill(this.element, ...this.content(subject, token, state), hints(subject));
  }
}

function hints({ role }: CardSubject): HTMLElement {
  const hint = (key: string, text: string): HTMLElement => el('span', el('kbd', key), ` ${text}`);
  return el(
    'div.card-hints',
    role !== 'key' && hint('Enter', 'set query'),
    role === 'key' && hint('Enter', 'set key'),
    role === 'both' && hint('Shift+Enter', 'set key'),
    hint('Alt+Enter', 'go to text'),
  );
}
