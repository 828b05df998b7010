import type { ErrorReport } from '../../protocol/errors';
import type { PanelApi, PanelEvents, SharedLocus } from '../../protocol/panel';
import type { Handlers } from '../../protocol/rpc';
import type { Page, PageEvent, PageOwner } from './page';

/** What the pages ask of the session that they show. */
export interface PagesContext {
  /** Answers what a page asks. */
  handlers(page: Page): Handlers<PanelApi>;
  /** A page went out of sight, or is gone for good. */
  left(page: Page, isClosed: boolean): void;
  warn(message: string): void;
}

/** The pages of a session: what is sent goes to each that is in sight. */
export class Pages implements PageOwner {
  private readonly inSight = new Set<Pick<Page, 'send'>>();
  /** Where the page that moved last stands. */
  private locus: SharedLocus | undefined;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly context: PagesContext) {}

  get isEmpty(): boolean {
    return this.inSight.size === 0;
  }

  /** Counts a page as in sight, and tells it where the others stand. */
  add(page: Pick<Page, 'send'>): void {
    this.inSight.add(page);
    for (const go of this.waiting.splice(0)) go();
    if (this.locus && this.inSight.size > 1) page.send('locus', this.locus);
  }

  /** Resolves once a page is in sight. */
  async seen(): Promise<void> {
    if (this.isEmpty) await new Promise<void>(resolve => this.waiting.push(resolve));
  }

  /** Sends an event to every page in sight. */
  send<N extends PageEvent>(name: N, value: PanelEvents[N]): void {
    for (const page of this.inSight) page.send(name, value);
  }

  /** Tells the other pages where `from` stands; `capture` is the one that they show. */
  shareLocus(from: Pick<Page, 'send'>, locus: SharedLocus, capture: string | undefined): void {
    if (locus.capture !== capture) return;
    this.locus = locus;
    for (const page of this.inSight) if (page !== from) page.send('locus', locus);
  }

  handlers(page: Page): Handlers<PanelApi> {
    return this.context.handlers(page);
  }

  onError(method: string, { code, message, detail }: ErrorReport): void {
    this.context.warn(`panel, ${method}: ${code}: ${message}${detail ? `\n${detail}` : ''}`);
  }

  hidden(page: Page): void {
    this.inSight.delete(page);
    this.context.left(page, false);
  }

  closed(page: Page): void {
    this.inSight.delete(page);
    this.context.left(page, true);
  }
}
