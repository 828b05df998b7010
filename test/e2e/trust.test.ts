import assert from 'node:assert/strict';
import { Workbench } from './support/workbench';

const MODEL = 'attentionDebugger.model';

describe('an untrusted workspace', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await Workbench.start({
      trust: false,
      settings: { 'security.workspace.trust.startupPrompt': 'never' },
    });
    await workbench.page.getByText('Restricted Mode').first().waitFor();
    await workbench.open('agreement.txt', { start: 0, end: 22 });
  });
  after(async () => workbench.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-trust');
  });

  it('runs the bundled models', async () => {
    await workbench.inspect();
    await workbench.nextResult();
  });

  it('ignores a model that the workspace names', async () => {
    await workbench.driver.call('configureWorkspace', { key: MODEL, value: './model' });
    assert.equal(await workbench.driver.call('setting', { key: MODEL }), 'encoder');
    await workbench.driver.call('configureWorkspace', { key: MODEL });
  });

  it('refuses a model that is not bundled, and says why', async () => {
    await workbench.driver.call('configure', { key: MODEL, value: workbench.folder });
    await workbench.inspect();
    assert.match(await workbench.failure(), /not trusted, so only the bundled models/);
    await workbench.picture('untrusted-dark');
  });

  it('downloads nothing, and says why', async () => {
    void workbench.driver.call('command', { id: 'attentionDebugger.downloadModel' });
    const words = 'This workspace is not trusted, so nothing is downloaded.';
    await workbench.page.locator('.notification-toast', { hasText: words }).waitFor();
    await workbench.driver.call('command', { id: 'notifications.clearAll' });
  });

  it('offers the bundled models only', async () => {
    void workbench.driver.call('command', { id: 'attentionDebugger.chooseModel' });
    const { page } = workbench;
    const entries = page.locator('.quick-input-list-entry');
    const decoder = entries.filter({ has: page.getByText('Decoder', { exact: true }) });
    await decoder.waitFor();
    assert.equal(await entries.count(), 3);
    await decoder.click();
    await workbench.nextResult();
  });
});
