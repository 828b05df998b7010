import { mkdir } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { toErrorReport, type ErrorReport } from '../../../src/protocol/errors';
import type { InspectorApi } from '../../../src/protocol/inspector';
import { NEVER_CANCELLED, type Handlers } from '../../../src/protocol/rpc';
import { bundle } from './bundle';
import type { RecipeName } from './recipes';
import { leaveSeat, ORIGIN, takeSeat, type Needs, type Seat, type Served } from './seats';
import { testTokenizer } from './tokenizers';
import { decode, encode } from './wire';

export { leaveBrowser as closeBrowser } from '../../support/browser';

export type Theme = 'dark' | 'light' | 'high-contrast' | 'high-contrast-light';
export const THEMES: readonly Theme[] = ['dark', 'light', 'high-contrast', 'high-contrast-light'];

const NONCE = 'c3R1ZHktdGhlLXBhbmVs';
const TYPES: Record<string, string> = {
  js: 'text/javascript',
  css: 'text/css',
  ttf: 'font/ttf',
};

export interface OpenOptions extends Needs {
  readonly capture?: RecipeName | 'empty' | 'bridge';
  /** Answers slices of `bridge`, a page that shows runs of this inspector. */
  readonly inspector?: Handlers<InspectorApi>;
  /** Runs before the page's own scripts. */
  readonly script?: string;
  readonly theme?: Theme;
  /** The Masking view alone, as in a side bar. */
  readonly alone?: boolean;
  /** The webview's script as it ships; else one whose errors name their lines. */
  readonly minified?: boolean;
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
<script nonce="${NONCE}" src="${ORIGIN}/before.js"></script>
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

/** A panel in a page, with everything that went wrong in it. */
export class PanelPage {
  private constructor(
    private readonly seat: Seat,
    readonly problems: string[],
  ) {}

  get page(): Page {
    return this.seat.page;
  }

  static async open(options: OpenOptions = {}): Promise<PanelPage> {
    const { capture = 'encoder', theme = 'dark', script = '', inspector } = options;
    const files = await bundle(options.minified);
    const problems: string[] = [];
    const served = (name: string): Served | undefined => {
      if (name === 'panel') {
        const body = documentOf(theme, options.alone === true);
        return { body, contentType: 'text/html', policy: POLICY };
      }
      const contentType = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain';
      if (name === 'before.js') return { body: script, contentType };
      const content = files.get(name);
      return content && { body: Buffer.from(content), contentType };
    };
    const seat = await takeSeat(options, {
      served,
      problems,
      functions: {
        traceOf: async (model, text) => JSON.stringify((await testTokenizer(model)).trace(text)),
        inspectorOf: async (method, params) =>
          encode(await answer(inspector, method as keyof InspectorApi, decode(params))),
      },
    });
    const panel = new PanelPage(seat, problems);
    await panel.page.goto(`${ORIGIN}/panel?capture=${capture}`);
    await panel.ready();
    return panel;
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

  /** Leaves the page to the next panel. */
  async close(): Promise<void> {
    await leaveSeat(this.seat);
  }
}
