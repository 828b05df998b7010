import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('target text', () => {
  after(closeBrowser);

  it('is asked for where a model has two stacks, and nowhere else', async () => {
    const panel = await PanelPage.open({ capture: 'translation' });
    assert.equal(await panel.page.locator('.target').isVisible(), true);
    await panel.page.evaluate(() => window.host.show('encoder'));
    await panel.ready('encoder-1');
    assert.equal(await panel.page.locator('.target').isVisible(), false);
    await panel.close();
  });

  it('typed: Enter or Run runs with it; letters do not act as keys of the panel', async () => {
    const panel = await PanelPage.open({ capture: 'translation' });
    const { page } = panel;
    await page.locator('.target .field').click();
    await page.keyboard.type('was Tat es? <b>');
    assert.match(await panel.text('.locus'), /Head 0/);
    await page.keyboard.press('Enter');
    assert.deepEqual(await panel.calls('setTarget'), [{ target: 'was Tat es? <b>' }]);
    await page.locator('.target .field').fill('der Tiger');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    assert.deepEqual((await panel.calls('setTarget')).at(-1), { target: 'der Tiger' });
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('generated: the model is asked, and what it wrote stands in the field', async () => {
    const panel = await PanelPage.open({ capture: 'translation', width: 480 });
    const { page } = panel;
    await page.getByRole('button', { name: 'Generate' }).click();
    assert.deepEqual(await panel.calls('generateTarget'), [{}]);
    await page.evaluate(() => {
      const { summary } = window.host.capture('translation', 'translation-2');
      const capture = { ...summary, target: 'der Tiger sprang' };
      window.host.emit('run', { kind: 'ready', capture, stale: false });
    });
    await panel.ready('translation-2');
    assert.equal(await page.locator('.target .field').inputValue(), 'der Tiger sprang');
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    );
    assert.ok(overflow <= 0, `${overflow} pixels too wide`);
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.close();
  });
});
