import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';

/** The value below which a share of the times lies. */
const quantile = (times: readonly number[], share: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * share)] ?? NaN;

/** Median and 95th percentile, for people. */
const summary = (times: readonly number[]): string =>
  `${quantile(times, 0.5).toFixed(1)} ms (p95 ${quantile(times, 0.95).toFixed(1)})`;

describe('512 tokens', () => {
  after(closeBrowser);

  it('stay fluid: hover, head change and colours take the time of pixels', async () => {
    const panel = await PanelPage.open({ capture: 'long' });
    const { page } = panel;
    assert.match(
      await panel.text('.legend'),
      /Each pixel is the maximum of 1\.\d × 1\.\d weights\./,
    );
    const times = await page.evaluate(async () => {
      const grid = document.querySelector('.map-grid');
      const box = grid?.getBoundingClientRect();
      if (!grid || !box) throw new Error('No map.');
      const measure = async (act: (i: number) => void, repeats: number): Promise<number[]> => {
        const taken: number[] = [];
        for (let i = 0; i < repeats; i++) {
          const start = performance.now();
          act(i);
          for (let turn = 0; turn < 6; turn++) await Promise.resolve();
          taken.push(performance.now() - start);
          await new Promise(resolve => requestAnimationFrame(resolve));
        }
        return taken;
      };
      const key = (name: string, alt = false): void =>
        void document.body.dispatchEvent(
          new KeyboardEvent('keydown', { key: name, altKey: alt, bubbles: true, cancelable: true }),
        );
      const hover = await measure(i => {
        const [x, y] = [box.x + ((i * 37) % box.width), box.y + ((i * 53) % box.height)];
        grid.dispatchEvent(
          new PointerEvent('pointermove', { clientX: x, clientY: y, bubbles: true }),
        );
      }, 60);
      const colors = await measure(() => key('s'), 12);
      return { hover, colors };
    });
    const change = await page.evaluate(async () => {
      const start = performance.now();
      const observed = new Promise(resolve => {
        const observer = new MutationObserver(() => {
          if (!document.querySelector('.sentence')?.textContent.startsWith('In layer 4')) return;
          observer.disconnect();
          resolve(null);
        });
        const sentence = document.querySelector('.sentence');
        if (sentence) observer.observe(sentence, { childList: true });
      });
      const event = { key: 'ArrowDown', altKey: true, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new KeyboardEvent('keydown', event));
      await observed;
      return performance.now() - start;
    });
    console.log(
      `      hover ${summary(times.hover)} (limit 16), scale change ${summary(times.colors)} (limit 100), ` +
        `layer change with the fake host's own work ${change.toFixed(0)} ms`,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('keep the document small: cells are pixels, the row list draws what is in sight', async () => {
    const panel = await PanelPage.open({ capture: 'long' });
    assert.ok((await panel.page.locator('.bar-row').count()) < 60);
    assert.equal(await panel.page.locator('.map-grid [role="gridcell"]').count(), 1);
    assert.ok((await panel.page.locator('.query-label').count()) < 60);
    assert.equal(await panel.page.locator('.bar-row.is-key').count(), 1);
    await panel.page.locator('.bars.scrolling').evaluate(list => list.scrollTo(0, 0));
    await panel.page.locator('.bar-row[data-index="0"]').waitFor();
    await panel.close();
  });

  it('keep query and key in sight in a narrow strip', async () => {
    const panel = await PanelPage.open({ capture: 'long', width: 480 });
    const { page } = panel;
    await page.locator('.tokens').evaluate(list => list.scrollTo(0, 0));
    await page.locator('.pinned.right .pin').nth(1).waitFor();
    await page.locator('.pinned.right .pin').first().click();
    await page.waitForFunction(() => document.querySelectorAll('.pinned.right .pin').length === 0);
    await panel.close();
  });
});
