import assert from 'node:assert/strict';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';

/** Left edges of the panes: one a column. */
const columns = ({ page }: PanelPage): Promise<number> =>
  page.evaluate(
    () =>
      new Set(
        [...document.querySelectorAll('.pane')].map(pane =>
          Math.round(pane.getBoundingClientRect().left),
        ),
      ).size,
  );

describe('layout', () => {
  after(closeBrowser);

  for (const [width, expected] of [
    [1200, 3],
    [800, 2],
    [480, 1],
    [400, 1],
  ] as const) {
    it(`has ${expected} columns at ${width} pixels and nothing sticks out`, async () => {
      const panel = await PanelPage.open({ width, height: 900, capture: 'wide' });
      assert.equal(await columns(panel), expected);
      const overflow = await panel.page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      await panel.screenshot(`wide-dark-${width}`);
      await panel.page.setViewportSize({ width: width + 150, height: 900 });
      await panel.page.waitForFunction(
        before =>
          (document.querySelector('.map-cells')?.getBoundingClientRect().width ?? 0) > before,
        0,
      );
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  for (const theme of THEMES) {
    it(`draws the canvases in the colours of ${theme}, also after a change of theme`, async () => {
      const panel = await PanelPage.open({ theme, capture: 'decoder', ratio: 2 });
      await panel.screenshot(`decoder-${theme}-1200`);
      const zero = (): Promise<string> =>
        panel.page.evaluate(() => {
          const canvas = document.querySelector<HTMLCanvasElement>('.map-cells');
          const cell = (canvas?.height ?? 0) / 16;
          const data = canvas?.getContext('2d')?.getImageData(cell * 0.4, cell * 9.4, 1, 1).data;
          return [...(data ?? [])].join();
        });
      const before = await zero();
      const other = theme.includes('light') ? 'vscode-dark' : 'vscode-light';
      await panel.page.evaluate(name => (document.body.className = name), other);
      await panel.page.waitForFunction(
        name =>
          getComputedStyle(document.body).getPropertyValue('--q') !== '' &&
          document.body.className === name,
        other,
      );
      await panel.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
      assert.notEqual(await zero(), before);
      await panel.close();
    });
  }

  it('folds sections in a narrow panel and remembers it', async () => {
    const panel = await PanelPage.open({ width: 480 });
    await panel.page.getByRole('button', { name: 'Fold Heads away' }).click();
    await panel.page.locator('.head-grid').waitFor({ state: 'hidden' });
    await panel.page.reload();
    await panel.ready('encoder-1');
    assert.equal(await panel.page.locator('.head-grid').isVisible(), false);
    await panel.page.getByRole('button', { name: 'Show Heads' }).click();
    await panel.page.locator('.head-grid').waitFor();
    const drawn = await panel.page.evaluate(
      () => document.querySelector<HTMLCanvasElement>('.head-plane canvas')?.width ?? 0,
    );
    assert.ok(drawn > 100, `overview ${drawn} pixels wide`);
    await panel.close();
  });
});
