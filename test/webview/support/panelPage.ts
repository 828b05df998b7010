import { mkdir } from 'node:fs/promises';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { toErrorReport, type ErrorReport } from '../../../src/protocol/errors';
import type { InspectorApi } from '../../../src/protocol/inspector';
import { NEVER_CANCELLED, type Handlers } from '../../../src/protocol/rpc';
import { bundle, type Files } from './bundle';
import type { RecipeName } from './recipes';
import { BROWSER_FLAGS } from '../../support/browserFlags';
import { testTokenizer } from './tokenizers';
import { decode, encode } from './wire';

export type Theme = 'dark' | 'light' | 'high-contrast' | 'high-contrast-light';
export const THEMES: readonly Theme[] = ['dark', 'light', 'high-contrast', 'high-contrast-light'];

const ORIGIN = 'https://panel.test';
const NONCE = 'c3R1ZHktdGhlLXBhbmVs';
const TYPES: Record<string, string> = {
  js: 'text/javascript',
  css: 'text/css',
  ttf: 'font/ttf',
};

export interface OpenOptions {
  readonly capture?: RecipeName | 'empty' | 'bridge';
  /** Answers slices of `bridge`, a page that shows runs of this inspector. */
  readonly inspector?: Handlers<InspectorApi>;
  /** Runs before the page's own scripts. */
  readonly script?: string;
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  readonly ratio?: number;
  readonly reducedMotion?: boolean;
  readonly forcedColors?: boolean;
  /** The Masking view alone, as in a side bar. */
  readonly alone?: boolean;
  /** The webview's script as it ships; else one whose errors name their lines. */
  readonly minified?: boolean;
}

let browser: Browser | undefined;

/** Starts the browser on first use; `closeBrowser` ends it. */
async function launched(): Promise<Browser> {
  browser ??= await chromium.launch({
    executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    headless: true,
    args: BROWSER_FLAGS,
  });
  return browser;
}

export async function closeBrowser(): Promise<void> {
  await browser?.close();
  browser = undefined;
}

/** Classes that VS Code puts on the body; high contrast light carries both names. */
function bodyClasses(theme: Theme): string {
  return theme === 'high-contrast-light'
    ? 'vscode-high-contrast-light vscode-high-contrast'
    : `vscode-${theme}`;
}

function documentOf(theme: Theme, alone: boolean): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Attention</title>
<meta property="csp-nonce" content="${NONCE}">
<link rel="stylesheet" href="${ORIGIN}/themes.css"><link rel="stylesheet" href="${ORIGIN}/webview.css">
</head><body class="${bodyClasses(theme)}" data-vscode-theme-kind="vscode-${theme}" data-page="${alone ? 'masking' : 'panel'}"><div id="app"></div>
<script nonce="${NONCE}" src="${ORIGIN}/fakeHost.js"></script>
<script nonce="${NONCE}" src="${ORIGIN}/webview.js"></script></body></html>`;
}

const POLICY = [
  "default-src 'none'",
  `script-src 'nonce-${NONCE}'`,
  `style-src ${ORIGIN} 'nonce-${NONCE}'`,
  `font-src ${ORIGIN}`,
  `img-src ${ORIGIN} blob:`,
  'worker-src blob:',
].join('; ');

/** What an inspector answers to one call, or why it cannot. */
async function answer(
  inspector: Handlers<InspectorApi> | undefined,
  method: keyof InspectorApi,
  params: unknown,
): Promise<{ value: unknown } | { error: ErrorReport }> {
  try {
    if (!inspector) throw new Error('This page has no inspector.');
    return { value: await inspector[method](params as never, () => undefined, NEVER_CANCELLED) };
  } catch (error) {
    return { error: toErrorReport(error) };
  }
}

/** A panel in a page of its own, with everything that went wrong in it. */
export class PanelPage {
  readonly problems: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly context: BrowserContext,
  ) {}

  static async open(options: OpenOptions = {}): Promise<PanelPage> {
    const { capture = 'encoder', theme = 'dark', width = 1200, height = 900 } = options;
    const context = await (
      await launched()
    ).newContext({
      viewport: { width, height },
      deviceScaleFactor: options.ratio ?? 1,
      reducedMotion: options.reducedMotion ? 'reduce' : 'no-preference',
      forcedColors: options.forcedColors ? 'active' : 'none',
    });
    const page = await context.newPage();
    // tsx names inner functions through one of its own, which pages do not have.
    await page.addInitScript('globalThis.__name = value => value');
    if (options.script) await page.addInitScript(options.script);
    const panel = new PanelPage(page, context);
    await page.exposeFunction('traceOf', async (model: string, text: string) =>
      JSON.stringify((await testTokenizer(model)).trace(text)),
    );
    await page.exposeFunction('inspectorOf', async (method: keyof InspectorApi, params: string) =>
      encode(await answer(options.inspector, method, decode(params))),
    );
    await panel.serve(theme, options.alone === true, await bundle(options.minified));
    page.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') {
        panel.problems.push(`console ${message.type()}: ${message.text()}`);
      }
    });
    page.on('pageerror', error =>
      panel.problems.push(`page error: ${error.stack ?? error.message}`),
    );
    await page.goto(`${ORIGIN}/panel?capture=${capture}`);
    await panel.ready();
    return panel;
  }

  private async serve(theme: Theme, alone: boolean, files: Files): Promise<void> {
    await this.page.route('**/*', async route => {
      const url = new URL(route.request().url());
      const name = url.pathname.slice(1);
      const content = files.get(name);
      if (url.origin === ORIGIN && name === 'panel') {
        await route.fulfill({
          contentType: 'text/html',
          headers: { 'content-security-policy': POLICY },
          body: documentOf(theme, alone),
        });
      } else if (url.origin === ORIGIN && content) {
        const contentType = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain';
        await route.fulfill({ contentType, body: Buffer.from(content) });
      } else {
        this.problems.push(`request: ${url.href}`);
        await route.abort();
      }
    });
  }

  /** Waits for the panel to say what it has drawn, `state` if given. */
  async ready(state?: string): Promise<void> {
    const selector = state ? `body[data-ready="${state}"]` : 'body[data-ready]';
    await this.page.waitForSelector(selector, { state: 'attached' });
  }

  /** Shows the run of a text by one of the real tokenizers; `options` change the capture. */
  async showText(
    model: string,
    text: string,
    options: { id?: string; maximumTokens?: number; notes?: string[] } = {},
  ): Promise<void> {
    const { id = 'text-1', maximumTokens = 512, notes = [] } = options;
    const { tokens, total } = (await testTokenizer(model)).encode(text, { maximumTokens });
    await this.page.evaluate(
      ([run, shown]) => window.host.showRecipe(run, shown.model, shown.notes),
      [
        {
          id,
          text,
          tokens: { encoder: tokens },
          totalTokens: total,
          // Maps of thousands of tokens take the fake host a while.
          blocks: [{ stack: 'encoder', kind: 'self', heads: tokens.length > 1000 ? [1] : [2, 2] }],
          isSampled: tokens.length > 1000,
        },
        { model, notes },
      ] as const,
    );
    await this.ready(id);
  }

  /** Reads text as people see it, white space collapsed. */
  async text(selector: string): Promise<string> {
    return (await this.page.locator(selector).first().innerText()).replace(/\s+/g, ' ').trim();
  }

  /** Calls that the panel made, by method. */
  async calls(method: string): Promise<unknown[]> {
    return this.page.evaluate(
      name => window.host.calls.filter(call => call.method === name).map(call => call.params),
      method,
    );
  }

  async screenshot(name: string, fullPage = true): Promise<void> {
    await mkdir('screenshots/webview', { recursive: true });
    await this.page.screenshot({ path: `screenshots/webview/${name}.png`, fullPage });
  }

  /** Everything that must not happen: errors, refused styles or scripts, requests, malformed calls. */
  async allProblems(): Promise<string[]> {
    const inside = await this.page.evaluate(() => [...window.violations, ...window.host.errors]);
    return [...this.problems, ...inside];
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
