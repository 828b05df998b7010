import { join } from 'node:path';
import type { PanelPage } from '../../test/webview/support/panelPage';

/** What one panel takes: processor time in milliseconds, memory in bytes. */
export interface PanelCosts {
  /** Scripts, from nothing to the first picture. */
  readonly picture: number;
  /** Scripts, for one cell of the map that is pointed at; the mean of many. */
  readonly hover: number;
  /** Heap of the page after every view was opened and garbage collected. */
  readonly heap: number;
}

const HOVERS = 120;
const VIEWS = ['computation', 'masking', 'positions', 'layers', 'tokens', 'attention'];

/** Measures the panel of one checkout, its fake host included, on the page of the tests. */
async function costs(root: string): Promise<PanelCosts> {
  const pages = (await import(join(root, 'test/webview/support/panelPage'))) as {
    readonly PanelPage: typeof PanelPage;
  };
  // The first panel starts the browser and compiles the scripts.
  await (await pages.PanelPage.open({ minified: true })).close();
  const { page } = await pages.PanelPage.open({ minified: true });
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metric = async (name: string, scale = 1): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return scale * (metrics.find(one => one.name === name)?.value ?? NaN);
  };
  const rested = () =>
    page.evaluate(() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 30))));
  await page.reload();
  await page.waitForSelector('body[data-ready]', { state: 'attached' });
  await rested();
  const picture = await metric('ScriptDuration', 1000);
  const box = await page.locator('.map-grid').boundingBox();
  if (!box) throw new Error('No map.');
  const point = (i: number) =>
    page.mouse.move(
      box.x + ((i * 37) % 100) * (box.width / 101),
      box.y + ((i * 61) % 100) * (box.height / 101),
    );
  // Twice: the first round fetches the rows, so that the second draws them at once.
  let before = 0;
  for (const round of [0, 1]) {
    if (round === 1) before = await metric('ScriptDuration', 1000);
    for (let i = 0; i < HOVERS; i++) {
      await point(i);
      await rested();
    }
  }
  const hover = ((await metric('ScriptDuration', 1000)) - before) / HOVERS;
  for (const view of VIEWS) {
    await page.click(`#tab-${view}`);
    await rested();
    await rested();
  }
  await session.send('HeapProfiler.collectGarbage');
  return { picture, hover, heap: await metric('JSHeapUsedSize') };
}

const [root = process.cwd()] = process.argv.slice(2);
console.log(JSON.stringify(await costs(root)));
process.exit();
