import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { small } from '../inspector/engine/support/graphs';
import { hybrid } from '../inspector/engine/support/linearAttention';
import { CALL, SpacedModel } from './support/spacedModel';
import { showLayers, tableRows } from './support/layersView';
import { closeBrowser, PanelPage } from './support/panelPage';

const TEXT = 'the tiger jumped over a tree by the river';

/** A gated delta net before an attention. */
function copyHybrid(folder: string): void {
  const shape = { queryHeads: 4, valueHeads: 2, keyDim: 3, valueDim: 4 };
  cpSync(hybrid({ rule: 'gated_delta', ...shape }), join(folder, 'model.onnx'));
}

describe('effective attention in the Layers view', function () {
  this.timeout(300_000);
  let model: SpacedModel;
  before(async () => (model = await SpacedModel.run(copyHybrid, small.vocabulary, TEXT)));
  after(() => {
    model.remove();
    closeBrowser();
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`shows the inspector’s signed numbers, and that they are no softmax (${theme})`, async () => {
      const panel = await model.panel(theme);
      await showLayers(panel);
      const pane = panel.page.getByRole('region', { name: 'Effective attention', exact: true });
      await pane.getByText('of layer 0 (gated delta net), head 0: not a softmax').waitFor();
      await pane.getByText('effective attention, not a softmax').waitFor();
      await panel.page.keyboard.press('Shift+T');
      for (const head of [0, 3]) {
        if (head > 0) {
          await pane.getByRole('combobox', { name: 'Head of the effective attention' }).click();
          await pane.getByRole('option', { name: `Head ${head}`, exact: true }).click();
        }
        await pane.getByText(`of layer 0 (gated delta net), head ${head}: not a softmax`).waitFor();
        await panel.page.waitForFunction(
          wanted =>
            document
              .querySelector('[aria-label="Effective attention"] caption')
              ?.textContent.includes(wanted),
          `head ${head},`,
        );
        const place = { capture: model.summary.id, stack: 'encoder', layer: 0, head } as const;
        const { weights, tokens } = await model.inspector.effective(place, ...CALL);
        const [, ...rows] = await tableRows(panel, 'Effective attention');
        const caption = await pane.locator('caption').innerText();
        const query = rows.length - 1;
        assert.ok(query > 0, caption);
        const digits = (value: number) =>
          value
            .toFixed(4)
            .replace(/^-(?=.*[1-9])/, '−')
            .replace(/^-/, '');
        for (const [, key, weight] of rows) {
          assert.equal(weight, digits(weights[query * tokens + Number(key)] ?? NaN));
        }
        const sum = weights.slice(query * tokens, (query + 1) * tokens).reduce((a, b) => a + b, 0);
        await pane.getByText(`its row sums to ${digits(sum)}.`).waitFor();
      }
      // No treebank lies beside the code of the tests; the small model has no mask token and no last norm.
      const problems = (await panel.allProblems()).filter(
        said => !/bundled treebank|^attribution: |has no mask token/.test(said),
      );
      assert.deepEqual(problems, []);
      await pane.screenshot({ path: `screenshots/effective-${theme}.png` });
      await panel.close();
    });
  }

  for (const theme of ['dark', 'light'] as const) {
    it(`is one click away from the heads, for each layer without a softmax (${theme})`, async () => {
      const spelledOut = await SpacedModel.block('bamba__dynamo_hybrid');
      const panel = await spelledOut.panel(theme);
      const { page } = panel;
      for (const layer of [2, 0]) {
        await page.getByRole('tab', { name: 'Attention' }).click();
        const name = `Not a softmax: effective attention of layer ${layer}`;
        const link = page.getByRole('button', { name, exact: true });
        await link.waitFor();
        if (layer === 2) await page.screenshot({ path: `screenshots/effective-link-${theme}.png` });
        await link.click();
        const pane = page.getByRole('region', { name: 'Effective attention', exact: true });
        await pane.getByText(`of layer ${layer} (Mamba-2), head 0: not a softmax`).waitFor();
        await page.waitForFunction(() => {
          const shown = document.querySelector('[aria-label="Effective attention"]');
          const box = shown?.getBoundingClientRect();
          return box !== undefined && box.top < window.innerHeight && box.bottom > 0;
        });
      }
      await page.getByText('A convolution before it (Conv) has mixed tokens before').waitFor();
      await page.screenshot({ path: `screenshots/effective-spelled-out-${theme}.png` });
      // The pane leads to the other layer as well.
      const pane = page.getByRole('region', { name: 'Effective attention', exact: true });
      await pane.getByRole('combobox', { name: 'Layer of the effective attention' }).click();
      await pane.getByRole('option', { name: 'Layer 2', exact: true }).click();
      await pane.getByText('of layer 2 (Mamba-2), head 0: not a softmax').waitFor();
      await panel.close();
      spelledOut.remove();
    });
  }

  it('is not there where a model has none', async () => {
    const panel = await PanelPage.open();
    await showLayers(panel);
    const pane = panel.page.getByRole('region', { name: 'Effective attention', exact: true });
    assert.equal(await pane.count(), 0);
    await panel.close();
  });
});
