import assert from 'node:assert/strict';
import type { ModelFinding } from '../../src/protocol/findings';
import { accessibilityProblems } from './support/accessibility';
import { openFindings, showFindings } from './support/findingsView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { CAUSAL, FINDINGS, LEAK, ready, ROPE, UNKNOWN } from './support/syntheticFindings';

/** Names of the rows with their places, in order. */
const rows = ({ page }: PanelPage): Promise<string[]> =>
  page
    .locator('.finding-row')
    .evaluateAll(all =>
      all.map(row =>
        ['.finding-name b', '.finding-place']
          .map(part => row.querySelector(part)?.textContent ?? '')
          .join(' @ '),
      ),
    );
const headings = ({ page }: PanelPage): Promise<string[]> =>
  page
    .locator('.findings-group')
    .evaluateAll(all => all.map(one => one.getAttribute('aria-label') ?? ''));
/** What the detail is of. */
const detail = (panel: PanelPage): Promise<string> => panel.text('.finding-head h2');
/** The row that has the focus. */
const focused = ({ page }: PanelPage): Promise<string> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
const overflow = ({ page }: PanelPage): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

describe('Findings view', () => {
  after(closeBrowser);

  it('lists them in groups with measure, place and sentence; tab and header count them', async () => {
    const panel = await openFindings();
    const { page } = panel;
    assert.deepEqual(await headings(panel), [
      'This export, 4',
      'This text, 2',
      'Checked, nothing found',
      'Not decided',
    ]);
    assert.deepEqual(await rows(panel), [
      'Future leak @ L1 H2',
      'Rotary base differs @ all layers',
      'Special token added twice @ token 1',
      'Left padding moves outputs @ positions',
      'Unknown tokens @ token 4',
      'Attention sinks @ L2 H1',
      '17 checks @ ',
      'Cached ≠ uncached @ ',
      'Damage by quantisation @ Compare…',
    ]);
    const [first] = await page.getByRole('treeitem', { level: 2 }).all();
    assert.equal(
      await first?.getAttribute('aria-label'),
      `Error: Future leak, Δ .61, L1 H2, ${LEAK.sentence}`,
    );
    assert.equal(await panel.text('.tab[aria-selected="true"] .tab-badge'), '4 to look at');
    assert.equal(await panel.text('.finding-count'), '2 errors, 2 warnings · 13 runs · 600 ms');
    assert.match(await panel.text('.findings .sentence'), /^2 errors, 2 warnings and 2 notes\. /);
    assert.equal(await panel.text('.findings .sentence b'), '2 errors');

    assert.match(
      await panel.text('.finding-decision'),
      /Limit 1e-6 Found \.61 Confirmed by last token/,
    );
    const framed = await page.locator('.evidence-map rect[stroke="var(--wrong)"]').count();
    assert.equal(framed, 9);
    assert.deepEqual(
      await page
        .locator('.evidence-bar .bar-lane i')
        .evaluateAll(all => all.map(bar => (bar as HTMLElement).style.width)),
      ['0%', '61%', '0%'],
    );

    await page.keyboard.press('Shift+T');
    await page.locator('.evidence table').waitFor();
    assert.match(await panel.text('.evidence tbody tr'), /^·bird 6 ·near 7 \.610/);

    await page.getByRole('radio', { name: 'This text' }).click();
    assert.deepEqual(await headings(panel), ['This text, 2']);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('goes where a finding is, and shows what mends it', async () => {
    const panel = await openFindings();
    const { page } = panel;
    await page.getByRole('button', { name: 'Go to L1 H2' }).click();
    await page.getByRole('tab', { selected: true, name: 'Masking' }).waitFor();
    assert.match(await panel.text('.locus'), /Layer 1 Head 2 .*6 .*7/);

    await page.locator('.finding-count').click();
    await page.getByRole('button', { name: 'Impose a causal mask here' }).click();
    await page.locator('.intervention-row').waitFor();
    assert.deepEqual(await panel.calls('setInterventions'), [{ interventions: CAUSAL }]);
    assert.ok(await page.locator('.findings-tree').isVisible(), 'the list stays beside it');
    assert.ok(await page.locator('.finding-detail').isVisible());
    await page.locator('.finding-buttons .is-on').waitFor();
    await page.keyboard.press('l');

    const node = page.locator('.finding-node');
    await node.getByText('Node in the graph').click();
    assert.match(await panel.text('.finding-node'), /layers\.1\/self_attn\/Softmax Softmax/);

    await page.locator('.finding-row', { hasText: 'Rotary' }).click();
    assert.match(await panel.text('.finding-fix'), /In config\.json: "rope_theta": 500000/);
    await page.getByRole('button', { name: 'Open config.json' }).click();
    await page.locator('.finding-row', { hasText: 'Unknown' }).click();
    await page.getByRole('button', { name: 'Show in the text' }).click();
    assert.deepEqual(await panel.calls('openFinding'), [
      { name: 'rope-mismatch' },
      { name: 'unknown-tokens' },
    ]);
    await page.locator('.finding-row', { hasText: 'sinks' }).locator('.finding-place').click();
    await page.getByRole('tab', { selected: true, name: 'Attention' }).waitFor();
    assert.match(await panel.text('.locus'), /Layer 2 Head 1/);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('is a tree for the keyboard; F8 comes from any view', async () => {
    const panel = await openFindings();
    const { page } = panel;
    await page.keyboard.press('1');
    await page.keyboard.press('F8');
    await page.getByRole('tab', { selected: true, name: 'Findings' }).waitFor();
    assert.equal(await detail(panel), 'Error: Future leak');
    await page.keyboard.press('F8');
    await page.locator('.finding-row.selected', { hasText: 'Rotary' }).waitFor();
    for (let i = 0; i < 2; i++) await page.keyboard.press('Shift+F8');
    await page.locator('.finding-row.selected', { hasText: 'sinks' }).waitFor();
    assert.match(await focused(panel), /^Note: Attention sinks/);

    await page.keyboard.press('ArrowUp');
    assert.match(await focused(panel), /^Warning: Unknown tokens, 4\.8/);
    assert.equal(await detail(panel), 'Warning: Unknown tokens');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await focused(panel), 'This text, 2');
    await page.keyboard.press('ArrowLeft');
    await page.locator('.finding-row', { hasText: 'Unknown' }).waitFor({ state: 'detached' });
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(panel), 'Checked, nothing found');
    await page.keyboard.press('Home');
    assert.equal(await focused(panel), 'This export, 4');
    assert.equal(await page.locator('.findings-tree [tabindex="0"]').count(), 1);

    await page.keyboard.press('f');
    await page.keyboard.type('rope_theta');
    await page.waitForFunction(() => document.querySelectorAll('.finding-row').length === 1);
    await page.keyboard.press('Escape');
    await page.locator('.finding-row', { hasText: 'Future' }).waitFor();

    await page.locator('.finding-row', { hasText: 'Future' }).click();
    const copied = await page.evaluate(() => {
      const data = new DataTransfer();
      const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true });
      document.activeElement?.dispatchEvent(event);
      return data.getData('text/plain');
    });
    assert.match(copied, /^\*\*error: Future leak/);
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { selected: true, name: 'Masking' }).waitFor();
    await page.keyboard.press('0');
    await page.getByRole('tab', { selected: true, name: 'Tokens' }).waitFor();
    assert.equal(await page.getByRole('tab').first().innerText(), 'Tokens');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('sets aside what people ignore for this model', async () => {
    const panel = await openFindings();
    const { page } = panel;
    await page.getByRole('button', { name: 'Ignore it for this model' }).click();
    const name = 'future-leak decoder  1 2';
    assert.deepEqual(await panel.calls('pinFinding'), [{ name, isPinned: true }]);
    await showFindings(panel, ready(FINDINGS, { pinned: [name] }));
    await page.locator('.findings-group', { hasText: 'Ignored' }).waitFor();
    assert.equal(await page.locator('.finding-row', { hasText: 'Future' }).count(), 0, 'folded');
    assert.equal(await panel.text('.finding-count'), '1 error, 2 warnings · 13 runs · 600 ms');
    assert.doesNotMatch(await panel.text('.findings .sentence'), /looks ahead/);
    await page.locator('.findings-group', { hasText: 'Ignored' }).click();
    await page.locator('.finding-row', { hasText: 'Future' }).click();
    await page.getByRole('button', { name: 'List it again for this model' }).click();
    assert.deepEqual((await panel.calls('pinFinding')).at(-1), { name, isPinned: false });
    await panel.close();
  });

  it('says what there is to do before, while and after a check', async () => {
    const panel = await openFindings({ kind: 'none' });
    const { page } = panel;
    const checks = (): Promise<number> => panel.calls('checkModel').then(calls => calls.length);
    assert.equal(await page.locator('.finding-count').isVisible(), false);
    assert.equal(await page.locator('.tab-badge').first().isVisible(), false);
    await page.getByRole('button', { name: 'Check this model' }).click();
    assert.equal(await checks(), 1);

    const progress = { decided: 5, rules: 31, runs: 13 };
    await showFindings(panel, { kind: 'running', progress, found: [LEAK] });
    await page.getByText('13 runs, 5 of 31 done').waitFor();
    assert.deepEqual(await rows(panel), ['Future leak @ L1 H2']);
    await page.keyboard.press('Escape');
    assert.equal((await panel.calls('cancel')).length, 1);

    await showFindings(panel, {
      kind: 'failed',
      error: { code: 'crashed', message: 'The inspector ended.' },
    });
    await page.getByText('could not be checked: The inspector ended.').first().waitFor();
    await page.getByRole('button', { name: 'Check again' }).click();
    assert.equal(await checks(), 2);

    await showFindings(panel, ready(FINDINGS, { isStale: true }));
    await page.getByText('The model’s files have changed since it was checked.').waitFor();
    await page.locator('.findings-stale').getByText('Check again').click();
    assert.equal(await checks(), 3);

    await showFindings(panel, ready(FINDINGS, { capture: 'another' }));
    await page.getByText('The model was checked with another text').waitFor();
    await showFindings(panel, ready([]));
    await page.getByText('All is well').waitFor();
    assert.deepEqual(await headings(panel), ['Checked, nothing found', 'Not decided']);
    assert.equal(await detail(panel), 'Nothing found: 17 checks');
    assert.equal(await page.locator('.finding-count').isVisible(), false);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('writes what sentences and tokens hold as it is, and numbers that are none', async () => {
    const markup = '<img src=x onerror=alert(1)>\u202e';
    const odd: ModelFinding = {
      ...LEAK,
      sentence: `Token ${markup} leaks.`,
      cause: `<b>${markup}`,
      node: { name: `/${markup}/${'long'.repeat(60)}`, operator: markup },
      evidence: [
        {
          kind: 'map',
          title: markup,
          queries: [markup, '\n'],
          keys: [markup, ' '],
          weights: Float32Array.of(NaN, 0.5, NaN, 0.5),
          framed: Uint8Array.of(0, 1, 0, 0),
        },
        {
          kind: 'bars',
          title: markup,
          rows: [
            { name: markup, value: NaN, isWrong: true },
            ...Array.from({ length: 40 }, (_, i) => ({ name: `H${i}`, value: -i, isWrong: false })),
          ],
        },
      ],
    };
    const panel = await openFindings(ready([odd, ROPE]), { width: 480 });
    const { page } = panel;
    assert.equal(await page.locator('.findings img').count(), 0);
    assert.match(await panel.text('.finding-said'), /<img src=x onerror=alert\(1\)>/);
    assert.equal(await page.locator('.evidence-map path[stroke="var(--wrong)"]').count(), 2);
    assert.match(await panel.text('.evidence-bar'), /NaN/);
    await page.locator('.finding-node summary').click();
    for (const width of [480, 300, 1200]) {
      await page.setViewportSize({ width, height: 800 });
      assert.ok((await overflow(panel)) <= 0, String(width));
    }
    assert.deepEqual(await accessibilityProblems(panel), []);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('exports the list as a table, and the evidence as picture and numbers', async () => {
    const panel = await openFindings();
    const { page } = panel;
    const save = async (figure: RegExp, format: string): Promise<string> => {
      const before = (await panel.calls('saveFigure')).length;
      await page.getByRole('button', { name: 'Export', exact: true }).click();
      await page.getByRole('menuitemradio', { name: figure }).click();
      await page.getByRole('menuitem', { name: new RegExp(`^${format}`) }).click();
      await page.waitForFunction(
        count => window.host.calls.filter(({ method }) => method === 'saveFigure').length > count,
        before,
      );
      return ((await panel.calls('saveFigure')).at(-1) as { data: string }).data;
    };
    const csv = await save(/^Findings$/, 'CSV');
    assert.match(csv, /\r\nmodel,error,future-leak,Future leak,0\.61,L1 H2,/);
    assert.match(csv, /\r\nundecided,,past-inconsistent,/);
    assert.match(await save(/^Findings$/, 'SVG'), /Error: Rotary base differs · ×50 · all layers/);
    const svg = await save(/^Future leak: L1 H2/, 'SVG');
    assert.match(svg, /·river/);
    assert.doesNotMatch(svg, /var\(/);
    assert.match(await save(/^Future leak: Largest/, 'CSV'), /\r\nL1,0\.61,1\r\n/);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('lists where a condition holds, as a breakpoint does, and goes there', async () => {
    const panel = await openFindings();
    const { page } = panel;
    const said = page.locator('.findings-stop [role="status"]');
    await page.getByRole('button', { name: 'Stop where a condition holds' }).click();
    await page.keyboard.type('layer == 2 and query == 4 and head > 1');
    await page.keyboard.press('Enter');
    await said.getByText(/^It holds at 2 of [\d,]+ places\.$/).waitFor();
    assert.deepEqual((await headings(panel)).slice(0, 2), ['Stops, 2', 'This export, 4']);
    assert.deepEqual((await rows(panel)).slice(0, 2), ['L2 H2 @ go to', 'L2 H3 @ go to']);
    const stop = page.locator('.finding-row', { hasText: 'L2 H3' });
    assert.match((await stop.getAttribute('aria-label')) ?? '', /^Stop: L2 H3, .*out 4, .*head 3/);
    await stop.click();
    await panel.screenshot('findings-stops-dark-1200');
    assert.match(await panel.text('.finding-detail'), /Where layer == 2 and query == 4/);
    assert.deepEqual(await accessibilityProblems(panel), []);
    await page.keyboard.press('Enter');
    await page.getByRole('tab', { selected: true, name: 'Attention' }).waitFor();
    assert.match(await panel.text('.locus'), /Layer 2 Head 3 .*out 4/);

    await page.keyboard.press('6');
    await page
      .getByRole('textbox', { name: 'Stop where' })
      .or(page.getByRole('combobox', { name: 'Stop where' }))
      .fill('query = 4');
    await page.keyboard.press('Enter');
    await said.getByText('It holds').waitFor({ state: 'hidden' });
    await page.waitForFunction(() =>
      document.querySelector('.finding-row')?.textContent.includes('Future'),
    );
    assert.match(await said.innerText(), /\w{3}/);
    assert.equal((await page.evaluate(() => window.host.errors.splice(0))).length, 1);
    await page.getByRole('button', { name: 'Stop where a condition holds' }).click();
    await page.locator('.findings-stop').waitFor({ state: 'hidden' });
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  for (const theme of THEMES) {
    it(`stands as in its pictures in ${theme}, wide, narrow and beside the interventions`, async () => {
      const panel = await openFindings(undefined, { theme, height: 829 });
      const { page } = panel;
      for (const width of [1200, 480]) {
        await page.setViewportSize({ width, height: 829 });
        await page.locator('.evidence-map rect').first().waitFor();
        assert.ok((await overflow(panel)) <= 0, String(width));
        assert.deepEqual(await accessibilityProblems(panel), []);
        const tops = await page.evaluate(() =>
          ['.findings-list', '.finding-detail'].map(
            name => document.querySelector(name)?.getBoundingClientRect().top ?? NaN,
          ),
        );
        assert.equal(tops[0] === tops[1], width === 1200, 'beside it, or below');
        await panel.screenshot(`findings-${theme}-${width}`);
      }
      await page.setViewportSize({ width: 1200, height: 829 });
      await page.getByRole('button', { name: 'Impose a causal mask here' }).click();
      await page.locator('.finding-buttons .is-on').waitFor();
      await panel.screenshot(`findings-imposed-${theme}-1200`);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  it('counts what the text has as soon as it is there, in every view', async () => {
    const panel = await PanelPage.open({ capture: 'decoder' });
    await showFindings(panel, ready([UNKNOWN]));
    await panel.page.locator('.finding-count').waitFor();
    assert.equal(await panel.text('.finding-count'), '1 warning · 13 runs · 600 ms');
    assert.match(await panel.text('.tab-badge:not([hidden])'), /^1/);
    assert.equal(await panel.page.locator('.run-state').isVisible(), false);
    await panel.page.evaluate(() => window.host.show('decoder', { stale: true }));
    await panel.page.locator('.run-state').waitFor();
    await panel.close();
  });
});
