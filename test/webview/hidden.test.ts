import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { closeBrowser, PanelPage } from './support/panelPage';

interface Spied {
  /** Calls of the panel, as they were sent. */
  readonly asked: { readonly method: string; readonly params: unknown }[];
  /** By view, the changes of its elements while it was not open. */
  readonly unseen: Record<string, number>;
}

/** Keeps a record of every call that the panel makes. */
const SPY = `
  globalThis.spied = { asked: [], unseen: {} };
  let acquire;
  Object.defineProperty(globalThis, 'acquireVsCodeApi', {
    configurable: true,
    set: value => (acquire = value),
    get: () => () => {
      const host = acquire();
      return {
        ...host,
        postMessage: message => {
          if (message?.kind === 'request') spied.asked.push(structuredClone(message));
          return host.postMessage(message);
        },
      };
    },
  });`;

const VIEWS = ['attention', 'computation', 'masking', 'positions', 'layers', 'tokens'];

/** Methods whose answer the same parameters always have. */
const READS = new Set(
  [
    'overview map row layerRows pair headFacts computation shares difference predictions divergence',
    'residuals lens attribution distribution positions distanceScores orderEffect probes probeLabels',
    'trace tilePlan',
  ].flatMap(names => names.split(' ')),
);

/** Waits until every call has its answer, and what came was drawn. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(
    () =>
      new Promise<boolean>(resolve => {
        const before = (globalThis as unknown as { spied: Spied }).spied.asked.length;
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const { length } = (globalThis as unknown as { spied: Spied }).spied.asked;
            resolve(window.openCalls === 0 && length === before);
          }),
        );
      }),
  );
}

async function open(page: Page, view: string): Promise<void> {
  await page.click(`#tab-${view}`);
  await page.waitForSelector(`#tab-${view}[aria-selected="true"]`);
  await settled(page);
}

describe('views that are not open', () => {
  let panel: PanelPage;

  before(async () => {
    panel = await PanelPage.open({ script: SPY });
    for (const view of VIEWS) {
      await open(panel.page, view);
      await panel.page.evaluate(name => {
        const tree = document.querySelector('#view > *');
        if (!tree) throw new Error('no view is open');
        const { unseen } = (globalThis as unknown as { spied: Spied }).spied;
        new MutationObserver(records => {
          if (!tree.isConnected) unseen[name] = (unseen[name] ?? 0) + records.length;
        }).observe(tree, {
          subtree: true,
          childList: true,
          attributes: true,
          characterData: true,
        });
      }, view);
    }
  });
  after(async () => {
    await panel.close();
    closeBrowser();
  });

  it('ask no question twice, whichever view asks it', async () => {
    const asked = await panel.page.evaluate(
      () => (globalThis as unknown as { spied: Spied }).spied.asked,
    );
    const questions = asked
      .filter(({ method }) => READS.has(method))
      .map(({ method, params }) => `${method} ${JSON.stringify(params)}`);
    assert.ok(questions.length > 10, `only ${questions.length} questions`);
    const again = questions.filter((one, i) => questions.indexOf(one) < i);
    assert.deepEqual(again, []);
  });

  for (const view of ['tokens', 'layers', 'attention', 'masking']) {
    it(`draw nothing while people move in ${view}`, async () => {
      const { page } = panel;
      await open(page, view);
      await page.evaluate(() => {
        const { unseen } = (globalThis as unknown as { spied: Spied }).spied;
        for (const name of Object.keys(unseen)) unseen[name] = 0;
      });
      for (let move = 0; move < 5; move++) {
        for (const key of ['Alt+ArrowUp', 'Alt+ArrowDown']) {
          await page.keyboard.press(key);
          await settled(page);
        }
      }
      const unseen = await page.evaluate(
        () => (globalThis as unknown as { spied: Spied }).spied.unseen,
      );
      const drawn = Object.entries(unseen).filter(([, changes]) => changes > 0);
      assert.deepEqual(drawn, []);
    });
  }

  it('show the layer that was gone to while they were closed', async () => {
    const { page } = panel;
    await open(page, 'tokens');
    const before = await panel.text('.locus-bar');
    await page.keyboard.press('Alt+ArrowUp');
    await settled(page);
    assert.notEqual(await panel.text('.locus-bar'), before);
    await open(page, 'attention');
    const layer = /L(?:ayer )?(\d+)/.exec(await panel.text('.locus-bar'))?.[1];
    const cell = page.locator(
      '.head-cells [aria-selected="true"], .head-cells [aria-current="true"]',
    );
    assert.match(
      (await cell.first().getAttribute('aria-label')) ?? '',
      new RegExp(`\\b${layer}\\b`),
    );
    assert.deepEqual(await panel.allProblems(), []);
  });
});
