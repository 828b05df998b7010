import assert from 'node:assert/strict';
import type { SiteSource, SourceFit } from '../../src/protocol/source';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES, type OpenOptions } from './support/panelPage';

const FILE = '/usr/lib/python3/site-packages/transformers/models/llama/modeling_llama.py';
const SOURCE: SiteSource = {
  module: 'model.layers.3.self_attn',
  className: 'transformers.models.llama.modeling_llama.LlamaAttention',
  places: [
    { file: FILE, line: 236, stages: ['query'] },
    { file: FILE, line: 237, stages: ['key'] },
    { file: FILE, line: 238, stages: ['value'] },
    { file: FILE, line: 252, stages: ['scores', 'mask', 'softmax'], code: 'weights = f(q, k)' },
    { file: '/home/user/project/mixing.py', line: 9, stages: ['headOutput'] },
  ],
};

/** A panel of a run whose attentions have a source, in one of its views. */
async function open(
  view: 'attention' | 'computation',
  options: OpenOptions = {},
  source: SiteSource | null = SOURCE,
): Promise<PanelPage> {
  const panel = await PanelPage.open(options);
  if (source) {
    await panel.page.evaluate(known => {
      const { summary } = window.host.capture('encoder', 'sourced');
      const sites = summary.sites.map(site => ({ ...site, source: known }));
      const capture = { ...summary, sites, model: { ...summary.model, sites } };
      window.host.emit('run', { kind: 'ready', capture, stale: false });
    }, source);
    await panel.ready('sourced');
  }
  await panel.page.locator(`#tab-${view}`).click();
  await panel.page.waitForSelector(view === 'attention' ? '.head-card h2' : '.formula math');
  return panel;
}

/** The steps whose source was asked of the host. */
const asked = (panel: PanelPage): Promise<unknown[]> => panel.calls('openSource');
const answerWith = (panel: PanelPage, fit: SourceFit): Promise<void> =>
  panel.page.evaluate(one => void (window.host.sourceFit = one), fit);
const pressF12 = (panel: PanelPage): Promise<void> =>
  panel.page.evaluate(() => window.host.emit('command', { name: 'goToSource' }));
/** Waits until the host was asked so often. */
const untilAsked = (panel: PanelPage, times: number): Promise<unknown> =>
  panel.page.waitForFunction(
    count => window.host.calls.filter(({ method }) => method === 'openSource').length >= count,
    times,
  );

describe('go to source', () => {
  after(closeBrowser);

  it('each step that has a place has a button with its line, and asks the host for that step', async () => {
    const panel = await open('computation');
    const list = panel.page.locator('.source-list');
    const names = [
      'query projection line 236',
      'key projection line 237',
      'value projection line 238',
      'scores line 252',
      'mask line 252',
      'softmax line 252',
      'weights · V mixing.py:9',
    ];
    for (const name of names) {
      await list.getByRole('button', { name, exact: true }).waitFor();
    }
    assert.equal(await list.getByRole('button').count(), names.length);
    await panel.page.getByRole('list', { name: 'Go to Source' }).waitFor();
    assert.match(
      await panel.text('.source-heading'),
      /model\.layers\.3\.self_attn: LlamaAttention/,
    );
    assert.match(await panel.text('.source-list li:last-child'), /weights · V ?mixing\.py:9/);
    await list.getByRole('button', { name: 'key projection' }).click();
    await untilAsked(panel, 1);
    const block = { stack: 'encoder', kind: 'self' };
    assert.deepEqual(await asked(panel), [{ capture: 'sourced', block, layer: 3, stage: 'key' }]);
    assert.equal(await panel.page.locator('.side-pane .source-note').isVisible(), false);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('F12 and G go to the step that is paused at, or to the one that has the focus', async () => {
    const panel = await open('computation');
    const now = panel.page.locator('.source-list .is-now');
    assert.match(await now.innerText(), /^softmax/);
    await pressF12(panel);
    await untilAsked(panel, 1);
    await panel.page.keyboard.press('b');
    await now.filter({ hasText: 'mask' }).waitFor();
    await panel.page.keyboard.press('g');
    await untilAsked(panel, 2);
    await panel.page.locator('[data-stage="value"]').focus();
    await pressF12(panel);
    await untilAsked(panel, 3);
    const stages = (await asked(panel)) as { stage: string }[];
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ['softmax', 'mask', 'value'],
    );
    await panel.page.keyboard.press('Shift+?');
    assert.match(await panel.text('dialog[open]'), /G ?Go to the source of the step/);
    assert.match(await panel.text('dialog[open]'), /F12 ?Go to the source/);
    await panel.close();
  });

  it('the card of a head has one too', async () => {
    const panel = await open('attention');
    const button = panel.page.locator('.head-card').getByRole('button', { name: 'Go to Source' });
    assert.match((await button.getAttribute('title')) ?? '', /modeling_llama\.py:252/);
    await button.click();
    await untilAsked(panel, 1);
    await pressF12(panel);
    await untilAsked(panel, 2);
    const stages = (await asked(panel)) as { stage: string }[];
    assert.deepEqual(
      stages.map(({ stage }) => stage),
      ['softmax', 'softmax'],
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('a file that is not there is named, with the module, and copied', async () => {
    const panel = await open('computation');
    await panel.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await answerWith(panel, 'missing');
    await panel.page.locator('[data-stage="softmax"]').click();
    const note = panel.page.locator('.side-pane .source-note');
    await note.waitFor();
    const text = await note.innerText();
    assert.match(text, /modeling_llama\.py:252 was not found on this machine/);
    assert.ok(text.includes('model.layers.3.self_attn: LlamaAttention'));
    assert.ok(text.includes(`${FILE}:252`));
    await note.getByRole('button', { name: 'Copy' }).click();
    await note.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await panel.page.evaluate(() => navigator.clipboard.readText());
    const module = 'model.layers.3.self_attn: LlamaAttention';
    assert.equal(copied, [module, `${FILE}:252`, 'weights = f(q, k)'].join('\n'));
    // Another layer has another source: what was said of this one goes.
    await panel.page.keyboard.press('Alt+ArrowDown');
    await note.waitFor({ state: 'hidden' });
    await panel.close();
  });

  it('a line that moved or changed is said to have', async () => {
    const panel = await open('attention');
    const note = panel.page.locator('.head-card .source-note');
    for (const [fit, said] of [
      ['moved', /stands elsewhere in the file/],
      ['changed', /reads otherwise than modeling_llama\.py:252/],
    ] as const) {
      await answerWith(panel, fit);
      await panel.page.locator('.head-card .source-button').first().click();
      await note.filter({ hasText: said }).waitFor();
    }
    await answerWith(panel, 'same');
    await panel.page.locator('.head-card .source-button').first().click();
    await note.waitFor({ state: 'hidden' });
    await panel.close();
  });

  it('there is nothing of it where the graph does not tell', async () => {
    const panel = await open('computation', {}, null);
    assert.equal(await panel.page.locator('.source-list').isVisible(), false);
    assert.equal(await panel.page.getByText('Source', { exact: true }).isVisible(), false);
    await panel.page.locator('#tab-attention').click();
    await panel.page.waitForSelector('.head-card h2');
    assert.equal(await panel.page.locator('.head-card .source-button').isVisible(), false);
    await panel.close();
  });

  for (const theme of THEMES) {
    it(`pictured and accessible: ${theme}`, async () => {
      const panel = await open('computation', { theme });
      await answerWith(panel, 'missing');
      await panel.page.locator('[data-stage="softmax"]').click();
      await panel.page.locator('.side-pane .source-note').waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.screenshot(`source-computation-${theme}`);
      await panel.page.locator('#tab-attention').click();
      await panel.page.waitForSelector('.head-card h2');
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.screenshot(`source-attention-${theme}`);
      await panel.close();
    });
  }
});
