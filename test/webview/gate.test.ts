import assert from 'node:assert/strict';
import type { Locus } from '../../src/webview/reading/place';
import { CALL, SpacedModel } from './support/spacedModel';
import { closeBrowser } from './support/panelPage';

/** A length as the table has it: two decimals. */
const lengthOf = (vector: ArrayLike<number>): string =>
  Math.hypot(...Array.from(vector)).toFixed(2);

describe('a gate in the Computation view', function () {
  this.timeout(300_000);
  let model: SpacedModel;
  before(async () => (model = await SpacedModel.block('qwen3_5__dynamo_gated')));
  after(() => {
    model.remove();
    closeBrowser();
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`stands between the head output and W_O, with the inspector’s numbers (${theme})`, async () => {
      const panel = await model.panel(theme);
      const { page } = panel;
      await page.locator('#tab-computation').click();
      await page.locator('.stage-table').waitFor();
      for (let step = 0; step < 6; step++) await page.keyboard.press('n');
      const table = page.locator('.output-table');
      await table.waitFor({ timeout: 20_000 });
      const place = { capture: model.summary.id, stack: 'decoder', kind: 'self' } as const;
      await page.waitForFunction(() => Object.hasOwn(window.host.saved ?? {}, 'locus'));
      const { locus } = (await page.evaluate(() => window.host.saved)) as { locus: Locus };
      const { layer, head, query } = locus;
      const found = await model.inspector.computation(
        { ...place, layer, head, query, from: 0, count: 1 },
        ...CALL,
      );
      const { gate, headOutput, output } = found;
      assert.ok(gate && headOutput && !('missing' in output));
      const rows = await table
        .locator('tbody tr')
        .evaluateAll(all =>
          all.map(row => [
            row.querySelector('th span')?.textContent,
            row.querySelector('td:last-child')?.textContent,
          ]),
        );
      assert.deepEqual(rows.slice(0, 3), [
        ['gate g', lengthOf(gate)],
        ['z × g', lengthOf(headOutput.map((value, i) => value * (gate[i] ?? NaN)))],
        [`z × g · W_O of head ${head}`, lengthOf(output.fromHead)],
      ]);
      const words = (await panel.text('.sentence')).replaceAll('\u202f', ' ');
      assert.match(words, /After its gate and W_O it has the length/);
      const variables = await panel.text('.variables');
      const range = [Math.min(...gate), Math.max(...gate)].map(value => value.toFixed(2));
      assert.ok(
        variables.replace(/\b0\./g, '.').includes(range.join(' to ').replace(/\b0\./g, '.')),
      );
      assert.deepEqual(await panel.allProblems(), []);
      await page.screenshot({ path: `screenshots/gate-${theme}.png`, fullPage: true });
      await panel.close();
    });
  }
});
