import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';
import { openMasking } from './support/sides';

/** Where the tabs stand and which are hidden. */
const tabsOf = ({ page }: PanelPage): Promise<string> =>
  page
    .locator('.tab')
    .evaluateAll(tabs =>
      tabs
        .map(tab => `${tab.textContent} ${Math.round(tab.getBoundingClientRect().left)}`)
        .join(', '),
    );

describe('what a new user sees', () => {
  after(closeBrowser);

  for (const width of [530, 600, 670]) {
    it(`has the heat map in sight in a panel of ${width} pixels`, async () => {
      const panel = await PanelPage.open({ width, height: 800 });
      const box = await panel.page.locator('.map-cells').boundingBox();
      assert.ok(box && box.y + box.height <= 800, JSON.stringify(box));
      await panel.screenshot(`first-${width}`, false);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  it('keeps the tabs where they are, however long the names of the locus', async () => {
    for (const width of [720, 900, 1200]) {
      const panel = await PanelPage.open({ width });
      const before = await tabsOf(panel);
      assert.equal(await panel.page.locator('.tab:visible').count(), 7, String(width));
      await panel.page.evaluate(() => {
        for (const token of document.querySelectorAll('.locus .token-text')) {
          token.textContent = 'extraordinarily-';
        }
      });
      assert.equal(await tabsOf(panel), before, String(width));
      assert.equal(await panel.page.locator('.tab:visible').count(), 7, String(width));
      await panel.close();
    }
  });

  it('cuts the tokens of the locus and keeps its weight in sight', async () => {
    const panel = await PanelPage.open({ width: 880 });
    await panel.page.evaluate(() => {
      for (const token of document.querySelectorAll('.locus .token-text')) {
        token.textContent = 'extraordinarily-';
      }
    });
    const box = await panel.page.locator('.locus-part.number').boundingBox();
    const names = await panel.page
      .locator('.locus .token-text')
      .evaluateAll(tokens => tokens.map(token => token.getBoundingClientRect().width));
    assert.ok(
      names.every(width => width > 20),
      names.join(),
    );
    assert.ok(box && box.width > 0 && box.x + box.width <= 880, JSON.stringify(box));
    await panel.screenshot('first-long-locus', false);
    await panel.close();
  });

  it('gives the choice of attention a line of its own where it has no room beside the tabs', async () => {
    const panel = await PanelPage.open({ capture: 'translation', width: 820 });
    assert.equal(await panel.page.locator('.tab:visible').count(), 7);
    await panel.screenshot('first-translation-820', false);
    await panel.close();
  });

  it('leads to a sample and to the walkthrough, from the empty panel and from the help', async () => {
    const panel = await PanelPage.open({ capture: 'empty' });
    const { page } = panel;
    await page.getByRole('button', { name: 'Try a sample' }).click();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog');
    for (const word of ['received', 'control task', 'KL in nats']) {
      await help.getByText(word, { exact: true }).waitFor();
    }
    await panel.screenshot('first-help');
    await help.getByRole('button', { name: 'Open the walkthrough' }).click();
    assert.equal(await help.isVisible(), false);
    assert.deepEqual(await panel.calls('remedy'), [
      { remedy: 'openSample' },
      { remedy: 'openWalkthrough' },
    ]);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('offers other models in the picker, which goes on naming the one on show', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    const picker = page.locator('.picker');
    const name = await picker.evaluate(
      one => (one as unknown as { displayValue: string }).displayValue,
    );
    await picker.click();
    await page.getByRole('option', { name: 'Choose a model…' }).click();
    await page.waitForFunction(() => window.host.calls.some(({ method }) => method === 'remedy'));
    assert.deepEqual(await panel.calls('remedy'), [{ remedy: 'chooseModel' }]);
    assert.deepEqual(await panel.calls('useModel'), []);
    await page.waitForFunction(
      shown =>
        (document.querySelector('.picker') as unknown as { displayValue: string }).displayValue ===
        shown,
      name,
    );
    await panel.close();
  });

  it('Shift+click on a token makes it the key and selects no text', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await page.locator('.token[data-index="2"]').click();
    await page.locator('.token[data-index="11"]').click({ modifiers: ['Shift'] });
    await page.waitForSelector('.token.is-key[data-index="11"]');
    assert.equal(await page.evaluate(() => String(getSelection())), '');
    await panel.close();
  });

  it('says that there is no other run, where none was chosen', async () => {
    const panel = await PanelPage.open({ capture: 'translation' });
    const { page } = panel;
    await page.getByRole('tab', { name: 'Masking' }).click();
    await page.getByText('Choose the model of a second run').waitFor();
    await page.waitForFunction(
      () =>
        (
          document.querySelector('[aria-label="Model of the other run"]') as unknown as {
            displayValue: string;
          }
        ).displayValue === 'No other run',
    );
    await panel.close();
  });

  it('names the stack that a changed mask works in, and the predictions of cross-attention', async () => {
    const panel = await PanelPage.open({ capture: 'translation', height: 1400 });
    const { page } = panel;
    await openMasking(panel, 'translation');
    const titles = () => page.locator('.mask-column h2').allTextContents();
    assert.equal((await titles())[2], 'C · Encoder with a causal mask imposed');
    await page.getByRole('radio', { name: 'Cross' }).click();
    await page.waitForFunction(() =>
      document.querySelectorAll('.mask-column h2')[2]?.textContent.includes('Cross-attention'),
    );
    assert.equal(
      (await titles())[2],
      'C · Cross-attention with a causal mask imposed in the encoder',
    );
    const rows = page.locator('[aria-label="This run"] .query-label');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[aria-label="This run"] .query-label')].every(row =>
        row.textContent.startsWith('#'),
      ),
    );
    assert.equal(await rows.count(), 6);
    await page.getByRole('radio', { name: 'Decoder' }).click();
    await page.waitForFunction(() =>
      document.querySelectorAll('.mask-column h2')[2]?.textContent.includes('Decoder'),
    );
    assert.equal((await titles())[2], 'C · Decoder with a causal mask imposed in the encoder');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
