import assert from 'node:assert/strict';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { accessibilityProblems } from './support/accessibility';
import { tableRows } from './support/layersView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import {
  comparing,
  INDUCTION,
  openPatching,
  openRealPatching,
  runPair,
  SHORTER_B,
  TEXT_B,
} from './support/patchingView';

const region = ({ page }: PanelPage, name: string) =>
  page.getByRole('region', { name, exact: true });

/** What the maps print, row by row, `–` for what is not computed. */
const printed = ({ page }: PanelPage, name: string): Promise<string[]> =>
  page
    .getByRole('region', { name, exact: true })
    .locator('.share-drawing > g:last-of-type text')
    .allTextContents();

const tab = ({ page }: PanelPage) => page.getByRole('tab', { name: 'Patching' });

describe('Patching view', function () {
  this.timeout(300_000);
  let panel: PanelPage;
  after(closeBrowser);
  afterEach(async () => panel.close());

  it('its tab is there while another text of the same model is compared', async () => {
    panel = await PanelPage.open({ capture: 'decoder' });
    assert.equal(await tab(panel).count(), 0);
    await panel.page.keyboard.press('7');
    assert.equal(await panel.page.getByRole('tab', { name: 'Attention' }).isVisible(), true);
    await panel.page.getByRole('tab', { name: 'Masking' }).click();
    const text = panel.page.getByRole('textbox', { name: 'Text of the other run' });
    await text.fill(TEXT_B.text);
    await text.press('Enter');
    // Of another model as well: it says why not.
    await tab(panel).waitFor();
    assert.equal(await tab(panel).getAttribute('aria-disabled'), 'true');
    assert.match((await tab(panel).getAttribute('title')) ?? '', /same model on both texts/);
    await panel.page.getByRole('combobox', { name: 'Model of the other run' }).click();
    await panel.page.getByRole('option', { name: 'Same model' }).click();
    await panel.page.locator('#tab-patching[aria-disabled="false"]').waitFor();
    await panel.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const before = (await panel.calls('runSide')).length;
    await panel.page.keyboard.press('7');
    await panel.page.getByText('Text B is run.').first().waitFor();
    const asked = (await panel.calls('runSide')).slice(before);
    assert.deepEqual(asked, [], 'the run of B goes over from one view to the other');
    const closed = (await panel.calls('closeSide')) as { slot: string }[];
    assert.ok(!closed.some(({ slot }) => slot === 'other'));
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('texts of unequal counts: the sentence says both, the first place where they part is marked', async () => {
    panel = await openPatching({ other: SHORTER_B });
    const count = SHORTER_B.tokens.decoder?.length ?? 0;
    assert.equal(
      await panel.text('.patching .sentence'),
      `${count + 1} and ${count} tokens: the texts must have the same number; F2 edits B.`,
    );
    assert.equal(await panel.text('.is-parting .index'), 'parts 3');
    assert.equal(await panel.page.locator('.patch-columns').isVisible(), false);
    assert.deepEqual(await panel.calls('patching'), []);
    await panel.page.keyboard.press('F2');
    const editor = panel.page.getByRole('textbox', { name: 'Text B' });
    await editor.fill('something else');
    await editor.press('Enter');
    await panel.page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) =>
          method === 'runSide' && (params as { text: string }).text === 'something else',
      ),
    );
    assert.equal(await editor.count(), 0);
  });

  it('rows come one by one, the last layer first; Esc stops, what came stays, and goes on when asked', async () => {
    panel = await openPatching({ rows: 5, width: 1500 });
    await panel.page.getByText('5 of 24 rows').waitFor();
    const columns = TEXT_B.tokens.decoder?.length ?? 0;
    const cells = await printed(panel, 'Residual');
    const waiting = cells.filter(text => text === '–').length;
    assert.equal(waiting, 4 * columns, 'layers 0 to 3');
    assert.deepEqual(cells.slice(-3), ['.30', '−.40', '.62'], 'layer 5 is there, or it is below');
    await panel.page.keyboard.press('Escape');
    await panel.page.getByText('Stopped: what is computed stays.').waitFor();
    assert.equal((await printed(panel, 'Residual')).filter(text => text === '–').length, waiting);
    await panel.page.evaluate(() => (window.host.patchRows = Infinity));
    await panel.page.getByRole('button', { name: /^Run \d+ patches$/ }).click();
    await panel.page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    assert.ok(!(await printed(panel, 'Residual')).includes('–'));
    assert.match(
      await panel.text('.patching .sentence'),
      /^“.+” lies on token 3 until layer 4; then L4H0 brings it to the last token\. One state \(token 15 before L5\) recovers/,
    );
    assert.equal((await panel.calls('patching')).length, 2);
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('a closed view draws nothing and asks for nothing', async () => {
    panel = await openPatching();
    await panel.page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    const before = (await panel.calls('patching')).length;
    const drawing = await panel.page.waitForSelector('.share-drawing');
    await panel.page.keyboard.press('1');
    await drawing.evaluate(element => element.replaceChildren());
    await panel.page.evaluate(() => window.host.show('decoder', { id: 'decoder-again' }));
    await panel.ready('decoder-again');
    await panel.page.keyboard.press('ArrowRight');
    assert.equal(await drawing.evaluate(element => element.childElementCount), 0);
    assert.equal((await panel.calls('patching')).length, before);
    assert.equal(await panel.page.locator('.patching').count(), 0);
  });

  it('by keys alone: arrows preview, Enter sets the locus, M, brackets, K', async () => {
    panel = await openPatching();
    const { page } = panel;
    await page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    const title = page.locator('.patch-cell-title');
    assert.match(await title.innerText(), /^Residual before L5, token 15 /);
    await page.keyboard.press('m');
    const at = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    assert.match(await at(), /^Residual, before each layer/);
    assert.match(await title.innerText(), /^Residual before L0, token 3 /, 'the largest cell');
    assert.match(await panel.text('.share-ends'), /100.% recovered/);
    await page.keyboard.press('ArrowDown');
    assert.match(await title.innerText(), /^Residual before L1, token 3 /);
    assert.match(await panel.text('.share-ends'), /99.% recovered/);
    const locus = () => page.locator('.locus-bar').innerText();
    const before = await locus();
    await page.keyboard.press('Enter');
    assert.notEqual(await locus(), before);
    assert.match((await locus()).replace(/\s+/g, ' '), /Layer 1 .* 3 /);
    await page.keyboard.press(']');
    await page.waitForFunction(() =>
      document.activeElement?.getAttribute('aria-label')?.startsWith('Attention output'),
    );
    await page.keyboard.press('[');
    await page.keyboard.press('[');
    await page.waitForFunction(() =>
      document.activeElement?.getAttribute('aria-label')?.startsWith('Heads'),
    );
    await page.keyboard.press('m');
    assert.equal(await title.innerText(), 'Output of L4H0, all tokens');
    await page.keyboard.press('k');
    await page.waitForFunction(() =>
      window.host.calls.some(({ method }) => method === 'setInterventions'),
    );
    // A is put into B: B becomes the text on show, and A what it is compared with.
    assert.deepEqual(await panel.calls('inspectText'), [{ text: TEXT_B.text }]);
    const [kept] = (await panel.calls('setInterventions')) as { interventions: unknown[] }[];
    const { text } = await page.evaluate(() => window.host.known('decoder-1').summary);
    assert.deepEqual(kept?.interventions, [
      {
        kind: 'intervention',
        at: { layer: 4, point: 'headOutput', heads: [0] },
        how: { from: { text } },
      },
    ]);
  });

  it('the measure: other entries by typing, another place, the other direction', async () => {
    panel = await openPatching();
    const { page } = panel;
    await page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    const latest = async () => (await panel.calls('patching')).at(-1) as Record<string, unknown>;
    const first = await latest();
    assert.equal(first['token'], 15);
    assert.equal(first['direction'], 'intoB');
    const answer = page
      .getByRole('textbox', { name: 'Answer', exact: true })
      .or(page.getByRole('combobox', { name: 'Answer', exact: true }));
    await answer.fill('#42');
    await answer.press('Enter');
    await page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) =>
          method === 'patching' && JSON.stringify(params).includes('"answer":42'),
      ),
    );
    await answer.fill('no such word');
    await answer.press('Enter');
    await page.getByText('“no such word” is none of the').waitFor();
    await page.getByRole('radio', { name: 'Put B into A' }).click();
    await page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) => method === 'patching' && JSON.stringify(params).includes('intoA'),
      ),
    );
    await page.locator('.number-list dt', { hasText: 'logit difference in A' }).waitFor();
    assert.match(await panel.text('.number-list'), /logit difference in A \+2\.68/);
    await page.getByRole('combobox', { name: 'Measured at' }).click();
    await page.getByRole('option', { name: /^5 / }).click();
    await page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) =>
          method === 'patching' && JSON.stringify(params).includes('"token":5'),
      ),
    );
    await page.getByRole('combobox', { name: 'Measure', exact: true }).click();
    await page.getByRole('option', { name: 'KL divergence' }).click();
    await page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) =>
          method === 'patching' && JSON.stringify(params).includes('divergence'),
      ),
    );
    assert.equal(await answer.isVisible(), false);
  });

  it('patterns are asked for when they are looked at, and say what they mean', async () => {
    panel = await openPatching();
    const { page } = panel;
    await page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    await page.getByRole('radio', { name: 'Pattern' }).click();
    await page.getByText('something else is read there').waitFor();
    const asked = (await panel.calls('patching')) as { parts: string[] }[];
    assert.deepEqual(
      asked.map(({ parts }) => parts),
      [['residual', 'attentionOutput', 'feedForwardOutput', 'headOutput'], ['weights']],
    );
    const path = region(panel, 'From head to head');
    await path.getByRole('textbox', { name: 'From head' }).fill('L4H0');
    await path.getByRole('textbox', { name: 'To head' }).fill('L2H1');
    await path.getByRole('button', { name: 'Measure' }).click();
    await path.getByText('A path leads to a later layer').waitFor();
    await path.getByRole('textbox', { name: 'To head' }).fill('L5H1');
    await path.getByRole('button', { name: 'Measure' }).click();
    await path.getByText('into its key').waitFor();
    assert.match(await path.innerText(), /into its key\s+\.31/);
  });

  it('a refusal of the inspector is the sentence, and the maps can be tried again', async () => {
    panel = await PanelPage.open({ capture: 'decoder', script: comparing(TEXT_B.text) });
    await panel.page.evaluate(
      ([recipe]) => {
        window.host.layers.faults['patching'] = 'tiny cannot be cut at its layers.';
        window.host.showSide('other', recipe);
      },
      [TEXT_B] as const,
    );
    await panel.page
      .locator('.patching .sentence', { hasText: 'tiny cannot be cut at its layers.' })
      .waitFor();
    await panel.page.evaluate(() => delete window.host.layers.faults['patching']);
    await panel.page.getByRole('button', { name: 'Try again' }).click();
    await panel.page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
  });

  it('each map is a figure: picture, table and facts', async () => {
    panel = await openPatching();
    const { page } = panel;
    await page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    for (const name of ['SVG picture…', 'CSV table…']) {
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name }).click();
    }
    await page.waitForFunction(
      () => window.host.calls.filter(({ method }) => method === 'saveFigure').length === 2,
    );
    const [svg, csv] = (await panel.calls('saveFigure')) as { data: string }[];
    assert.match(svg?.data ?? '', /<title id="title">Patching, residual<\/title>/);
    assert.match(svg?.data ?? '', />1\.00<\/text>/);
    assert.match(csv?.data ?? '', /layer,token,token of A,token of B,share/);
    assert.match(csv?.data ?? '', /\n5,15,[^\n]*,0\.62/);
    assert.match(csv?.data ?? '', /A is put into B/);
  });

  for (const theme of THEMES) {
    it(`nothing for axe-core to find, with tables, wide and narrow (${theme})`, async () => {
      panel = await openPatching({ theme });
      await panel.page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.keyboard.press('Shift+T');
      await region(panel, 'Residual').getByRole('table').waitFor();
      await panel.page.setViewportSize({ width: 480, height: 900 });
      assert.deepEqual(await accessibilityProblems(panel), []);
      assert.deepEqual(await panel.allProblems(), []);
    });
  }

  it('narrow: one map, chosen by the radio', async () => {
    panel = await openPatching({ width: 480 });
    await panel.page.locator('.patching .sentence', { hasText: 'recovers 62' }).waitFor();
    assert.equal(await region(panel, 'Residual').isVisible(), true);
    assert.equal(await region(panel, 'Attention output').isVisible(), false);
    await panel.page.getByRole('radio', { name: 'MLP' }).click();
    assert.equal(await region(panel, 'Residual').isVisible(), false);
    assert.equal(await region(panel, 'Feed-forward output').isVisible(), true);
    const width = await panel.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 480, String(width));
  });

  it('a real model: the numbers are the inspector’s, and the sentence names the induction heads', async () => {
    const pair = await runPair('decoder', INDUCTION.a, INDUCTION.b);
    panel = await openRealPatching(pair);
    assert.match(
      await panel.text('.patching .sentence'),
      /^“cat” lies on token 3 until layer 4; then L4H0 and L5H0 bring it to the last token\. One state \(token 10 before L5\) recovers 62.% of the difference between the two texts\.$/,
    );
    await panel.page.keyboard.press('Shift+T');
    const [, first] = await tableRows(panel, 'Residual');
    assert.ok(first);
    assert.deepEqual(first.slice(0, 3), ['L0', '3', 'cat']);
    assert.ok(Math.abs(Number(first[3]) - 1.19) < 0.005, first.join());
    assert.match(await panel.text('.number-list'), /in B −2\.47 .* \+\.74 in A \+2\.68/);
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('patches the encoder, the decoder or cross-attention of a model with both, as the engine does', async () => {
    const texts = ['The dog the chased cat .', 'The dog the chased bird .'] as const;
    const pair = await runPair('encoder-decoder', ...texts, 'The dog chased the');
    const { a, b, inspector } = pair;
    const script = comparing(texts[1], '=', 'patching', { measure: 'divergence' });
    panel = await openRealPatching(pair, { script });
    const { page } = panel;
    const { encoder = [], decoder = [] } = a.tokens;
    assert.equal(
      await panel.text('.pair-strip .strip-side'),
      `1 of ${encoder.length} tokens differ · both have ${encoder.length}`,
    );
    assert.match(await panel.text('.patching .sentence'), /^“cat” lies on token \d+/);
    await page.keyboard.press('Shift+T');
    const blocks = page.getByRole('radiogroup', { name: 'Attention', exact: true });
    for (const { name, block } of [
      { name: 'Encoder', block: { stack: 'encoder', kind: 'self' } },
      { name: 'Decoder', block: { stack: 'decoder', kind: 'self' } },
      { name: 'Cross', block: { stack: 'decoder', kind: 'cross' } },
    ] as const) {
      await blocks.getByRole('radio', { name, exact: true }).click();
      await page.locator('.patch-heads .table td').first().waitFor();
      const tokens = block.stack === 'encoder' ? encoder : decoder;
      const strip = page.locator('.pair-lines [role="listitem"]');
      assert.equal(await strip.count(), tokens.length);
      const { rows: made } = await inspector.patching(
        {
          ...{ before: a.id, after: b.id, ...block, parts: ['headOutput'] },
          ...{ direction: 'intoB', measure: { kind: 'divergence' }, token: decoder.length - 1 },
        },
        () => undefined,
        NEVER_CANCELLED,
      );
      const shares = new Map(made.map(({ layer, shares: row }) => [`L${layer}`, row]));
      const [, ...shown] = await tableRows(panel, 'Heads, all tokens');
      assert.ok(shown.length > 0);
      for (const [layer = '', head, , share] of shown) {
        const expected = shares.get(layer)?.[Number(head)] ?? NaN;
        assert.ok(
          Math.abs(Number(share?.replace('−', '-')) - expected) < 6e-4,
          `${layer} ${share}`,
        );
      }
    }
    assert.equal(await region(panel, 'From head to head').count(), 0);
    assert.deepEqual(await panel.allProblems(), []);
  });
});
