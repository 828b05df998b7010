import assert from 'node:assert/strict';
import type { AttentionRow } from '../../src/protocol/capture';
import { closeBrowser, PanelPage } from './support/panelPage';
import { background, cellPoint, mapBox, pixel, written } from './support/reading';
import { realOf } from './support/realNumbers';

const BLOCK = { stack: 'encoder', kind: 'self' } as const;

/** Compares the bars with a row, number by number. */
async function expectRow(panel: PanelPage, { weights }: AttentionRow): Promise<void> {
  const wanted = [...weights].map(written);
  await panel.page.waitForFunction(
    numbers =>
      [...document.querySelectorAll('.bar-row .number')].map(one => one.textContent).join() ===
      numbers,
    wanted.join(),
  );
}

/** Points at a cell of the map and waits until the read-out says all of `wanted`. */
async function readAt(
  panel: PanelPage,
  row: number,
  column: number,
  wanted: readonly string[],
): Promise<string> {
  const point = await cellPoint(panel, row, column);
  await panel.page.mouse.move(point.x, point.y);
  await panel.page.waitForFunction(texts => {
    const said = document.querySelector('.read-out')?.textContent ?? '';
    return texts.every(text => said.includes(text));
  }, wanted);
  return panel.text('.read-out');
}

describe('what the map holds', () => {
  after(closeBrowser);

  it('rollout: numbers, names, legend and sentence say so', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await page.getByRole('radio', { name: 'Rollout' }).click();
    const address = { block: BLOCK, layer: 3, head: 'rollout' as const };
    await expectRow(panel, await realOf('encoder').row({ ...address, query: 15 }));
    assert.match(await panel.text('.sentence'), /^Rolled out through layers 0 to 3 \(½A \+ ½I/);
    assert.match(await panel.text('.legend'), /rollout of layers 0–3: ½A \+ ½I, multiplied/);
    assert.match(await panel.text('.distribution h2'), /^Rollout from thirst$/);
    assert.match(await panel.text('.locus'), /Head rollout/);
    const row = await realOf('encoder').row({ ...address, query: 4 });
    const text = await readAt(panel, 4, 2, [`rollout ${written(row.weights[2] ?? NaN)}`]);
    assert.doesNotMatch(text, /score/);
    assert.match(await panel.text('.carriers, .section:has(.carriers)'), /Weights of each head/);
    assert.equal(await page.locator('.head-cell.is-layer').count(), 4);
    assert.match(
      (await page.locator('.token[data-index="3"] .visually-hidden').textContent()) ?? '',
      /, rollout \.\d{3}$/,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('norm: shares of one head, whose ring stays in the overview', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await page.getByRole('radio', { name: 'Norm' }).click();
    const norm = { block: BLOCK, layer: 3, head: 0, measure: 'norm' as const };
    await expectRow(panel, await realOf('encoder').row({ ...norm, query: 15 }));
    assert.match(await panel.text('.legend'), /norm of α·v·W_O, share of its row/);
    assert.match(await panel.text('.sentence'), /by the norm of α·v·W_O, thirst takes /);
    assert.match(await panel.text('.locus'), /Head 0 norm/);
    assert.equal(await page.locator('.head-cell.is-head').getAttribute('data-head'), '0');
    await page.locator('.head-cell[data-layer="2"][data-head="3"]').click();
    const other = { ...norm, layer: 2, head: 3, query: 15 };
    await expectRow(panel, await realOf('encoder').row(other));
    assert.match(await panel.text('.locus'), /Layer 2 Head 3 norm/);
    await panel.close();
  });

  it('one number has one colour in map, bars and strip, also of rollout and norm', async () => {
    const panel = await PanelPage.open();
    for (const mode of ['Rollout', 'Norm']) {
      const before = await panel.text('.legend .holds');
      await panel.page.getByRole('radio', { name: mode }).click();
      await panel.page.waitForFunction(
        text => document.querySelector('.legend .holds')?.textContent !== text,
        before,
      );
      await panel.page.waitForFunction(() =>
        /^(Rolled|In layer 3, head 0, by the norm)/.test(
          document.querySelector('.sentence')?.textContent ?? '',
        ),
      );
      const box = await mapBox(panel);
      const cell = box.width / box.columns;
      const map = await pixel(panel, '.map-cells', 14.4 * cell, 15.4 * cell);
      assert.equal(await background(panel, '.bar-row[data-index="14"] .bar-lane > i'), map);
      assert.equal(await background(panel, '.token[data-index="14"] .bar > i'), map);
    }
    await panel.close();
  });

  it('words: rows, columns, labels, numbers and clicks are of whole words', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await page.keyboard.press('w');
    const words = { block: BLOCK, layer: 3, head: 0, grouping: 'word' as const };
    await expectRow(panel, await realOf('encoder').row({ ...words, query: 15 }));
    const box = await mapBox(panel);
    assert.deepEqual([box.rows, box.columns], [18, 18]);
    assert.deepEqual((await page.locator('.query-label').allTextContents()).slice(14, 17), [
      'was',
      'thirsty',
      '.',
    ]);
    assert.match(await panel.text('.sentence'), /, thirsty attends /);
    assert.match(await panel.text('.locus'), /Q thirsty 15–16/);
    assert.match(
      await panel.text('.legend'),
      /words: sum over a key’s pieces, mean over a query’s/,
    );
    const row = await realOf('encoder').row({ ...words, query: 12 });
    await readAt(panel, 12, 15, ['→ thirsty 15–16', `weight ${written(row.weights[15] ?? NaN)}`]);
    const spoken = await Promise.all(
      [15, 16].map(i => page.locator(`.token[data-index="${i}"] .visually-hidden`).textContent()),
    );
    const numbers = spoken.map(one => /word’s weight \.\d{3}$/.exec(one ?? '')?.[0]);
    assert.ok(numbers[0] !== undefined && numbers[0] === numbers[1], spoken.join());
    const point = await cellPoint(panel, 16, 15);
    await page.mouse.click(point.x, point.y);
    await page.waitForSelector('.token.is-query[data-index="17"]');
    await page.waitForSelector('.token.is-key[data-index="15"]');
    assert.equal(
      await page.locator('[aria-label^="Whole words"]').getAttribute('aria-pressed'),
      'true',
    );
    await page.keyboard.press('w');
    await page.waitForFunction(() => document.querySelectorAll('.query-label').length === 19);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('a mode that the model cannot have says why, and nothing else breaks', async () => {
    const panel = await PanelPage.open({ capture: 'refused' });
    const { page } = panel;
    await page.keyboard.press('Alt+ArrowDown');
    await page.getByRole('radio', { name: 'Rollout' }).click();
    await page.locator('.refusal').waitFor();
    const why = await panel.text('.refusal');
    assert.match(why, /[Ll]ayer 1/);
    assert.equal(await panel.text('.sentence'), why);
    assert.equal(await page.locator('.map-cells').isVisible(), false);
    assert.equal(await page.locator('.token-line.weighted').count(), 0);
    assert.equal(await page.locator('.bar-row').count(), 0);
    assert.equal(await page.locator('.notice.error').count(), 0);
    await page.getByRole('radio', { name: 'Head' }).click();
    await page.locator('.map-cells').waitFor();
    await page.locator('.bar-row').first().waitFor();
    assert.equal(await page.locator('.refusal').isVisible(), false);
    await panel.close();
  });

  it('cross-attention: no rollout, rows are what the model predicts', async () => {
    const panel = await PanelPage.open({ capture: 'translation' });
    const { page } = panel;
    await page.getByRole('radio', { name: 'Cross' }).click();
    const rollout = page.getByRole('radio', { name: 'Rollout' });
    await page.waitForFunction(() => document.querySelectorAll('.query-label').length === 6);
    assert.equal(await rollout.getAttribute('aria-disabled'), 'true');
    assert.match((await rollout.getAttribute('title')) ?? '', /^Cross-attention has no rollout/);
    await rollout.click({ force: true });
    assert.doesNotMatch(await panel.text('.locus'), /rollout/);
    for (const wanted of ['mean', 'max', 'norm', 'Head 0']) {
      await page.locator('.head-cells').press('a');
      await page.waitForFunction(
        text => document.querySelector('.locus')?.textContent.includes(text),
        wanted.replace('Head ', ''),
      );
    }
    await page.waitForFunction(() =>
      /, predicting #\d+, /.test(document.querySelector('.sentence')?.textContent ?? ''),
    );
    const labels = await page.locator('.query-label').allTextContents();
    assert.ok(
      labels.every(text => /^#\d+$/.test(text)),
      labels.join(),
    );
    assert.match(await panel.text('.read-out'), /^herunter predicts #\d+ 4 → /);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('keeps the mode across a reload, and hostile tokens as words and in every mode', async () => {
    const panel = await PanelPage.open({ capture: 'hostile' });
    const { page } = panel;
    await page.keyboard.press('w');
    for (const key of ['a', 'a', 'a', 'a']) await page.keyboard.press(key);
    await page.waitForFunction(() =>
      document.querySelector('.locus')?.textContent.includes('norm'),
    );
    await page.reload();
    await panel.ready('hostile-1');
    assert.match(await panel.text('.locus'), /norm/);
    assert.equal(await page.title(), 'Attention');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
