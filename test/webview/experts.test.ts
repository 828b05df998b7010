import assert from 'node:assert/strict';
import { CALL, SpacedModel } from './support/spacedModel';
import { showLayers, tableRows } from './support/layersView';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('experts in the Layers view', function () {
  this.timeout(300_000);
  let model: SpacedModel;
  before(async () => (model = await SpacedModel.block('mixtral__dynamo_batched')));
  after(() => {
    model.remove();
    closeBrowser();
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`says which experts treat each token, with the inspector’s weights (${theme})`, async () => {
      const panel = await model.panel(theme);
      await showLayers(panel);
      const pane = panel.page.getByRole('region', { name: 'Experts', exact: true });
      const own = pane.locator('.expert-bars').first().locator('.layer-bar');
      await own.first().waitFor();
      await pane.locator('.expert-token').nth(3).click();
      await pane.locator('.expert-token').nth(3).and(pane.locator('[aria-current]')).waitFor();
      await panel.page.keyboard.press('Shift+T');
      await pane.getByRole('table').waitFor();
      for (const layer of [0, 1]) {
        const place = { capture: model.summary.id, stack: 'decoder', layer } as const;
        const { chosen, weights, tokens, count, tokensOf } = await model.inspector.experts(
          place,
          ...CALL,
        );
        assert.equal(count, 2);
        if (!(await pane.innerText()).includes(`layer ${layer}: 2 of 5 experts a token`)) {
          await panel.page.keyboard.press(layer === 0 ? 'Alt+ArrowUp' : 'Alt+ArrowDown');
          await pane.getByText(`layer ${layer}: 2 of 5 experts a token`).waitFor();
        }
        await panel.page.waitForFunction(
          wanted =>
            document.querySelector('[aria-label="Experts"] caption')?.textContent.includes(wanted),
          `layer ${layer}`,
        );
        const digits = (at: number) => (weights[at] ?? NaN).toFixed(3).replace(/^0/, '');
        const [, ...rows] = await tableRows(panel, 'Experts');
        assert.equal(rows.length, tokens);
        for (const [token, [, first, second]] of rows.entries()) {
          assert.equal(first, `${chosen[token * 2]}: ${digits(token * 2)}`);
          assert.equal(second, `${chosen[token * 2 + 1]}: ${digits(token * 2 + 1)}`);
        }
        assert.deepEqual(
          await own.allInnerTexts().then(all => all.map(words => words.split('\n'))),
          [
            [`expert ${chosen[6]}`, digits(6)],
            [`expert ${chosen[7]}`, digits(7)],
          ],
        );
        const busy = await pane
          .locator('.expert-bars')
          .last()
          .locator('.layer-bar')
          .allInnerTexts();
        assert.deepEqual(
          busy.map(words => words.split('\n').at(-1)),
          [...tokensOf].sort((a, b) => b - a).map(String),
        );
      }
      // No treebank lies beside the code of the tests.
      const problems = (await panel.allProblems()).filter(
        said => !said.includes('bundled treebank'),
      );
      assert.deepEqual(problems, []);
      await pane.screenshot({ path: `screenshots/experts-${theme}.png` });
      await panel.close();
    });
  }

  it('is not there where a model has none', async () => {
    const panel = await PanelPage.open();
    await showLayers(panel);
    assert.equal(await panel.page.getByRole('region', { name: 'Experts', exact: true }).count(), 0);
    await panel.close();
  });
});
