import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import type { CaptureSummary } from '../../src/protocol/capture';
import type { Intervention } from '../../src/protocol/intervention';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { createInspector } from '../../src/inspector/inspector';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';

const TEXT = 'The dogs near the house [MASK] black.';
/** `dogs` is token 2, `[MASK]` token 6. */
const [DOGS, MASK] = [2, 6];
const EDGE: Intervention = {
  kind: 'intervention',
  at: {
    stack: 'encoder',
    layer: 4,
    point: 'maskedScores',
    heads: [1],
    tokens: [MASK],
    keys: [DOGS],
  },
  how: { block: true },
};
const HEAD: Intervention = {
  kind: 'intervention',
  at: { stack: 'encoder', layer: 4, point: 'headOutput', heads: [2] },
  how: { zero: true },
};

const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });

const inspect = (changes: readonly Intervention[] = []): Promise<CaptureSummary> =>
  inspector.inspect(
    { model: resolve('models/encoder'), text: TEXT, maximumTokens: 512, changes },
    () => undefined,
    NEVER_CANCELLED,
  );

/** A panel that shows the run of the text at [MASK] → dogs in L4H1. */
async function open(
  changes: readonly Intervention[] = [],
  options: Parameters<typeof PanelPage.open>[0] = {},
): Promise<PanelPage> {
  const summary = await inspect(changes);
  const panel = await PanelPage.open({ capture: 'bridge', inspector, ...options });
  await panel.page.evaluate(run => window.host.showRun(run), summary);
  await panel.ready(summary.id);
  await panel.page.evaluate(
    ([capture, query, key]) =>
      window.host.emit('locus', {
        capture,
        block: { stack: 'encoder', kind: 'self' },
        layer: 4,
        head: 1,
        aggregate: 'head',
        query,
        key,
      }),
    [summary.id, MASK, DOGS] as const,
  );
  return panel;
}

const rows = ({ page }: PanelPage) => page.locator('.intervention-row');
const menu = ({ page }: PanelPage) => page.getByRole('menu');

/** The list that the panel asked for last. */
async function wished(panel: PanelPage): Promise<readonly Intervention[]> {
  const calls = (await panel.calls('setInterventions')) as {
    interventions: readonly Intervention[];
  }[];
  return calls.at(-1)?.interventions ?? assert.fail('no list was asked for');
}

/** Waits until a list of so many rows is on show, none of it pending. */
async function settled(panel: PanelPage, count: number): Promise<void> {
  await panel.page.waitForFunction(
    wanted => document.querySelectorAll('.intervention-row').length === wanted,
    count,
  );
  await panel.page.waitForFunction(() => window.openCalls === 0);
}

describe('interventions', function () {
  this.timeout(300_000);
  after(closeBrowser);

  it('is worked by keys alone: add, switch, order, form, remove', async () => {
    const panel = await open();
    const { page } = panel;
    await page.keyboard.press('l');
    await page.getByRole('button', { name: 'Intervene: change the run', pressed: true }).waitFor();
    await page.keyboard.press('x');
    await rows(panel).first().waitFor();
    assert.deepEqual(
      (await wished(panel)).map(({ at, how }) => [at.point, at.layer, at.heads, how]),
      [['headOutput', 4, [1], { zero: true }]],
    );
    await page.keyboard.press('e');
    await settled(panel, 2);
    assert.deepEqual((await wished(panel))[1], EDGE);
    assert.equal(
      await panel.text('.intervention-row.selected .intervention-words'),
      'Block [MASK] → dogs in L4H1',
    );
    await page.keyboard.press('F9');
    await page.locator('.intervention-row.selected.off').waitFor();
    assert.deepEqual((await wished(panel))[1], { ...EDGE, on: false });
    await rows(panel).nth(1).focus();
    await page.keyboard.press('Alt+ArrowUp');
    await page.locator('.intervention-row.selected[data-place="0"]').waitFor();
    assert.deepEqual(
      (await wished(panel)).map(({ at }) => at.point),
      ['maskedScores', 'headOutput'],
    );
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-place'));
    assert.equal(await focused(), '0', 'the focus went with the row');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), '1');
    await page.keyboard.press('Delete');
    await settled(panel, 1);
    assert.deepEqual(
      (await wished(panel)).map(({ at }) => at.point),
      ['maskedScores'],
    );
    // A head of the form, by keys.
    const head = page.getByRole('button', { name: 'H3', exact: true });
    await head.focus();
    await page.keyboard.press('Enter');
    await page.locator('.head-choice[aria-pressed="true"]').nth(1).waitFor();
    assert.deepEqual((await wished(panel))[0]?.at.heads, [1, 3]);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('X switches a head off and on again, and strikes it through in the grid', async () => {
    const panel = await open();
    const { page } = panel;
    const cell = page.locator('.head-cell[data-layer="4"][data-head="2"]');
    await cell.focus();
    await page.keyboard.press('x');
    await page.locator('.head-cell.is-off').waitFor();
    assert.deepEqual(await wished(panel), [HEAD]);
    assert.equal(await page.locator('.head-cell.is-off').count(), 1);
    assert.match((await cell.getAttribute('aria-label')) ?? '', /^Layer 4, head 2, switched off/);
    assert.match(await panel.text('.run-state'), /^modified: 1 of 1 on/);
    await cell.focus();
    await page.keyboard.press('x');
    await page.waitForFunction(() => !document.querySelector('.head-cell.is-off'));
    assert.deepEqual(await wished(panel), []);
    await panel.close();
  });

  it('adds where people look, with a right click and with the menu key', async () => {
    const panel = await open();
    const { page } = panel;
    const choose = (name: string) => menu(panel).getByRole('menuitem', { name }).click();
    await page.locator('.head-cell[data-layer="3"][data-head="0"]').click({ button: 'right' });
    await choose('Scale L3H0');
    await settled(panel, 1);
    await page.locator('.map-grid').focus();
    await page.keyboard.press('ContextMenu');
    await menu(panel).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await settled(panel, 2);
    assert.deepEqual((await wished(panel))[1]?.how, { force: [0.8] });
    await page.locator(`.strip .token[data-index="${DOGS}"]`).click({ button: 'right' });
    await choose('Edit a token');
    await page.getByRole('textbox', { name: 'Read instead' }).fill('dog');
    await page.keyboard.press('Enter');
    await settled(panel, 3);
    assert.deepEqual((await wished(panel))[2], {
      kind: 'intervention',
      at: { stack: 'encoder', point: 'token', tokens: [DOGS] },
      how: { text: 'dog' },
    });
    await page.getByRole('tab', { name: 'Layers' }).click();
    const state = page.locator('.lens-pane .state-cell[data-state="2"]').nth(1);
    await state.click({ button: 'right' });
    await choose('Scale the state');
    await settled(panel, 4);
    assert.deepEqual((await wished(panel))[3]?.at.layer, 2);
    await page.getByRole('tab', { name: 'Computation' }).click();
    await page.locator('.stages-pane [data-index="2"]').first().click({ button: 'right' });
    await choose('Skip the MLP of L4');
    await settled(panel, 5);
    assert.equal((await wished(panel))[4]?.at.point, 'feedForwardOutput');
    await panel.close();
  });

  it('says in every view that the run is modified, and keeps comparing beside it', async () => {
    const panel = await open([HEAD]);
    const { page } = panel;
    for (const key of ['0', '1', '2', '3', '4', '5', '6']) {
      await page.keyboard.press(key);
      assert.match(await panel.text('.notices'), /This run is modified: one head off/);
    }
    await page.keyboard.press('3');
    await page.waitForFunction(() => window.host.calls.some(({ method }) => method === 'runSide'));
    const sides = (await panel.calls('runSide')) as { slot: string; changes: { kind: string }[] }[];
    const changed = sides.find(({ slot }) => slot === 'changed');
    assert.deepEqual(
      changed?.changes.map(({ kind }) => kind),
      ['mask', 'intervention'],
    );
    await panel.close();
  });

  it('says in its row why an intervention cannot be made, with the others at work', async () => {
    const gone: Intervention = { ...HEAD, at: { ...HEAD.at, layer: 9 }, on: false };
    const panel = await open([HEAD, gone]);
    await panel.page.evaluate(() => window.host.emit('intervene', {}));
    await panel.page.locator('.intervention-refusal').waitFor();
    assert.match(await panel.text('.intervention-refusal'), /no layer 9/);
    assert.equal(await panel.page.locator('.intervention-row .number').count(), 1);
    await panel.close();
  });

  it('tells of an experiment beside its text alone', async () => {
    const panel = await open();
    const { page } = panel;
    const note = { title: 'Agreement', asks: 'Who decides?', text: TEXT, look: ['Look.'] };
    await page.evaluate(one => {
      window.host.emit('experiment', one);
      window.host.emit('intervene', {});
    }, note);
    await page.locator('.experiment:visible').waitFor();
    await page.evaluate(one => window.host.emit('experiment', { ...one, text: 'x' }), note);
    await page.locator('.experiment').waitFor({ state: 'hidden' });
    await panel.close();
  });

  for (const theme of THEMES) {
    for (const width of [1200, 480]) {
      it(`axe-core finds nothing in ${theme} at ${width} pixels`, async () => {
        const panel = await open([EDGE, HEAD, { ...EDGE, on: false, how: { block: true } }], {
          theme,
          width,
        });
        const { page } = panel;
        await page.evaluate(() => window.host.emit('intervene', {}));
        await page.locator('.result-picture circle').first().waitFor();
        await page.locator('.kl-token').first().waitFor();
        await settled(panel, 3);
        await panel.screenshot(`interventions-${theme}-${width}`);
        const problems = await accessibilityProblems(panel);
        await page.getByRole('button', { name: 'Add an intervention' }).click();
        problems.push(...(await accessibilityProblems(panel)));
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.deepEqual(problems, []);
        assert.ok(wide <= 0, `${wide} pixels too wide`);
        assert.deepEqual(await panel.allProblems(), []);
        await panel.close();
      });
    }
  }
});
