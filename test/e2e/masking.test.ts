import assert from 'node:assert/strict';
import type { FrameLocator, Page } from 'playwright-core';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const SAMPLE = 'agreement.txt';
/** Its first two lines. */
const SELECTION = { start: 0, end: 50 };

/** The page in the side bar. */
function sidePage(page: Page): FrameLocator {
  return page
    .frameLocator('iframe.webview.ready[src*="purpose=webviewView"]')
    .frameLocator('iframe#active-frame');
}

describe('Masking in VS Code', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await sharedWindow();
    await workbench.open(SAMPLE, SELECTION);
    await workbench.inspect();
    await workbench.nextResult();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-masking');
  });

  it('runs the encoder with a causal mask, and the decoder beside it', async () => {
    const { panel } = workbench;
    await panel.getByRole('tab', { name: 'Masking' }).click();
    await panel.getByText('Encoder with a causal mask imposed').waitFor();
    await panel.getByText('Decoder, causal').waitFor();
    await panel.getByText('gained').first().waitFor();
    // Rows of the runs come one after the other; the sentence grows with them.
    const sentence = panel
      .locator('.masking .sentence', { hasText: 'With a causal mask imposed' })
      .filter({ hasText: /B \(decoder\) masks every key after .+; there its weight goes to/ });
    await sentence.waitFor();
    await workbench.picture('masking-dark');
  });

  it('imposes a window and pads on the left', async () => {
    const { panel } = workbench;
    for (const [option, title] of [
      ['Impose a window', 'Encoder with a window of −2 to +2 imposed'],
      ['Pad on the left', 'Encoder with 4 padding tokens on the left'],
      ['Impose causal mask', 'Encoder with a causal mask imposed'],
    ] as const) {
      await panel.locator('vscode-dropdown[aria-label="Mask"]').click();
      await panel.getByRole('option', { name: option }).locator('visible=true').click();
      await panel.getByRole('heading', { name: title }).waitFor();
      await panel.locator('[aria-label="Changed mask"] .mask-picture:not(.pending)').waitFor();
      assert.equal(await panel.locator('.mask-status.failed').count(), 0);
    }
  });

  it('stands in the secondary side bar, and follows the panel', async () => {
    const { page, panel } = workbench;
    await workbench.driver.call('command', { id: 'attentionDebugger.showMasking' });
    const side = sidePage(page);
    await side.getByText('Encoder with a causal mask imposed').waitFor();
    await side.getByText('gained').first().waitFor();
    const bar = await page.locator('.part.auxiliarybar').boundingBox();
    const frame = await page
      .locator('iframe.webview.ready[src*="purpose=webviewView"]')
      .boundingBox();
    assert.ok(bar && frame && frame.x >= bar.x);
    await workbench.picture('masking-side-dark');
    await panel.getByRole('tab', { name: 'Attention' }).click();
    await workbench.token('table').click();
    await side.locator('.locus', { hasText: /table\s*6/ }).waitFor();
    const key = /K\s*\S+\s*\d+/;
    const [before] = key.exec(await panel.locator('.locus').innerText()) ?? [];
    await side.locator('.share-row').first().click();
    await panel.locator('.locus-part', { hasText: /^LayerL0$/ }).waitFor();
    const [after] = key.exec(await panel.locator('.locus').innerText()) ?? [];
    assert.equal(after, before, 'another layer leaves the key alone');
    await workbench.picture('masking-follows-dark');
  });

  it('comes back after a window reload', async () => {
    await workbench.reloadWindow();
    await workbench.nextResult();
    const side = sidePage(workbench.page);
    await side.getByText('Encoder with a causal mask imposed').waitFor();
    await side.locator('.masking .sentence', { hasText: 'With a causal mask imposed' }).waitFor();
  });

  it('contains the side bar by the same policy and causes no errors', async () => {
    const meta = sidePage(workbench.page).locator('meta[http-equiv="Content-Security-Policy"]');
    const policy = (await meta.getAttribute('content')) ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'nonce-[\w+/=]+';/);
    assert.deepEqual(workbench.log.errors, []);
  });
});
