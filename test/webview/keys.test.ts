import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('keys', () => {
  let panel: PanelPage;

  beforeEach(async () => {
    panel = await PanelPage.open();
  });
  afterEach(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
  after(closeBrowser);

  const locus = (): Promise<string> => panel.text('.locus');
  const press = (key: string): Promise<void> => panel.page.keyboard.press(key);

  it('Alt with brackets walks where the locus was, and so do the buttons of a mouse', async () => {
    const first = await locus();
    await press('Alt+ArrowDown');
    await press('Alt+ArrowRight');
    const last = await locus();
    assert.match(last, /Layer ?4 ?Head ?1/);
    await press('Alt+[');
    await press('Alt+[');
    assert.equal(await locus(), first);
    await press('Alt+]');
    await press('Alt+]');
    assert.equal(await locus(), last);
    await panel.page.evaluate(() =>
      document.body.dispatchEvent(new MouseEvent('mouseup', { button: 3, bubbles: true })),
    );

    assert.match(await locus(), /Layer ?4 ?Head ?0/);
  });

  it('letters, digits and signs rest where the setting says so; the others act', async () => {
    await panel.page.evaluate(() => window.host.emit('settings', { singleKeys: false }));
    const before = await locus();
    for (const key of ['a', '2', 'Shift+T', 's']) await press(key);
    assert.equal(await locus(), before);
    assert.equal(await panel.page.locator('#view table').count(), 0);
    assert.equal(await panel.page.getByRole('tab', { selected: true }).innerText(), 'Attention');
    await press('Alt+ArrowDown');
    assert.notEqual(await locus(), before);
    await panel.page.evaluate(() => window.host.emit('settings', { singleKeys: true }));
    await press('a');
    assert.match(await locus(), /Head ?mean/);
  });
});
