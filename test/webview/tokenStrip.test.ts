import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('token strip', () => {
  let panel: PanelPage;
  afterEach(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
  after(closeBrowser);

  it('shows a card after a rest: facts, stages, keys; Esc and leaving close it', async () => {
    panel = await PanelPage.open();
    const { page } = panel;
    await panel.showText('encoder', 'it was springy.');
    await page.locator('.token[data-index="4"]').hover();
    const card = page.locator('.token-card');
    await card.waitFor();
    await card.filter({ hasText: 'BertNormalizer' }).waitFor();
    assert.match(
      await panel.text('.token-card'),
      /^##y token 4 of 7 id 157 Text “y” continues spring Vocabulary ##y Characters 13–14 line 1, column 14 of the text Bytes 79 Special no Input springy/,
    );
    assert.match(await panel.text('.token-card'), /WordPiece spring \+ ##y/);
    await page.keyboard.press('Escape');
    await card.waitFor({ state: 'hidden' });
    await page.locator('.token[data-index="0"]').hover();
    await card.waitFor();
    assert.match(await panel.text('.token-card'), /Special yes, put there by TemplateProcessing/);
    await page.mouse.move(2, 500);
    await card.waitFor({ state: 'hidden' });
  });

  it('hides the card of a token that was clicked until the pointer comes back', async () => {
    panel = await PanelPage.open();
    const { page } = panel;
    const token = page.locator('.token[data-index="4"]');
    const card = page.locator('.token-card');
    await token.hover();
    await card.waitFor();
    await token.click();
    await card.waitFor({ state: 'hidden' });
    await token.hover({ position: { x: 4, y: 4 } });
    await page.waitForTimeout(600);
    assert.equal(await card.isVisible(), false);
    await page.mouse.move(2, 500);
    await token.hover();
    await card.waitFor();
  });

  it('shows the card at once for the focus and describes the token by it', async () => {
    panel = await PanelPage.open();
    const { page } = panel;
    await page.keyboard.press('Tab');
    await page.locator('.tokens').focus();
    await page.keyboard.press('Home');
    await page.locator('.token-card').waitFor();
    const active = await page.locator('.tokens').getAttribute('aria-activedescendant');
    assert.equal(
      await page.locator(`[id="${active}"]`).getAttribute('aria-describedby'),
      'token-card',
    );
    await page.keyboard.press('Alt+Enter');
    assert.deepEqual(await panel.calls('revealToken'), [{ token: 0 }]);
    await page.locator('.tokens').blur();
    await page.locator('.token-card').waitFor({ state: 'hidden' });
  });

  for (const view of [
    ...['Tokens', 'Attention', 'Computation', 'Masking', 'Positions', 'Layers', 'Findings'],
  ]) {
    it(`marks no text in ${view} when Shift and a click choose a key`, async () => {
      panel = await PanelPage.open({ height: 1200 });
      const { page } = panel;
      await page.getByRole('tab', { name: view, exact: true }).click();
      const box = (await page.locator('h1, .sentence, .badge').last().boundingBox()) ?? undefined;
      if (box) await page.mouse.click(box.x + 2, box.y + box.height / 2);
      await page.locator('.token[data-index="13"]').click();
      await page.locator('.token[data-index="2"]').click({ modifiers: ['Shift'] });
      await page.locator('.token[data-index="2"].is-key').waitFor();
      const marked = await page.evaluate(() => document.getSelection()?.toString() ?? '');
      assert.equal(marked, '');
      assert.ok(await page.locator('.tokens').evaluate(list => list === document.activeElement));
    });
  }

  for (const width of [1200, 480]) {
    it(`draws what is in sight of 2,100 tokens at ${width} pixels`, async () => {
      panel = await PanelPage.open({ width });
      const { page } = panel;
      const text = Array.from({ length: 2100 }, (_, i) => `the word ${i}`).join(' ');
      await panel.showText('encoder', text, {
        maximumTokens: 2100,
        notes: ['2,100 tokens need 1.1 GB for all maps: each map is computed when you look at it.'],
      });
      await page.getByText('each map is computed when you look at it.').waitFor();
      await page.getByText('Each row of the small maps is one query of several').waitFor();
      assert.ok((await page.locator('.token').count()) < 300);
      await page.locator('.tokens').focus();
      await page.keyboard.press('End');
      const last = page.locator('.token[data-index="2099"]');
      await last.waitFor();
      assert.equal(await last.getAttribute('aria-setsize'), '2100');
      assert.equal(await last.getAttribute('aria-posinset'), '2100');
      const active = await page.locator('.tokens').getAttribute('aria-activedescendant');
      assert.equal(await last.getAttribute('id'), active);
      await page.keyboard.press('Enter');
      await page.waitForFunction(() =>
        document.querySelector('.locus')?.textContent.includes('2099'),
      );
      await page.keyboard.press('Home');
      await page.locator('.token[data-index="0"]').waitFor();
      assert.ok((await page.locator('.token').count()) < 300);
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.screenshot(`strip-long-${width}`, false);
    });
  }
});
