import assert from 'node:assert/strict';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const TIGER = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const THEMES = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  hc: 'Default High Contrast',
  'hc-light': 'Default High Contrast Light',
} as const;
/** Widths of the panel; the activity bar stands beside it. */
const WIDTHS = [1200, 480];
const BESIDE = 48;
/** The key of each view, and what tells that it has drawn its numbers. */
const VIEWS = {
  Tokens: ['0', '.tokens-view, .gloss'],
  Attention: ['1', '.attention .bar-row.is-key'],
  Computation: ['2', '.computation:not(.is-waiting) .sentence'],
  Masking: ['3', '.masking [aria-label="Changed mask"] .mask-picture:not(.pending)'],
  Positions: ['4', '.positions .scheme-tag.own'],
  Layers: ['5', '.layers .state-cell.here:not(.unknown)'],
  Findings: ['6', '.findings .sentence'],
} as const;

describe('views in VS Code, in every theme, wide and narrow', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await sharedWindow();
    await workbench.openText(TIGER);
    await workbench.inspect();
    await workbench.nextResult();
    await workbench.token('it').click();
    const { driver } = workbench;
    await driver.call('command', { id: 'workbench.action.closeSidebar' });
    await driver.call('command', { id: 'attentionDebugger.inspectSelection' });
    await workbench.nextResult();
    await workbench.panel.getByRole('tab', { name: 'Attention' }).click();
    // A click in the panel's page makes its group the active one only a moment later.
    await driver.call('command', { id: 'workbench.action.focusSecondEditorGroup' });
    await driver.call('command', { id: 'workbench.action.toggleMaximizeEditorGroup' });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-views');
  });

  for (const [theme, name] of Object.entries(THEMES)) {
    it(`${theme}: every view, pictured`, async () => {
      const { driver, page, panel } = workbench;
      await driver.call('configure', { key: 'workbench.colorTheme', value: name });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width: width + BESIDE, height: width > 700 ? 1000 : 1100 });
        for (const [view, [key, drawn]] of Object.entries(VIEWS)) {
          await panel.locator('body').press(key);
          await panel.locator(drawn).first().waitFor();
          const { scrollWidth, clientWidth } = await panel
            .locator('html')
            .evaluate(({ scrollWidth, clientWidth }) => ({ scrollWidth, clientWidth }));
          assert.ok(scrollWidth <= clientWidth, `${view} at ${width} overflows: ${scrollWidth}`);
          if (view === 'Layers') {
            const labels = panel.locator('vscode-dropdown[aria-label="Labels of"] .selected-value');
            await labels.getByText('Part of speech').waitFor();
          }
          await workbench.picture(`view-${view.toLowerCase()}-${theme}-${width}`);
        }
      }
    });
  }

  it('an encoder–decoder writes its target; its three kinds of attention', async () => {
    const { driver, page, panel } = workbench;
    await page.setViewportSize({ width: 1200 + BESIDE, height: 1000 });
    await driver.call('configure', { key: 'workbench.colorTheme', value: THEMES.dark });
    await panel.getByRole('combobox', { name: 'Model' }).click();
    const before = await workbench.nextResult();
    await panel.getByRole('option', { name: 'Encoder–decoder', exact: true }).click();
    const first = await workbench.nextResult(before);
    await panel.getByRole('tab', { name: 'Attention' }).click();
    await panel.getByRole('button', { name: 'Generate' }).click();
    await workbench.nextResult(first);
    const target = panel.locator('.target').getByRole('textbox');
    assert.match(await target.inputValue(), /tiger jumped .* because it was thirsty/);
    await panel.getByRole('radio', { name: /cross/i }).click();
    await panel.locator('.attention .bar-row').first().waitFor();
    await workbench.picture('encoder-decoder-cross-dark');
    await panel.getByRole('tab', { name: 'Masking' }).click();
    await panel.getByText('Cross-attention').first().waitFor();
    await workbench.picture('encoder-decoder-masking-dark');
  });

  it('causes no errors', () => assert.deepEqual(workbench.log.errors, []));
});
