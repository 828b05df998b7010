import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { accessibilityProblems } from './support/accessibility';
import { showLayers, tableRows } from './support/layersView';
import { closeBrowser, PanelPage } from './support/panelPage';
import { INDUCTION } from './support/patchingView';

const CALL = [() => undefined, NEVER_CANCELLED] as const;
const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });

const section = ({ page }: PanelPage) =>
  page.getByRole('region', { name: 'Switch off', exact: true });

/** What a number reads as in the table. */
const written = (value: number): string => {
  const text = Math.abs(value).toFixed(2);
  return value < 0 && text !== '0.00' ? `−${text}` : text;
};

describe('sweeps in the Layers view', function () {
  this.timeout(300_000);
  let capture: CaptureSummary;
  let panel: PanelPage;

  before(async () => {
    const text = INDUCTION.a;
    const params = { model: resolve('models/decoder'), text, maximumTokens: 512 };
    capture = await inspector.inspect(params, ...CALL);
    panel = await PanelPage.open({ capture: 'bridge', inspector });
    await panel.page.evaluate(run => window.host.showRun(run), capture);
    await panel.ready(capture.id);
    await showLayers(panel);
  });
  after(async () => {
    await panel.close();
    closeBrowser();
  });

  const run = async (kind: string): Promise<void> => {
    await section(panel).getByRole('combobox', { name: 'What is switched off' }).click();
    await section(panel).getByRole('option', { name: kind }).click();
    await section(panel).getByRole('button', { name: 'Run', exact: true }).click();
    await section(panel).locator('.share-drawing').first().waitFor();
  };
  const best = async () =>
    (await inspector.predictions({ capture: capture.id, token: 10, count: 2 }, ...CALL)).best;
  const measure = async () => {
    const [answer, other] = await best();
    return { kind: 'logitDifference', answer: answer?.id ?? 0, other: other?.id ?? 0 } as const;
  };

  it('runs nothing unasked; every head off has its control beside it', async () => {
    const answer = section(panel).getByRole('combobox', { name: 'Measured answer' });
    await answer.waitFor();
    await panel.page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('.sweep-pane .entry-field')?.value !== '',
    );
    const [first] = await best();
    assert.equal(await answer.inputValue(), first?.text.trim());
    assert.equal(await section(panel).locator('.share-drawing').first().isVisible(), false);
    await run('Heads to zero');
    await section(panel).getByRole('heading', { name: 'A random vector' }).waitFor();
    await panel.page.keyboard.press('Shift+T');
    const sweep = { kind: 'heads', how: 'zero' } as const;
    const asked = { capture: capture.id, token: 10, measure: await measure(), sweep };
    const { effects, columns } = await inspector.sweep(asked, ...CALL);
    const [, ...rows] = await tableRows(panel, 'Switch off');
    assert.equal(rows.length, 20);
    for (const [layer = '', head = '', change] of rows) {
      const at = Number(layer.slice(1)) * columns + parseInt(head, 10);
      assert.equal(change, written(effects[at] ?? NaN), `${layer} ${head}`);
    }
    assert.deepEqual(await accessibilityProblems(panel), []);
    await section(panel).screenshot({ path: 'screenshots/sweeps-heads.png' });
  });

  it('edges of the query in the layer looked at, tokens, and the direct effect', async () => {
    for (const [kind, title] of [
      ['Edges', 'Each edge of the query blocked'],
      ['Tokens', 'Each token occluded'],
      ['Direct effect', 'Direct effect of each head'],
    ] as const) {
      await run(kind);
      await section(panel).getByRole('heading', { name: title }).waitFor();
      assert.equal(
        await section(panel).getByRole('heading', { name: 'A random' }).isVisible(),
        false,
      );
    }
    const direct = await inspector.headAttribution(
      { capture: capture.id, token: 10, measure: await measure() },
      ...CALL,
    );
    const largest = direct.direct.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    const [, first] = await tableRows(panel, 'Switch off');
    assert.equal(first?.[2], written(largest));
    assert.deepEqual(await panel.allProblems(), []);
    await section(panel).screenshot({ path: 'screenshots/sweeps-direct.png' });
  });
});
