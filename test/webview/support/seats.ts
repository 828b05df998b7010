import type { Browser, Page, Route } from 'playwright-core';
import { testBrowser } from '../../support/browser';

export const ORIGIN = 'https://panel.test';

/** What a page must be like. */
export interface Needs {
  readonly width?: number;
  readonly height?: number;
  readonly ratio?: number;
  readonly reducedMotion?: boolean;
  readonly forcedColors?: boolean;
}

/** What a page gets for a name under the origin. */
export interface Served {
  readonly body: string | Buffer;
  readonly contentType: string;
  readonly policy?: string;
}

/** Whom a page belongs to for the time being: it gets the files from here and reports to here. */
export interface Guest {
  readonly served: (name: string) => Served | undefined;
  readonly problems: string[];
  readonly functions: Record<GuestFunction, (first: string, second: string) => Promise<string>>;
}

/** Functions of the test process that pages may call. */
const GUEST_FUNCTIONS = ['traceOf', 'inspectorOf'] as const;
type GuestFunction = (typeof GUEST_FUNCTIONS)[number];

/**
 * A window of the browser that shows one panel after the other. A window and a process for each panel
 * would cost five times the processor time that the panel itself takes to open.
 */
export interface Seat {
  readonly page: Page;
  readonly ratio: number;
  guest: Guest | undefined;
}

let free: Seat[] = [];

/** A page as new, which is the guest's until it is left. */
export async function takeSeat(needs: Needs, guest: Guest): Promise<Seat> {
  const { width = 1200, height = 900, ratio = 1, reducedMotion, forcedColors } = needs;
  const browser = await testBrowser();
  free = free.filter(one => !one.page.isClosed());
  const seat = free.find(one => one.ratio === ratio) ?? (await makeSeat(browser, ratio));
  free = free.filter(one => one !== seat);
  seat.guest = guest;
  await seat.page.setViewportSize({ width, height });
  await seat.page.emulateMedia({
    reducedMotion: reducedMotion ? 'reduce' : 'no-preference',
    forcedColors: forcedColors ? 'active' : 'none',
  });
  return seat;
}

/** Empties a page and keeps it for the next guest. */
export async function leaveSeat(seat: Seat): Promise<void> {
  const { page } = seat;
  await page.evaluate(() => sessionStorage.clear());
  await page.mouse.move(-1, -1);
  seat.guest = undefined;
  // Of the same origin, so that the process stays and with it the scripts that it has compiled.
  await page.goto(`${ORIGIN}/empty`);
  free.push(seat);
}

async function makeSeat(browser: Browser, ratio: number): Promise<Seat> {
  const context = await browser.newContext({ deviceScaleFactor: ratio });
  const page = await context.newPage();
  // Longer than a busy machine takes for anything.
  page.setDefaultTimeout(240_000);
  const seat: Seat = { page, ratio, guest: undefined };
  // tsx names inner functions through one of its own, which pages do not have.
  await page.addInitScript('globalThis.__name = value => value');
  for (const name of GUEST_FUNCTIONS) {
    await page.exposeFunction(name, (first: string, second: string) =>
      seat.guest?.functions[name](first, second),
    );
  }
  await page.route('**/*', route => serve(seat, route));
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') {
      seat.guest?.problems.push(`console ${message.type()}: ${message.text()}`);
    }
  });
  page.on('pageerror', error =>
    seat.guest?.problems.push(`page error: ${error.stack ?? error.message}`),
  );
  return seat;
}

async function serve({ guest }: Seat, route: Route): Promise<void> {
  const url = new URL(route.request().url());
  const isOurs = url.origin === ORIGIN;
  if (isOurs && url.pathname === '/empty') {
    return route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Empty</title>' });
  }
  const served = isOurs ? guest?.served(url.pathname.slice(1)) : undefined;
  if (!served) {
    guest?.problems.push(`request: ${url.href}`);
    return route.abort();
  }
  const { body, contentType, policy } = served;
  const headers = policy ? { headers: { 'content-security-policy': policy } } : {};
  return route.fulfill({ contentType, body, ...headers });
}
