import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('generated tokens in the panel', function () {
  this.timeout(300_000);
  const inspector = createInspector();
  const call = [() => undefined, NEVER_CANCELLED] as const;
  let summary: CaptureSummary;
  let panel: PanelPage;
  before(async () => {
    summary = await inspector.inspect(
      {
        model: resolve('models/decoder'),
        text: 'The old man sat',
        maximumTokens: 64,
        continuation: [612, 44],
      },
      ...call,
    );
    panel = await PanelPage.open({ capture: 'bridge', inspector });
    await panel.page.evaluate(run => window.host.showRun(run), summary);
    await panel.ready(summary.id);
  });
  after(async () => {
    await panel.close();
    closeBrowser();
  });
  const text = (selector: string) => panel.page.locator(selector).allInnerTexts();
  const said = (pattern: RegExp) =>
    panel.page.waitForFunction(
      source => new RegExp(source).test(document.querySelector('.sentence')?.textContent ?? ''),
      pattern.source,
    );

  it('stand in the strip after the text, and ask as any other', async () => {
    assert.deepEqual(
      (await text('.strip .token .chip')).slice(-3),
      summary.tokens.decoder?.slice(-3).map(token => token.text),
    );
    await panel.page.locator('.strip .token').last().click();
    await said(/^In layer 3, head 0, L attends/);
  });

  it('have no stages of the tokenizer', async () => {
    await panel.page.locator('#tab-tokens').click();
    await said(/^This token was generated: it follows the text/);
  });

  it('go on: the distribution and the parts of a logit are the inspector’s', async () => {
    await panel.page.locator('#tab-layers').click();
    const token = (summary.tokens.decoder?.length ?? 0) - 1;
    const capture = summary.id;
    const plain = { temperature: 1, topK: 0, topP: 1 };
    const { candidates } = await inspector.distribution(
      { capture, token, count: 3, ...plain },
      ...call,
    );
    const shares = panel.page.locator('.candidates [role="radio"]');
    await shares.first().waitFor();
    for (const [i, { sampled }] of candidates.entries()) {
      const digits = sampled.toFixed(3).replace(/^0/, '');
      assert.ok((await shares.nth(i).innerText()).includes(digits), digits);
    }
    const { logit, layers } = await inspector.attribution({ capture, token }, ...call);
    const pane = panel.page.locator('.pane', { hasText: 'Direct logit attribution' });
    await pane.getByText(`the model’s logit ${logit.toFixed(2)}`).waitFor();
    const shown = await pane.innerText();
    for (const { attention } of layers) {
      assert.ok(shown.includes(attention.toFixed(2).replace('-', '−')), `${attention}`);
    }
    await panel.page.getByRole('button', { name: 'Step', exact: true }).click();
    const [first] = candidates;
    assert.deepEqual(await panel.calls('setContinuation'), [{ tokens: [612, 44, first?.id] }]);
  });
});
