import type { Capture } from '../../src/inspector/capture/capture';
import { headFacts } from '../../src/inspector/capture/headFacts';
import { layerRows } from '../../src/inspector/capture/layerRows';
import { createInspector } from '../../src/inspector/inspector';
import type { InspectorApi } from '../../src/protocol/inspector';
import type { Handlers } from '../../src/protocol/rpc';
import { endBrowser } from '../../test/support/browser';
import { PanelPage } from '../../test/webview/support/panelPage';
import { median } from '../support';
import type { HeadViewCosts } from './bertviz';
import { costOf, firstPicture, pageScript, type Cost } from './page';

/** An inspector that holds this one capture. */
function inspectorOf(capture: Capture): Handlers<InspectorApi> {
  return {
    ...createInspector(),
    overview: ({ block }) => capture.overview(block),
    map: params => capture.map(params),
    row: params => capture.row(params),
    layerRows: params => layerRows(capture, params),
    pair: ({ block, query, key }) => capture.pair(block, query, key),
    headFacts: ({ block }) => headFacts(capture, block),
  };
}

/** Calls `measure` with a panel in a browser of its own; shows the run from the start, or not yet. */
async function withPanel<T>(
  capture: Capture,
  options: { readonly picture?: 'map' | 'arcs'; readonly shown?: boolean },
  measure: (panel: PanelPage) => Promise<T>,
): Promise<T> {
  const { picture = 'map', shown = true } = options;
  const saved = JSON.stringify({ locus: null, options: { picture } });
  const run = shown ? `window.runOnShow = ${JSON.stringify(capture.summary)};` : '';
  const panel = await PanelPage.open({
    capture: 'bridge',
    minified: true,
    inspector: inspectorOf(capture),
    script: `
      sessionStorage.setItem('saved', ${JSON.stringify(saved)});
      ${run}
      ${pageScript(`document.body?.dataset.ready === '${capture.summary.id}'`)}`,
  });
  panel.page.setDefaultTimeout(120_000);
  try {
    return await measure(panel);
  } finally {
    await panel.close();
    await endBrowser();
  }
}

/** Opening the panel with a run. */
export const paint = (capture: Capture): Promise<Cost & { readonly memory: number }> =>
  withPanel(capture, {}, ({ page }) => firstPicture(page));

/** From the end of a run to its picture, the panel being open. */
export const afterCapture = (capture: Capture): Promise<Cost> =>
  withPanel(capture, { shown: false }, ({ page }) =>
    costOf(page, () =>
      page.evaluate(async summary => {
        const start = performance.now();
        window.host.showRun(summary);
        const isDrawn = () => document.body.dataset['ready'] === summary.id;
        return (await window.whenDrawn(isDrawn)) - start;
      }, capture.summary),
    ),
  );

/** The same as BertViz's head view: another layer, and the pointer on a token that nobody has looked at. */
export const headView = (capture: Capture, picture: 'map' | 'arcs'): Promise<HeadViewCosts> =>
  withPanel(capture, { picture }, async ({ page }) => {
    const load = await firstPicture(page);
    await page.waitForFunction(() => window.openCalls === 0);
    return {
      load,
      layer: await costOf(page, () => page.evaluate(showLayer)),
      hover: await costOf(page, () => page.evaluate(pointAtToken)),
    };
  });

async function showLayer(): Promise<number> {
  const sentence = () => document.querySelector('.sentence')?.textContent ?? '';
  const before = sentence();
  const start = performance.now();
  document.body.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'ArrowDown', altKey: true, bubbles: true }),
  );
  const isDrawn = () => sentence() !== before && window.openCalls === 0;
  return (await window.whenDrawn(isDrawn)) - start;
}

async function pointAtToken(): Promise<number> {
  const start = performance.now();
  const token = document.querySelector('.query-side .arc-name:nth-child(20)');
  const grid = document.querySelector('.map-grid');
  const box = grid?.getBoundingClientRect();
  if (token) token.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
  else if (grid && box) {
    const [clientX, clientY] = [box.x + box.width / 5, box.y + box.height / 3];
    grid.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true }));
  }
  return (await window.whenDrawn(() => window.openCalls === 0)) - start;
}

/** Milliseconds of processor time that scripts take of the page's main thread, for each of many changes. */
export const blocked = (capture: Capture): Promise<{ hover: number[]; colors: number[] }> =>
  withPanel(capture, {}, async ({ page }) => {
    await page.waitForFunction(() => window.openCalls === 0);
    const session = await page.context().newCDPSession(page);
    // Processor time: on a busy machine a script that waits for its turn blocks nobody's mind.
    await session.send('Performance.enable', { timeDomain: 'threadTicks' });
    const scripts = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? NaN);
    };
    const measure = async (act: (i: number) => Promise<unknown>, repeats: number) => {
      const taken: number[] = [];
      for (let i = 0; i < repeats; i++) {
        const before = await scripts();
        await act(i);
        await page.evaluate(settle);
        taken.push((await scripts()) - before);
      }
      return taken;
    };
    const nothing = await measure(() => Promise.resolve(), 20);
    const hover = (i: number) => page.evaluate(pointAt, i);
    // The first round fetches the rows, so that the second draws them at once.
    await measure(hover, 60);
    const hovered = await measure(hover, 60);
    const maps = ['Viridis', 'Grey', 'Cividis', 'Tide'];
    const colors = await measure(i => page.evaluate(colorBy, maps[i % maps.length] ?? ''), 40);
    const own = median(nothing);
    const without = (times: readonly number[]) => times.map(time => Math.max(0, time - own));
    return { hover: without(hovered), colors: without(colors) };
  });

/** Frames in which nothing is asked for. */
async function settle(): Promise<void> {
  await window.whenDrawn(() => window.openCalls === 0);
  await window.settled();
}

/** Points at one of many cells of the map. */
function pointAt(i: number): void {
  const grid = document.querySelector('.map-grid');
  const box = grid?.getBoundingClientRect();
  if (!grid || !box) throw new Error('No map.');
  const [clientX, clientY] = [
    box.x + ((i * 37) % box.width),
    box.y + ((i * 53) % Math.min(box.height, 700)),
  ];
  grid.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true }));
}

function colorBy(name: string): void {
  const choice = document.querySelector<HTMLInputElement>('[aria-label="Colour map"]');
  if (!choice) throw new Error('No colours to choose.');
  choice.value = name;
  choice.dispatchEvent(new Event('change', { bubbles: true }));
}
