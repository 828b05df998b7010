import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES, type OpenOptions } from './support/panelPage';
import { written } from './support/reading';

const ENCODER = { stack: 'encoder', kind: 'self' } as const;

/** A panel with the computation open and drawn. */
async function open(options: OpenOptions = {}): Promise<PanelPage> {
  const panel = await PanelPage.open(options);
  await panel.page.locator('#tab-computation').click();
  await panel.page.waitForSelector('.formula math');
  return panel;
}

const stageName = (panel: PanelPage): Promise<string> => panel.text('.paused-at');

/** Texts of the table's cells by column, row by row. */
function cells(panel: PanelPage, column: string): Promise<string[]> {
  return panel.page.locator(`.stage-row .cell-${column}`).allInnerTexts();
}

/** Two decimals as the panel writes them, worked out a second time. */
const decimals = (value: number, count = 2): string => {
  const text = Math.abs(value).toFixed(count);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
};

describe('computation view', () => {
  after(closeBrowser);

  it('shows the capture’s own numbers in every stage', async () => {
    const panel = await open();
    const row = await panel.page.evaluate(block => {
      const { weights, scores, maskedScores } = window.host.capture('encoder').row(block, 3, 0, 15);
      return [weights, scores ?? [], maskedScores ?? []].map(one => [...one]);
    }, ENCODER);
    const [weights = [], scores = [], masked = []] = row;
    assert.equal(weights.length, 19);
    assert.deepEqual(await cells(panel, 'weight'), weights.map(written));
    assert.deepEqual(
      await cells(panel, 'score'),
      scores.map(score => decimals(score)),
    );
    const products = scores.map(score => score * Math.sqrt(32));
    const shownProducts = await cells(panel, 'sum');
    products.forEach((product, key) => {
      const text = (shownProducts[key] ?? '').replace('−', '-');
      assert.ok(Math.abs(Number(text) - product) < 0.006, `q · k of key ${key}: ${text}`);
    });
    const biases = await cells(panel, 'mask');
    masked.forEach((score, key) => {
      const bias = Number((biases[key] ?? '').replace('−', '-'));
      assert.ok(Math.abs(bias - (score - (scores[key] ?? NaN))) < 0.006, `bias of key ${key}`);
    });
    const largest = Math.max(...masked);
    const z = masked.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    assert.match(await panel.text('.variables'), new RegExp(`Z ${decimals(z, 3)}`));
    assert.match(await panel.text('.variables'), new RegExp(`max ${decimals(largest, 3)}`));
    assert.match(await panel.text('.foot-sum'), /^Σ 1\.000/);
    assert.match(
      await panel.text('.sentence'),
      /^Step 5 of 7\. The 19 scores of thirst become weights that sum to 1\. was has the highest/,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('steps over, back, to the end and to the start by keys, buttons and commands', async () => {
    const panel = await open();
    const { page } = panel;
    assert.equal(await stageName(panel), 'Paused at Softmax, 5 of 7');
    assert.deepEqual(new Set(await cells(panel, 'weight')).has('–'), false);
    await page.keyboard.press('b');
    assert.equal(await stageName(panel), 'Paused at Mask, 4 of 7');
    assert.deepEqual([...new Set(await cells(panel, 'weight'))], ['–'], 'not computed yet');
    assert.match(await panel.text('.variables'), /α –/);
    await page.locator('.debug-button.stepOver').click();
    await page.locator('.debug-button.stepOver').click();
    assert.equal(await stageName(panel), 'Paused at Weighted sum, 6 of 7');
    await page.evaluate(() => window.host.emit('command', { name: 'runAll' }));
    await page.waitForFunction(() =>
      document.querySelector('.paused-at')?.textContent.includes('Output, 7 of 7'),
    );
    assert.match(await panel.text('.output-pane'), /what this head adds/);
    await page.keyboard.press('r');
    assert.equal(await stageName(panel), 'Paused at Project, 1 of 7');
    assert.deepEqual([...new Set(await cells(panel, 'score'))], ['–']);
    for (const name of ['Dot product', 'Scale', 'Mask', 'Softmax', 'Weighted sum', 'Output']) {
      await page.keyboard.press('n');
      assert.match(await stageName(panel), new RegExp(`Paused at ${name}`));
      assert.ok((await page.locator('.stage-head .is-now, .stage-output.is-now').count()) > 0);
    }
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('steps into the products of one key, and into one dimension of Σ α v', async () => {
    const panel = await open();
    const { page } = panel;
    await page.keyboard.press('r');
    await page.keyboard.press('i');
    assert.equal(await stageName(panel), 'Paused inside q · k, dimension 0 of 0–31');
    await page.keyboard.press('n');
    await page.keyboard.press('i');
    const sentence = await panel.text('.sentence');
    const numbers = /× k₂ = (\S+) × (\S+) = (\S+); the sum so far is (\S+)\./.exec(sentence);
    assert.ok(numbers, sentence);
    const [q = NaN, k = NaN, product = NaN, sum = NaN] = numbers
      .slice(1)
      .map(text => Number(text.replace('−', '-')));
    assert.ok(Math.abs(q * k - product) < 0.002);
    const inTable = await panel.text('.stage-row.is-key .cell-sum');
    assert.ok(Math.abs(Number(inTable.replace('−', '-')) - sum) < 0.006, 'the sum so far');
    assert.equal(new Set(await cells(panel, 'sum')).size, 2, 'only one key is computed');
    assert.match(
      await panel.text('.call-stack'),
      /^q · k, dimension 2 was Project head 0 Multi-head/,
    );
    assert.equal(await page.locator('.waterfall rect.is-later').count(), 29);
    await page.keyboard.press('b');
    assert.match(await stageName(panel), /dimension 1 /);
    await page.keyboard.press('o');
    assert.equal(await stageName(panel), 'Paused at Project, 1 of 7');
    await page.evaluate(() => window.host.emit('command', { name: 'runAll' }));
    await page.locator('.paused-at', { hasText: 'Output, 7 of 7' }).waitFor();
    await page.keyboard.press('i');
    assert.equal(await stageName(panel), 'Paused inside Σ α v, dimension 0 of 0–31');
    await page.keyboard.press('n');
    const rows = await page.locator('.step-panes .pane:last-child tbody tr').allInnerTexts();
    const terms = rows.map(text => Number(text.split(/\s+/).at(-1)?.replace('−', '-')));
    const total = terms.pop() ?? NaN;
    const added = terms.reduce((one, other) => one + other, 0);
    assert.ok(Math.abs(added - total) < 0.004, `${terms.join(' + ')} = ${total}`);
    await page.locator('.frame', { hasText: 'Output' }).click();
    assert.equal(await stageName(panel), 'Paused at Output, 7 of 7');
    await panel.close();
  });

  it('shows q and k before and after RoPE where the model rotates', async () => {
    const panel = await open({ capture: 'decoder' });
    await panel.page.keyboard.press('r');
    const names = await panel.page.locator('.vector-name').allInnerTexts();
    assert.deepEqual(names, ['q before RoPE', 'q after RoPE', 'k before RoPE', 'k after RoPE']);
    assert.match(await panel.text('.sentence'), /RoPE then turns pairs of these numbers/);
    const heights = await panel.page.evaluate(() =>
      [...document.querySelectorAll('.vector-line .signed-bars')]
        .slice(0, 2)
        .map(chart => [...chart.querySelectorAll('rect')].map(bar => bar.getAttribute('class'))),
    );
    const [before = [], later = []] = heights;
    assert.equal(before.length, 32);
    assert.ok(
      before.every((kind, i) => kind !== later[i]),
      'turned by half a circle',
    );
    await panel.close();
  });

  it('moves with the locus: another key, head and query keep the step', async () => {
    const panel = await open();
    const { page } = panel;
    await page.keyboard.press('n');
    await page.locator('.stage-row[data-index="3"]').click();
    await page.waitForSelector('.stage-row.is-key[data-index="3"]');
    assert.match(await panel.text('.step-panes h2'), /^q · k for jumped/);
    await page.keyboard.press('Alt+ArrowRight');
    await page.waitForFunction(
      () => document.querySelector('.frame .dim')?.textContent === 'head 1',
    );
    assert.equal(await stageName(panel), 'Paused at Weighted sum, 6 of 7');
    const weight = await page.evaluate(
      block => window.host.capture('encoder').row(block, 3, 1, 15).weights[3] ?? NaN,
      ENCODER,
    );
    await page.waitForFunction(
      text => document.querySelector('.stage-row.is-key .weight')?.textContent === text,
      written(weight),
    );
    await page.locator('.token[data-index="5"]').click();
    await page.waitForFunction(() =>
      document.querySelector('.query-name')?.textContent.includes('of'),
    );
    await page.keyboard.press('a');
    assert.match(await panel.text('.head-note'), /Attention shows mean; this is head 1 alone\./);
    await page.locator('.frame', { hasText: 'Multi-head attention' }).click();
    await page.waitForSelector('.map-grid');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('works by keyboard alone: rows are walked and chosen', async () => {
    const panel = await open();
    const { page } = panel;
    assert.equal(await page.locator('.stage-row[tabindex="0"]').count(), 1, 'one tab stop');
    await page.locator('.stage-row[tabindex="0"]').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.stage-row.is-key[data-index="2"]');
    const focused = await page.evaluate(() => document.activeElement?.getAttribute('data-index'));
    assert.equal(focused, '2', 'the focus stays');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.stage-row.is-key[data-index="18"]');
    await page.keyboard.press('Shift+T');
    await page.locator('.computation .table table').waitFor();
    assert.equal(await page.locator('.computation .table tbody tr').count(), 10);
    await panel.close();
  });

  it('watches expressions, says what is wrong with one, and keeps them across reloads', async () => {
    const panel = await open();
    const { page } = panel;
    const add = async (expression: string): Promise<void> => {
      await page.locator('.watch-input').fill(expression);
      await page.keyboard.press('Enter');
    };
    await add('alpha[was]');
    const weight = await page.evaluate(
      block => window.host.capture('encoder').row(block, 3, 0, 15).weights[14] ?? NaN,
      ENCODER,
    );
    assert.equal(
      await panel.text('.watches li:last-child'),
      `α[was] ${written(weight)}`.replace(' ', ' '),
    );
    await add('fetch("x")');
    assert.match(await panel.text('.watches .has-problem'), /cannot be watched\. What can: /);
    await page.locator('[aria-label=\'Stop watching fetch("x")\']').click();
    assert.equal(await page.locator('.watches .has-problem').count(), 0);
    await page.keyboard.press('Tab');
    await page.reload();
    await panel.ready();
    await page.waitForSelector('.watches');
    assert.match(await panel.text('.watches'), /entropy\(α\).*max.*Z.*α\[was\]/);
    await panel.close();
  });

  it('warns where the weights are not what the steps lead to', async () => {
    const panel = await open();
    const { page } = panel;
    assert.equal(await page.locator('.computation .warning').isVisible(), false);
    await page.evaluate(() => {
      const capture = window.host.capture('encoder', 'doctored');
      const row = capture.row.bind(capture);
      capture.row = (...where) => {
        const found = row(...where);
        const weights = found.weights.map((weight, key) => (key === 0 ? weight + 0.01 : weight));
        return { ...found, weights };
      };
      window.host.show('encoder', { id: 'doctored' });
    });
    await panel.ready('doctored');
    await page.locator('.computation .warning').waitFor();
    assert.match(
      await panel.text('.computation .warning'),
      /differ from the model’s by up to 0\.0100: more than 0\.0001 means/,
    );
    await panel.close();
  });

  it('hatches blocked keys and gives them no weight', async () => {
    const panel = await open({ capture: 'decoder' });
    const { page } = panel;
    await page.locator('.token[data-index="6"]').click();
    await page.waitForFunction(
      () => document.querySelectorAll('.stage-row.is-blocked').length === 9,
    );
    assert.deepEqual((await cells(panel, 'mask')).slice(7), Array(9).fill('−∞'));
    assert.deepEqual((await cells(panel, 'weight')).slice(7), Array(9).fill('–'));
    await page.keyboard.press('b');
    assert.match(
      await panel.text('.sentence'),
      /see 7 of 16 keys; the score of the others becomes −∞/,
    );
    await panel.close();
  });

  it('says why where a capture holds no queries and keys', async () => {
    const panel = await open();
    await panel.page.evaluate(() => {
      window.host.lost = true;
    });
    await panel.page.keyboard.press('Alt+ArrowDown');
    await panel.page.locator('.computation-problem.failed').waitFor();
    assert.match(await panel.text('.computation-problem'), /numbers of this run are gone/);
    await panel.close();
  });

  it('draws only the rows in sight of a long text, and fetches their vectors as they come', async () => {
    const panel = await open();
    const { page } = panel;
    await panel.showText('encoder', 'the tiger sat there '.repeat(90), { id: 'long-text' });
    await page.waitForFunction(
      () => Number(document.querySelector('.stage-grid')?.getAttribute('aria-rowcount')) > 300,
    );
    const count = await page.locator('.stage-row').count();
    assert.ok(count < 60, `${count} rows`);
    const windows = async (): Promise<unknown[]> =>
      (await panel.calls('computation')).map(one => (one as { from: number }).from);
    const before = await windows();
    assert.ok(before.length > 0 && before.every(from => (from as number) % 128 === 0));
    await page.locator('.stage-row[tabindex="0"]').focus();
    await page.keyboard.press('Home');
    await page.waitForSelector('.stage-row[data-index="0"] .cell-k canvas');
    await page.keyboard.press('End');
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll('.stage-row')];
      return rows.at(-1)?.querySelector('.cell-k canvas') !== null;
    });
    const named = await page.evaluate(() => document.activeElement?.getAttribute('aria-rowindex'));
    const total = await page.locator('.stage-grid').getAttribute('aria-rowcount');
    assert.equal(named, total);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('is an accordion in narrow panels, and the lists stand below in middling ones', async () => {
    const panel = await open({ width: 400 });
    const { page } = panel;
    assert.equal(await page.locator('.stage-table').isVisible(), false);
    assert.equal(await page.locator('.stage-accordion > .pane').count(), 3);
    assert.equal(await page.locator('.stage-accordion .bar-row').count(), 19);
    assert.match(await panel.text('.score-line'), /÷ 5\.657 = .* = /);
    assert.match(await panel.text('.stage-accordion > .pane:last-child'), /not computed yet/);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    assert.match(
      await panel.text('.stage-accordion > .pane:last-child'),
      /what this head adds|z · W_O/,
    );
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${overflow} px too wide`);
    await page.setViewportSize({ width: 900, height: 900 });
    await page.locator('.stage-table').waitFor();
    const below = await page.evaluate(() => {
      const box = (selector: string): DOMRect | undefined =>
        document.querySelector(selector)?.getBoundingClientRect();
      return (box('.side-pane')?.top ?? 0) >= (box('.computation-main')?.bottom ?? Infinity) - 1;
    });
    assert.ok(below);
    await panel.close();
  });

  for (const theme of THEMES) {
    it(`has no accessibility problem in ${theme}, wide and narrow`, async () => {
      const panel = await open({ theme });
      const { page } = panel;
      await page.keyboard.press('r');
      await page.keyboard.press('i');
      assert.deepEqual(await accessibilityProblems(panel), []);
      await page.evaluate(() => window.host.emit('command', { name: 'runAll' }));
      await page.waitForSelector('.output-pane table');
      await page.keyboard.press('Shift+T');
      assert.deepEqual(await accessibilityProblems(panel), []);
      await page.setViewportSize({ width: 420, height: 900 });
      await page.locator('.stage-accordion').waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.close();
    });
  }
});
