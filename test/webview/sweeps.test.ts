import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import type { Measure } from '../../src/protocol/patching';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { weight3 } from '../../src/webview/reading/format';
import { accessibilityProblems } from './support/accessibility';
import { showLayers, tableRows } from './support/layersView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { INDUCTION } from './support/patchingView';

const CALL = [() => undefined, NEVER_CANCELLED] as const;
const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });

const section = ({ page }: PanelPage) =>
  page.getByRole('region', { name: 'Switch off', exact: true });

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
    await panel.page.keyboard.press('Shift+T');
  });
  after(async () => {
    await panel.close();
    closeBrowser();
  });

  const choose = async (control: string, option: string | RegExp): Promise<void> => {
    await section(panel).getByRole('combobox', { name: control, exact: true }).click();
    await section(panel).getByRole('option', { name: option }).click();
  };
  const run = async (kind: string): Promise<void> => {
    await choose('What is switched off', kind);
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
    const answer = section(panel).getByRole('combobox', { name: 'Answer', exact: true });
    await answer.waitFor();
    await panel.page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('.sweep-pane .entry-field')?.value !== '',
    );
    const [first] = await best();
    assert.equal(await answer.inputValue(), first?.text.trim());
    assert.equal(await section(panel).locator('.share-drawing').first().isVisible(), false);
    await run('Heads to zero');
    await section(panel).getByRole('heading', { name: 'A random vector' }).waitFor();
    const sweep = { kind: 'heads', how: 'zero' } as const;
    const asked = { capture: capture.id, token: 10, measure: await measure(), sweep };
    const { effects, columns } = await inspector.sweep(asked, ...CALL);
    const [, ...rows] = await tableRows(panel, 'Switch off');
    assert.equal(rows.length, 20);
    for (const [layer = '', head = '', change] of rows) {
      assert.match(head, /^H\d+$/);
      const at = Number(layer.slice(1)) * columns + Number(head.slice(1));
      assert.equal(change, weight3(effects[at] ?? NaN), `${layer} ${head}`);
    }
    assert.deepEqual(await accessibilityProblems(panel), []);
    await section(panel).screenshot({ path: 'screenshots/sweeps-heads.png' });
  });

  it('edges of the query in the layer looked at, tokens, and the direct effect', async () => {
    for (const [kind, title] of [
      ['Edges, this layer', 'Each edge of the query blocked'],
      ['Edges, all layers', 'Each edge of the query blocked'],
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
    assert.equal(first?.[2], weight3(largest));
    assert.deepEqual(await panel.allProblems(), []);
    await section(panel).screenshot({ path: 'screenshots/sweeps-direct.png' });
  });

  it('measures a probability or a divergence, at the token that is chosen', async () => {
    const [answer] = await best();
    const measures: readonly (readonly [string, Measure])[] = [
      ['Probability of', { kind: 'probability', answer: answer?.id ?? 0 }],
      ['KL divergence', { kind: 'divergence' }],
    ];
    for (const [name, measured] of measures) {
      await choose('Measure', name);
      await run('Tokens');
      const sweep = { kind: 'tokens' } as const;
      const asked = { capture: capture.id, token: 10, measure: measured, sweep };
      const { effects } = await inspector.sweep(asked, ...CALL);
      await showsLargest(effects);
    }
    await choose('Measured at', /^4 /);
    const sweep = { kind: 'edges', query: 4 } as const;
    await run('Edges, all layers');
    const asked = {
      capture: capture.id,
      token: 4,
      measure: { kind: 'divergence' },
      sweep,
    } as const;
    const { effects, rows } = await inspector.sweep(asked, ...CALL);
    assert.equal(rows, 1);
    await showsLargest(effects);
  });

  const showsLargest = async (effects: Float32Array): Promise<void> => {
    const largest = effects.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    const [, first] = await tableRows(panel, 'Switch off');
    assert.equal(first?.[2], weight3(largest));
  };

  for (const theme of THEMES) {
    for (const width of [1200, 480]) {
      it(`axe-core finds nothing in ${theme} at ${width} pixels`, async () => {
        await panel.close();
        panel = await PanelPage.open({ capture: 'bridge', inspector, theme, width });
        await panel.page.evaluate(run => window.host.showRun(run), capture);
        await panel.ready(capture.id);
        await showLayers(panel);
        await run('Heads to zero');
        await panel.page.keyboard.press('Shift+T');
        await section(panel).locator('table').waitFor();
        assert.deepEqual(await accessibilityProblems(panel), []);
        await section(panel).screenshot({ path: `screenshots/sweeps-${theme}-${width}.png` });
      });
    }
  }
});
