import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { BROWSER_FLAGS } from '../../test/support/browserFlags';
import { costOf, firstPicture, pageScript, type Cost } from './page';

/** What its pages load from a CDN, as npm packages beside them. */
const LIBRARIES: readonly (readonly [RegExp, string])[] = [
  [/require(\.min)?\.js$/, 'requirejs/require.js'],
  [/d3(\.min)?\.js$/, 'd3/dist/d3.min.js'],
  [/jquery(\.min)?\.js$/, 'jquery/dist/jquery.min.js'],
];
const PATIENCE = 600_000;

/** What a head view costs to open, with its memory; to show another layer; to point at a token. */
export interface HeadViewCosts {
  readonly load: Cost & { readonly memory: number };
  readonly layer: Cost;
  readonly hover: Cost;
}

/** BertViz's model view in a browser of its own. */
export const modelView = (folder: string): Promise<Cost & { readonly memory: number }> =>
  withPage(folder, 'model-128.html', firstPicture);

/** BertViz's head view: also another layer, and the pointer on a token. */
export const headView = (folder: string): Promise<HeadViewCosts> =>
  withPage(folder, 'head-256.html', async page => {
    const load = await firstPicture(page);
    return {
      load,
      layer: await costOf(page, () => page.evaluate(showLayer)),
      hover: await costOf(page, () => page.evaluate(pointAtToken)),
    };
  });

async function showLayer(): Promise<number> {
  const select = document.querySelector<HTMLSelectElement>('#layer');
  if (!select) throw new Error('No layer to choose.');
  const before = document.querySelector('#attention');
  const start = performance.now();
  select.value = '5';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  const isDrawn = () => {
    const lines = document.querySelector('#attention');
    return lines !== before && lines?.querySelector('line[stroke-opacity]') != null;
  };
  return (await window.whenDrawn(isDrawn)) - start;
}

async function pointAtToken(): Promise<number> {
  const target = document.querySelectorAll('#left > g:last-child > g')[100];
  if (!target) throw new Error('No token to point at.');
  const start = performance.now();
  target.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
  const isDrawn = () => document.querySelector('line[visibility="visible"]') !== null;
  return (await window.whenDrawn(isDrawn)) - start;
}

async function withPage<T>(
  folder: string,
  file: string,
  measure: (page: Page) => Promise<T>,
): Promise<T> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html');
    const path = join(folder, basename(request.url ?? ''));
    createReadStream(path)
      .on('error', () => response.writeHead(404).end())
      .pipe(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const browser = await chromium.launch({
    executablePath: process.env['CHROME_PATH'] ?? '/usr/bin/chromium',
    headless: true,
    args: BROWSER_FLAGS,
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    page.setDefaultTimeout(PATIENCE);
    await page.addInitScript('globalThis.__name = value => value');
    await page.addInitScript(pageScript('document.querySelector("#vis svg line") !== null'));
    await page.route(/^https:/, async route => {
      const url = route.request().url();
      const [, path] = LIBRARIES.find(([name]) => name.test(url)) ?? [];
      if (path) await route.fulfill({ path: join(folder, 'node_modules', path) });
      else await route.abort();
    });
    const failed = new Promise<never>((_, reject) => page.on('pageerror', reject));
    await page.goto(`http://127.0.0.1:${port}/${file}`, {
      waitUntil: 'commit',
      timeout: PATIENCE,
    });
    return await Promise.race([measure(page), failed]);
  } finally {
    await browser.close();
    server.close();
  }
}
