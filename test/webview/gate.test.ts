import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import type { Locus } from '../../src/webview/reading/place';
import { BLOCK_TEXT, blockModel } from './support/blockModels';
import { closeBrowser, PanelPage } from './support/panelPage';

/** A length as the table has it: two decimals. */
const lengthOf = (vector: ArrayLike<number>): string =>
  Math.hypot(...Array.from(vector)).toFixed(2);

describe('a gate in the Computation view', function () {
  this.timeout(300_000);
  const inspector = createInspector();
  const call = [() => undefined, NEVER_CANCELLED] as const;
  const folder = blockModel('qwen3_5__dynamo_gated');
  let summary: CaptureSummary;
  before(async () => {
    summary = await inspector.inspect(
      { model: folder, text: BLOCK_TEXT, maximumTokens: 32 },
      ...call,
    );
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
    closeBrowser();
  });

  for (const theme of ['dark', 'light'] as const) {
    it(`stands between the head output and W_O, with the inspector’s numbers (${theme})`, async () => {
      const panel = await PanelPage.open({ capture: 'bridge', inspector, theme });
      const { page } = panel;
      await page.evaluate(run => window.host.showRun(run), summary);
      await panel.ready(summary.id);
      await page.locator('#tab-computation').click();
      await page.locator('.stage-table').waitFor();
      for (let step = 0; step < 6; step++) await page.keyboard.press('n');
      const table = page.locator('.output-table');
      await table.waitFor({ timeout: 20_000 });
      const place = { capture: summary.id, stack: 'decoder', kind: 'self' } as const;
      await page.waitForFunction(() => Object.hasOwn(window.host.saved ?? {}, 'locus'));
      const { locus } = (await page.evaluate(() => window.host.saved)) as { locus: Locus };
      const { layer, head, query } = locus;
      const found = await inspector.computation(
        { ...place, layer, head, query, from: 0, count: 1 },
        ...call,
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
