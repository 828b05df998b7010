import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import {
  ensureCodeServer,
  startCodeServer,
  type CodeServer,
} from '../../../scripts/codeServer.mjs';
import { root } from '../../../scripts/machine.mjs';
import { leaveBrowser, testBrowser } from '../../support/browser';
import { Driver } from './driver';
import { BUILT_IN, preparedExtensions } from './packages';
import { watchPage, type PageLog } from './pageLog';

export type EditorTheme = 'dark' | 'light';

const COLOR_THEMES: Record<EditorTheme, string> = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
};
/** What the workspace folder is a copy of. */
export const SAMPLES = path.join(root, 'samples');
/** Class of the workbench that wears a theme. */
const THEME_CLASSES: Record<EditorTheme, string> = { dark: 'vs-dark', light: 'vs' };

/** Settings that every window begins with, beside those that keep VS Code quiet. */
const beginningSettings = (theme: EditorTheme): Record<string, unknown> => ({
  'workbench.colorTheme': COLOR_THEMES[theme],
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  // What moves is drawn again and again, on processors that the tests need.
  'workbench.reduceMotion': 'on',
  'editor.cursorBlinking': 'solid',
  // Tests of findings ask for checks; others do not pay for them.
  'attentionDebugger.checkModels': 'manual',
});

/** Of the window, in pixels. */
export const SIZE = { width: 1500, height: 900 };

export interface WorkbenchOptions {
  readonly theme?: EditorTheme;
  /** False makes VS Code ask whether the folder is trusted. */
  readonly trust?: boolean;
  readonly settings?: Record<string, unknown>;
  /** Variables of the environment; `home` is a folder of this workbench alone. */
  readonly env?: (home: string) => Record<string, string>;
  /** Where its home is made; the folder of temporary files if nothing is said. */
  readonly under?: string;
}

/** Real VS Code in a browser, with the packaged extension and the test driver installed. */
export class Workbench {
  private constructor(
    readonly page: Page,
    readonly driver: Driver,
    /** Workspace folder that is open: a copy of `samples`. */
    readonly folder: string,
    readonly extensions: string,
    readonly log: PageLog,
    readonly server: CodeServer,
    private readonly context: BrowserContext,
    readonly home: string,
  ) {}

  /** Starts a server of its own with fresh folders and opens the samples in it. */
  static async start(options: WorkbenchOptions = {}): Promise<Workbench> {
    const { theme = 'dark', trust = true, settings = {} } = options;
    const entry = await ensureCodeServer();
    const prepared = await preparedExtensions();
    const home = await mkdtemp(path.join(options.under ?? os.tmpdir(), 'attention-e2e-'));
    const place = (name: string) => path.join(home, name);
    const folders = { userData: place('data'), extensions: place('extensions') };
    await cp(prepared, folders.extensions, { recursive: true });
    await cp(SAMPLES, place('samples'), { recursive: true });
    const server = await startCodeServer(entry, {
      ...folders,
      trust,
      builtIn: path.join(path.dirname(prepared), BUILT_IN),
      settings: { ...beginningSettings(theme), ...settings },
      env: {
        ATTENTION_DEBUGGER_DRIVER: place('driver.port'),
        // The models of whoever runs the tests are none of these tests'.
        HF_HOME: place('huggingface'),
        OLLAMA_MODELS: place('ollama'),
        LLAMA_CACHE: place('llama.cpp'),
        ...options.env?.(home),
      },
    });
    const browser = await testBrowser();
    const context = await browser.newContext({ viewport: SIZE });
    const page = await context.newPage();
    page.setDefaultTimeout(240_000);
    const log = watchPage(page);
    const folder = place('samples');
    await page.goto(`${server.url}?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor();
    const steering = new Driver(place('driver.port'));
    const { extensions } = folders;
    return new Workbench(page, steering, folder, extensions, log, server, context, home);
  }

  /** The cache of Hugging Face, which is not there until somebody puts something into it. */
  get hub(): string {
    return path.join(this.home, 'huggingface', 'hub');
  }

  async stop(): Promise<void> {
    await this.context.close();
    leaveBrowser();
    await this.server.stop();
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  /** The panel's page; notebooks and side bars have pages of their own, too. */
  get panel(): FrameLocator {
    const ours = 'iframe.webview.ready[src*="extensionId=attention-debugger"]';
    const panel = `${ours}:not([src*="purpose=webviewView"])`;
    return this.page.frameLocator(panel).frameLocator('iframe#active-frame');
  }

  /** The panel's tokens. */
  get tokens(): Locator {
    return this.panel.locator('.strip .token');
  }

  /** The first token that reads exactly `text`. */
  token(text: string): Locator {
    const chip = this.page.locator('.chip').getByText(text, { exact: true });
    return this.tokens.filter({ has: chip }).first();
  }

  /** Chooses a theme; what is in webviews wears it a little later. */
  async wear(theme: EditorTheme): Promise<void> {
    await this.driver.call('configure', {
      key: 'workbench.colorTheme',
      value: COLOR_THEMES[theme],
    });
    await this.wears(theme);
  }

  /** Waits until the window wears a theme. */
  async wears(theme: EditorTheme): Promise<void> {
    await this.page.locator(`.monaco-workbench.${THEME_CLASSES[theme]}`).waitFor();
  }

  /** Opens a sample in the editor and selects its characters `[start, end)`. */
  async open(name: string, selection?: { start: number; end: number }): Promise<void> {
    await this.showing(() => this.driver.call('open', { path: path.join(this.folder, name) }));
    if (selection) await this.driver.call('select', selection);
  }

  /** Opens a document until it is there: a window that is just starting may put others in its place. */
  private async showing(open: () => Promise<unknown>): Promise<void> {
    const line = this.page.locator('.monaco-editor .view-line').first();
    for (let tries = 0; tries < 12; tries++) {
      await open();
      const isShown = await line.waitFor({ timeout: 20_000 }).then(
        () => true,
        () => false,
      );
      if (isShown) return;
    }
    throw new Error('The document that was opened is not shown.');
  }

  /** Opens an unsaved document with this text and selects all of it. */
  async openText(text: string): Promise<void> {
    await this.driver.call('openText', { text });
    await this.driver.call('select', { start: 0, end: text.length });
  }

  /** Points at the selection and waits for the hover with its tokens. */
  async hoverSelection(): Promise<Locator> {
    const line = this.page.locator('.monaco-editor .view-line').first();
    await this.page.mouse.move(5, 5);
    await line.hover({ position: { x: 45, y: 8 } });
    const hover = this.page.locator('.monaco-hover:visible', { hasText: 'Ids:' });
    await hover.waitFor();
    await hover.evaluate(async element => {
      await Promise.all(element.getAnimations().map(animation => animation.finished));
    });
    return hover;
  }

  /** Chooses an entry of the open menu: VS Code drops clicks on a menu that has only just opened. */
  async choose(entry: Locator): Promise<void> {
    for (let tries = 0; tries < 60; tries++) {
      // One that has closed meanwhile cannot be clicked.
      await entry.click({ timeout: 5000 }).catch(() => undefined);
      const isClosed = await entry.waitFor({ state: 'hidden', timeout: 1000 }).then(
        () => true,
        () => false,
      );
      if (isClosed) return;
    }
    throw new Error('The menu stays open whatever is clicked.');
  }

  /** Runs Inspect Attention as a command; the panel's outcome is awaited apart. */
  async inspect(): Promise<void> {
    await this.driver.call('command', { id: 'attentionDebugger.inspectSelection' });
  }

  /** Waits for the panel's next result after `before` and returns its capture's id. */
  async nextResult(before?: string): Promise<string> {
    const states = ['empty', 'running', 'failed', ...(before ? [before] : [])];
    const others = states.map(state => `:not([data-ready="${state}"])`).join('');
    const body = this.panel.locator(`body[data-ready]${others}`);
    await body.waitFor({ timeout: 240_000 });
    return (await body.getAttribute('data-ready')) ?? '';
  }

  /** Waits for the panel to show a failure, one that says `words` if given, and returns its text. */
  async failure(words?: RegExp): Promise<string> {
    const body = this.panel.locator('body[data-ready="failed"]');
    const failure = body.locator('.failure').filter(words ? { hasText: words } : {});
    await failure.waitFor({ timeout: 240_000 });
    return failure.innerText();
  }

  /** *Reload Window*: unlike a reload of the page it lets VS Code store its state first. */
  async reloadWindow(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    // The extension host that would answer ends with the window.
    this.driver.call('command', { id: 'workbench.action.reloadWindow' }).catch(() => undefined);
    await loaded;
    await this.page.locator('.monaco-workbench').waitFor();
  }

  /** Saves a picture under `screenshots/e2e`. */
  async picture(name: string): Promise<void> {
    const file = path.join(root, `screenshots/e2e/${name}.png`);
    await this.page.screenshot({ path: file, animations: 'disabled' });
  }
}
