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

  /** Where the panel stands, without the weight, which arrives later. */
  const locus = async (): Promise<string> => (await panel.text('.locus')).replace(/ \d?\.\d+$/, '');
  /** Sends the setting and waits until it is there. */
  const setSingleKeys = (singleKeys: boolean): Promise<void> =>
    panel.page.evaluate(
      isOn =>
        new Promise<void>(done => {
          window.host.emit('settings', { singleKeys: isOn });
          // Messages arrive in order: behind the setting, whatever else is on its way before it.
          window.addEventListener('message', ({ data }) => {
            if (data === 'behind') done();
          });
          window.postMessage('behind', '*');
        }),
      singleKeys,
    );
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
    await setSingleKeys(false);
    const before = await locus();
    for (const key of ['a', '2', 'Shift+T', 's']) await press(key);
    assert.equal(await locus(), before);
    assert.equal(await panel.page.locator('#view table').count(), 0);
    assert.equal(await panel.page.getByRole('tab', { selected: true }).innerText(), 'Attention');
    await press('Alt+ArrowDown');
    assert.notEqual(await locus(), before);
    await setSingleKeys(true);
    await press('a');
    assert.match(await locus(), /Head ?mean/);
  });

  it('a step key of VS Code opens the computation first, then steps', async () => {
    const step = (): Promise<void> =>
      panel.page.evaluate(() => window.host.emit('command', { name: 'stepOver' }));
    const tab = panel.page.getByRole('tab', { selected: true });
    await step();
    await tab.filter({ hasText: 'Computation' }).waitFor();
    await panel.page.locator('.paused-at b').waitFor();
    const before = await panel.text('.paused-at');
    await step();
    await panel.page.waitForFunction(
      text =>
        document.querySelector<HTMLElement>('.paused-at')?.innerText.replace(/\s+/g, ' ').trim() !==
        text,
      before,
    );
  });

  it('? lists the keys of the open view, keeps the focus inside, and Escape leaves', async () => {
    await press('?');
    const dialog = panel.page.getByRole('dialog', { name: 'Keys' });
    await dialog.waitFor();
    assert.match(await dialog.innerText(), /Heat map or arcs[\s\S]*Back to where the locus was/);
    const before = await locus();
    await press('Alt+ArrowDown');
    await press('a');
    assert.equal(await locus(), before, 'keys of the panel rest');
    for (let i = 0; i < 4; i++) await press('Tab');
    const isInside = await panel.page.evaluate(
      () =>
        document.activeElement === document.body ||
        document.activeElement?.closest('dialog') !== null,
    );
    assert.ok(isInside);
    await press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    // The focus goes back a little later, and with it the keys.
    await panel.page.waitForFunction(() => !document.activeElement?.closest('dialog'));
    await press('c');
    await panel.page.getByRole('tab', { selected: true, name: 'Masking' }).waitFor();
  });
});
