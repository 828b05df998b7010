import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';
import { cellPoint } from './support/reading';

/** The locus as `layer head query key`. */
async function locus({ page }: PanelPage): Promise<string> {
  return page.evaluate(() => {
    const saved = window.host.saved as { locus: Record<string, number | string | null> };
    const { layer, head, aggregate, query, key } = saved.locus;
    return [layer, aggregate === 'head' ? head : aggregate, query, key].join(' ');
  });
}

async function expectLocus(panel: PanelPage, wanted: string): Promise<void> {
  await panel.page
    .waitForFunction(text => {
      const saved = window.host.saved as { locus: Record<string, number | string | null> };
      const { layer, head, aggregate, query, key } = saved.locus;
      return [layer, aggregate === 'head' ? head : aggregate, query, key].join(' ') === text;
    }, wanted)
    .catch(async () => assert.equal(await locus(panel), wanted));
}

describe('locus', () => {
  let panel: PanelPage;
  beforeEach(async () => {
    panel = await PanelPage.open();
    await expectLocus(panel, '3 0 15 14');
  });
  afterEach(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
  after(closeBrowser);

  it('pointer: mini map, cell, token, Shift+token, labels, bars and carriers', async () => {
    const { page } = panel;
    await page.locator('.head-cell[data-layer="1"][data-head="2"]').click();
    await expectLocus(panel, '1 2 15 14');
    const point = await cellPoint(panel, 5, 9);
    await page.mouse.click(point.x, point.y);
    await expectLocus(panel, '1 2 5 9');
    await page.locator('.token[data-index="2"]').click();
    await expectLocus(panel, '1 2 2 9');
    await page.locator('.token[data-index="7"]').click({ modifiers: ['Shift'] });
    await expectLocus(panel, '1 2 2 7');
    await page.locator('.query-label[data-index="12"]').click();
    await expectLocus(panel, '1 2 12 7');
    await page.locator('.key-label[data-index="11"]').click();
    await expectLocus(panel, '1 2 12 11');
    await page.locator('.bar-row[data-index="4"]').click();
    await expectLocus(panel, '1 2 12 4');
    const title = await page.locator('.carrier').first().getAttribute('title');
    await page.locator('.carrier').first().click();
    const [layer, head] = title?.match(/\d+/g) ?? [];
    await expectLocus(panel, `${layer} ${head} 12 4`);
  });

  it('hover only previews: the locus stays, the read-out follows', async () => {
    const point = await cellPoint(panel, 2, 6);
    await panel.page.mouse.move(point.x, point.y);
    await panel.page.waitForFunction(() =>
      document.querySelector('.read-out')?.textContent.includes('tiger 2 → a 6'),
    );
    assert.equal(await locus(panel), '3 0 15 14');
    await panel.page.mouse.move(2, 2);
    await panel.page.waitForFunction(() =>
      document.querySelector('.read-out')?.textContent.includes('thirst 15 → was 14'),
    );
  });

  it('hover makes the cell of a known row once, with all that is known of it', async () => {
    const { page } = panel;
    const cell = page.locator('.map-grid [role="gridcell"]');
    const [first, second] = [await cellPoint(panel, 3, 6), await cellPoint(panel, 4, 6)];
    const moveTo = async ({ x, y }: { readonly x: number; readonly y: number }) => {
      const before = await cell.getAttribute('aria-label');
      await page.mouse.move(x, y);
      await page.waitForFunction(text => {
        const now = document.querySelector('.map-cell')?.getAttribute('aria-label');
        return now !== text && now?.includes('rank');
      }, before);
    };
    await moveTo(first);
    await moveTo(second);
    await page.evaluate(() => {
      const grid = document.querySelector<HTMLElement>('.map-grid');
      new MutationObserver(changes => {
        const made = changes.flatMap(change => [...change.addedNodes]).length;
        if (grid) grid.dataset['made'] = String(Number(grid.dataset['made'] ?? 0) + made);
      }).observe(grid ?? document, { childList: true });
    });
    await moveTo(first);
    assert.equal(await page.locator('.map-grid').getAttribute('data-made'), '1');
    await page.mouse.move(2, 2);
    await page.waitForFunction(() =>
      document.querySelector('.read-out')?.textContent.includes('thirst 15 → was 14'),
    );
  });

  it('keys in the map: arrows, Home, End, pages, Ctrl+Home, M and Enter', async () => {
    const { page } = panel;
    const grid = page.locator('.map-grid');
    await page.keyboard.press('Tab');
    await grid.focus();
    const at = async (): Promise<string> =>
      (await grid.locator('[role="gridcell"]').getAttribute('aria-label')) ?? '';
    await page.keyboard.press('Control+Home');
    assert.match(await at(), /^\[CLS\] to \[CLS\]/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('PageDown');
    await page.waitForFunction(() =>
      /^get to the, weight \.\d+, rank \d+ of 19$/.test(
        document.querySelector('.map-cell')?.getAttribute('aria-label') ?? '',
      ),
    );
    assert.equal(await locus(panel), '3 0 15 14');
    await page.keyboard.press('m');
    await page.waitForFunction(() =>
      document.querySelector('.map-cell')?.getAttribute('aria-label')?.startsWith('get to to,'),
    );
    await page.keyboard.press('Enter');
    await expectLocus(panel, '3 0 9 8');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await expectLocus(panel, '3 0 9 18');
    await page.keyboard.press('Home');
    await page.keyboard.press('PageUp');
    await page.keyboard.press('Enter');
    await expectLocus(panel, '3 0 1 0');
    const role = await grid.evaluate(element => {
      const active = element.getAttribute('aria-activedescendant') ?? '';
      return document.getElementById(active)?.getAttribute('role');
    });
    assert.equal(role, 'gridcell');
  });

  it('keys in the strip: arrows move, Enter sets query, Shift+Enter key, Alt+Enter reveals', async () => {
    const { page } = panel;
    await page.locator('.tokens').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expectLocus(panel, '3 0 2 14');
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+Enter');
    await expectLocus(panel, '3 0 2 18');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Alt+Enter');
    assert.deepEqual(await panel.calls('revealToken'), [{ token: 17 }]);
    assert.deepEqual((await panel.calls('hoverToken')).at(-1), { token: 17 });
  });

  it('keys in the overview: one tab stop, arrows move the focus, Enter chooses', async () => {
    const { page } = panel;
    assert.equal(await page.locator('.head-cell[tabindex="0"]').count(), 1);
    await page.locator('.head-cell.is-head').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    assert.equal(await locus(panel), '3 0 15 14');
    await page.keyboard.press('Enter');
    await expectLocus(panel, '4 1 15 14');
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Enter');
    await expectLocus(panel, '0 0 15 14');
  });

  it('keys from anywhere: Alt+arrows, A, M, S, Esc', async () => {
    const { page } = panel;
    await page.keyboard.press('Alt+ArrowDown');
    await expectLocus(panel, '4 0 15 14');
    await page.keyboard.press('Alt+ArrowRight');
    await expectLocus(panel, '4 1 15 14');
    await page.keyboard.press('Alt+ArrowUp');
    await page.keyboard.press('Alt+ArrowLeft');
    await page.keyboard.press('Alt+ArrowLeft');
    await expectLocus(panel, '3 0 15 14');
    await page.keyboard.press('a');
    await expectLocus(panel, '3 mean 15 14');
    await page.keyboard.press('a');
    await expectLocus(panel, '3 max 15 14');
    await page.keyboard.press('a');
    await expectLocus(panel, '3 rollout 15 14');
    await page.keyboard.press('a');
    await expectLocus(panel, '3 norm 15 14');
    await page.keyboard.press('a');
    await expectLocus(panel, '3 0 15 14');
    await page.keyboard.press('Escape');
    await expectLocus(panel, '3 0 15 ');
    assert.equal(await page.locator('.token.is-key').count(), 0);
    await page.keyboard.press('m');
    await expectLocus(panel, '3 0 15 14');
    await page.keyboard.press('s');
    await page.waitForFunction(() =>
      document.querySelector('.legend')?.textContent.includes('(log)'),
    );
  });

  it('hovering a token tells the editor, leaving it too; the cursor marks tokens', async () => {
    const { page } = panel;
    await page.locator('.token[data-index="2"]').hover();
    await page.locator('.token[data-index="3"]').hover();
    await page.mouse.move(600, 30);
    await page.waitForFunction(
      () => window.host.calls.filter(call => call.method === 'hoverToken').length >= 3,
    );
    assert.deepEqual(await panel.calls('hoverToken'), [
      { token: 2 },
      { token: 3 },
      { token: null },
    ]);
    await page.evaluate(() => window.host.emit('cursor', { tokens: [15, 16] }));
    await page.waitForFunction(() => document.querySelectorAll('.token.is-cursor').length === 2);
  });

  it('comes back after a reload, as far as the new capture reaches', async () => {
    await panel.page.locator('.head-cell[data-layer="5"][data-head="3"]').click();
    await panel.page.locator('.token[data-index="4"]').click();
    await panel.page.keyboard.press('t');
    await expectLocus(panel, '5 3 4 14');
    await panel.page.reload();
    await panel.ready('encoder-1');
    await expectLocus(panel, '5 3 4 14');
    assert.equal(
      await panel.page.locator('[aria-label^="Special tokens"]').getAttribute('aria-pressed'),
      'false',
    );
    await panel.page.evaluate(() => window.host.show('short'));
    await panel.ready('short-1');
    await expectLocus(panel, '0 0 0 0');
  });

  it('starts afresh where the saved state makes no sense', async () => {
    await panel.page.evaluate(() =>
      sessionStorage.setItem(
        'saved',
        '{"locus":{"block":1,"layer":"x"},"options":{"scale":7,"folded":"a"}}',
      ),
    );
    await panel.page.reload();
    await panel.ready('encoder-1');
    await expectLocus(panel, '2 1 3 12');
  });
});
