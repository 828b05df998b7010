import type { Page } from 'playwright-core';

/** What a page did that a test may judge at the end. */
export interface PageLog {
  /** Errors that our panel or its policy caused. */
  readonly errors: string[];
  /** Addresses that the panel's own documents asked for. */
  readonly requests: string[];
}

/** Frames of webviews live on an origin of their own; what happens there is ours. */
const WEBVIEW = /vscode-webview|\/webview\/|fake\.html|webview\.js/;

/** Notes errors, policy violations and requests of the webview frames from now on. */
export function watchPage(page: Page): PageLog {
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('console', message => {
    const place = message.location().url;
    const violation = /Content Security Policy|securitypolicyviolation/i.test(message.text());
    if (message.type() === 'error' && (violation || WEBVIEW.test(place))) {
      errors.push(`${message.text()} (${place})`);
    }
  });
  page.on('pageerror', error => {
    if (WEBVIEW.test(error.stack ?? '')) errors.push(`${error.message}\n${error.stack ?? ''}`);
  });
  page.on('request', request => {
    const frame = request.serviceWorker() ? null : request.frame();
    if (frame && WEBVIEW.test(frame.url())) requests.push(request.url());
  });
  return { errors, requests };
}
