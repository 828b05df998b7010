import assert from 'node:assert/strict';
import { closeBrowser, PanelPage } from './support/panelPage';
import { background, cellPoint, mapBox, pixel, written } from './support/reading';

const ENCODER = { stack: 'encoder', kind: 'self' } as const;

describe('attention view', () => {
  after(closeBrowser);

  it('shows tokens, heads, map and row, with nothing refused, requested or logged', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    assert.equal(await page.locator('.token').count(), 19);
    assert.equal(await page.locator('.head-cell').count(), 24);
    assert.equal(await page.locator('.bar-row').count(), 19);
    assert.equal(await page.locator('.query-label').count(), 19);
    assert.equal(await panel.text('.badge .wide'), 'Encoder · 6 layers × 4 heads · d_head 32');
    assert.equal(await panel.text('.run-state'), '19 tokens · 41 ms');
    assert.match(await panel.text('.sentence'), /^In layer 3, head 0, thirst attends /);
    assert.match(await panel.text('.locus'), /^Layer 3 Head 0 Q thirst 15 K \S+ \d+ \.\d\d$/);
    const marks = await page.evaluate(
      () => performance.getEntriesByName('attention:first-picture').length,
    );
    assert.equal(marks, 1);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('shows the numbers of the data: every weight of the row, and 50 cells of the map', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    const weights = await page.evaluate(
      block => [...window.host.capture('encoder').row(block, 3, 0, 15).weights],
      ENCODER,
    );
    const shown = await page.locator('.bar-row .number').allInnerTexts();
    assert.deepEqual(shown, weights.map(written));
    for (let i = 0; i < 50; i++) {
      const [row, column] = [(i * 7) % 19, (i * 11 + 3) % 19];
      const point = await cellPoint(panel, row, column);
      await page.mouse.move(point.x, point.y);
      const weight = await page.evaluate(
        ([block, query, key]) =>
          window.host.capture('encoder').row(block, 3, 0, query).weights[key] ?? NaN,
        [ENCODER, row, column] as const,
      );
      const expected = new RegExp(` ${row} → .* ${column} weight \\${written(weight)} `);
      await page.waitForFunction(
        source =>
          new RegExp(source).test(
            document.querySelector('.read-out')?.textContent.replace(/\s+/g, ' ') ?? '',
          ),
        expected.source.replace(' weight ', ' ?weight ').replace(/ $/, ''),
      );
    }
    await panel.close();
  });

  it('gives one weight one colour in map, overview, strip and bars', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    for (const [query, key] of [
      [15, 14],
      [4, 3],
      [0, 7],
    ] as const) {
      const point = await cellPoint(panel, query, key);
      await page.mouse.click(point.x, point.y);
      await page.waitForSelector(`.bar-row.is-key[data-index="${key}"]`);
      const box = await mapBox(panel);
      const cell = box.width / box.columns;
      const map = await pixel(panel, '.map-cells', (key + 0.4) * cell, (query + 0.4) * cell);
      assert.equal(await background(panel, `.token[data-index="${key}"] .bar > i`), map);
      assert.equal(await background(panel, `.bar-row[data-index="${key}"] .bar-lane > i`), map);
      assert.equal(await background(panel, '.carrier.here .bar-lane > i'), map);
      const mini = await page.evaluate(
        ([q, k]) => {
          const canvas = document.querySelector('.head-plane canvas')?.getBoundingClientRect();
          const head = document.querySelector('.head-cell.is-head')?.getBoundingClientRect();
          if (!canvas || !head) throw new Error('No overview.');
          const side = head.width / 19;
          return [head.x - canvas.x + (k + 0.4) * side, head.y - canvas.y + (q + 0.4) * side];
        },
        [query, key] as const,
      );
      assert.equal(await pixel(panel, '.head-plane canvas', mini[0] ?? 0, mini[1] ?? 0), map);
    }
    await panel.close();
  });

  it('keeps one colour for one weight on every scale and colour map', async () => {
    const panel = await PanelPage.open();
    for (const key of ['s', 's', 's']) {
      await panel.page.keyboard.press(key);
      const box = await mapBox(panel);
      const cell = box.width / box.columns;
      const map = await pixel(panel, '.map-cells', 14.4 * cell, 15.4 * cell);
      assert.equal(await background(panel, '.token[data-index="14"] .bar > i'), map);
    }
    const before = await background(panel, '.token[data-index="14"] .bar > i');
    await panel.page.locator('vscode-dropdown[aria-label="Colour map"]').click();
    await panel.page.getByRole('option', { name: 'Viridis' }).click();
    await panel.page.waitForFunction(
      color =>
        getComputedStyle(
          document.querySelector('.token[data-index="14"] .bar > i') ?? document.body,
        ).backgroundColor !== `rgb(${color.replaceAll(',', ', ')})`,
      before,
    );
    await panel.close();
  });

  it('gives other colours to what is there: no row, chip, cell or label is made again', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    const box = await mapBox(panel);
    const cell = box.width / box.columns;
    const colors = async (): Promise<Record<string, string>> => ({
      map: await pixel(panel, '.map-cells', 14.4 * cell, 15.4 * cell),
      chip: await background(panel, '.token[data-index="14"] .bar > i'),
      row: await background(panel, '.bar-row[data-index="14"] .bar-lane > i'),
      carrier: await background(panel, '.carrier.here .bar-lane > i'),
    });
    const before = await colors();
    await page.locator('vscode-dropdown[aria-label="Colour map"]').click();
    const made = await page.evaluateHandle(() => {
      const names: string[] = [];
      // The pointer may end up over the map, whose read-out and announcement follow it.
      const follows = '.read-out, .map-grid, [role="status"]';
      new MutationObserver(records =>
        names.push(
          ...records
            .map(({ target }) => target as Element)
            .filter(target => !target.closest(follows))
            .map(target => target.outerHTML),
        ),
      ).observe(document.body, { childList: true, subtree: true });
      return names;
    });
    await page.getByRole('option', { name: 'Viridis' }).click();
    await page.waitForFunction(
      color =>
        getComputedStyle(document.querySelector('.carrier.here .bar-lane > i') ?? document.body)
          .backgroundColor !== `rgb(${color.replaceAll(',', ', ')})`,
      before['carrier'] ?? '',
    );
    const after = await colors();
    assert.notEqual(after['map'], before['map']);
    assert.deepEqual(new Set(Object.values(after)), new Set([after['map']]));
    assert.deepEqual(await made.jsonValue(), []);
    const choice = page.locator('vscode-dropdown[aria-label="Colour map"]');
    assert.equal(await choice.evaluate(one => (one as HTMLSelectElement).value), 'Viridis');
    assert.equal(await choice.locator('[selected]').innerText(), 'Viridis');
    await panel.close();
  });

  it('hatches what the mask blocks and never colours it', async () => {
    const panel = await PanelPage.open({ capture: 'decoder' });
    const colors = await panel.page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('.map-cells');
      const context = canvas?.getContext('2d');
      if (!canvas || !context) throw new Error('No map.');
      const cell = canvas.width / 16;
      const { data } = context.getImageData(
        Math.ceil(cell * 10),
        0,
        Math.floor(cell * 5),
        Math.floor(cell * 5),
      );
      const seen = new Set<string>();
      for (let i = 0; i < data.length; i += 4) {
        if (data[i + 3] !== 0) seen.add([data[i], data[i + 1], data[i + 2]].join());
      }
      const drawn = data.filter((_, i) => i % 4 === 3 && data[i] !== 0).length;
      return { seen: [...seen], share: drawn / (data.length / 4) };
    });
    assert.equal(
      colors.seen.every(color => new Set(color.split(',')).size === 1),
      true,
    );
    assert.ok(colors.share > 0.1 && colors.share < 0.6, `hatched share ${colors.share}`);
    const point = await cellPoint(panel, 3, 12);
    await panel.page.mouse.move(point.x, point.y);
    await panel.page.getByText('blocked by the mask').first().waitFor();
    assert.match(await panel.text('.legend'), /blocked by the mask/);
    assert.equal(await panel.page.locator('.token.is-blocked').count(), 0);
    await panel.page.locator('.token').nth(3).click();
    await panel.page.waitForSelector('.token.is-query[data-index="3"]');
    await panel.page.waitForFunction(
      () => document.querySelectorAll('.token.is-blocked').length === 12,
    );
    assert.match(
      await panel.text('.sentence'),
      /It may see 4 of 16 tokens\. The head’s pattern: previous token \.\d\d\.$/,
    );
    await panel.close();
  });

  it('hides special tokens from map and row, and says what they hold', async () => {
    const panel = await PanelPage.open();
    await panel.page.keyboard.press('t');
    await panel.page.waitForFunction(() => document.querySelectorAll('.bar-row').length === 17);
    const box = await mapBox(panel);
    assert.deepEqual([box.rows, box.columns], [17, 17]);
    assert.match(await panel.text('.distribution .note'), /Special tokens are hidden; they hold/);
    const point = await cellPoint(panel, 0, 0);
    await panel.page.mouse.click(point.x, point.y);
    await panel.page.waitForSelector('.token.is-query.is-key[data-index="1"]');
    await panel.close();
  });

  it('reads every chart as a table of the ten largest values', async () => {
    const panel = await PanelPage.open();
    await panel.page.keyboard.press('Shift+T');
    await panel.page.locator('table').nth(2).waitFor();
    const rows = await panel.page.locator('.distribution tbody tr').allInnerTexts();
    assert.equal(rows.length, 10);
    const data = await panel.page.evaluate(block => {
      const { weights, scores } = window.host.capture('encoder').row(block, 3, 0, 15);
      return [...weights.keys()]
        .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
        .slice(0, 10)
        .map(key => ({ key, weight: weights[key] ?? NaN, score: scores?.[key] ?? NaN }));
    }, ENCODER);
    rows.forEach((row, i) => {
      const { key = -1, weight = NaN, score = NaN } = data[i] ?? {};
      const [, token, shown, shownScore] = row.split('\t');
      assert.deepEqual(
        [token, shown, shownScore],
        [String(key), written(weight), score.toFixed(2).replace('-', '−')],
      );
    });
    await panel.close();
  });

  it('shows mean and maximum without what they do not have', async () => {
    const panel = await PanelPage.open();
    await panel.page.getByRole('radio', { name: 'Mean' }).click();
    await panel.page.waitForFunction(() =>
      document.querySelector('.sentence')?.textContent.startsWith('On average over the 4 heads'),
    );
    assert.doesNotMatch(await panel.text('.read-out'), /score/);
    await panel.page.getByRole('radio', { name: 'Max' }).click();
    await panel.page.waitForFunction(() =>
      document.querySelector('.sentence')?.textContent.startsWith('Taking the largest'),
    );
    assert.doesNotMatch(await panel.text('.read-out'), /uniform/);
    await panel.close();
  });

  it('steps over a refused layer and says why it is refused', async () => {
    const panel = await PanelPage.open({ capture: 'refused' });
    const { page } = panel;
    assert.equal(await page.locator('.head-cell').count(), 12);
    assert.match(
      (await page.locator('.missing-layer').getAttribute('aria-label')) ?? '',
      /^Layer 1: not shown: The scores are not/,
    );
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForSelector('.head-cell.is-head[data-layer="0"]');
    await page.keyboard.press('Alt+ArrowDown');
    await page.waitForSelector('.head-cell.is-head[data-layer="2"]');
    await page.evaluate(() => window.host.show('unusable'));
    await panel.ready('unusable-1');
    assert.equal(
      await panel.text('.failure h2'),
      'The scores are not a product of queries and keys.',
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('makes each view when it is first opened, and keeps what it has made', async () => {
    const panel = await PanelPage.open({
      script: `{
        const create = Document.prototype.createElement;
        window.made = [];
        Document.prototype.createElement = function (...name) {
          const element = create.apply(this, name);
          window.made.push(element);
          return element;
        };
      }`,
    });
    const { page } = panel;
    const views = ['attention', 'computation', 'masking', 'tokens-view'];
    const made = (): Promise<number[]> =>
      page.evaluate(names => {
        const { made } = window as unknown as { made: readonly Element[] };
        return names.map(name => made.filter(one => one.className === name).length);
      }, views);
    assert.deepEqual(await made(), [1, 0, 0, 0]);
    await page.locator('#tab-computation').click();
    await page.locator('.view > .computation').waitFor();
    assert.deepEqual(await made(), [1, 1, 0, 0]);
    await page.locator('#tab-attention').click();
    await page.locator('.view > .attention').waitFor();
    await page.locator('#tab-computation').click();
    await page.locator('.view > .computation').waitFor();
    assert.deepEqual(await made(), [1, 1, 0, 0]);
    await panel.close();
  });

  it('says nothing of a head whose numbers are still on their way', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    const before = await panel.text('.sentence');
    await page.evaluate(() => {
      let release = (): void => undefined;
      window.host.held = new Promise(resolve => (release = resolve));
      Object.assign(window, { release });
    });
    await page.keyboard.press('Alt+ArrowDown');
    await page.waitForSelector('.head-cell.is-head[data-layer="4"]');
    assert.equal(await panel.text('.sentence'), before);
    assert.doesNotMatch(await panel.text('.read-out'), /weight/);
    assert.doesNotMatch(await panel.text('.locus'), /\.\d\d$/);
    await page.evaluate(() => (window as unknown as { release: () => void }).release());
    await page.waitForFunction(() =>
      document.querySelector('.sentence')?.textContent.startsWith('In layer 4'),
    );
    assert.match(await panel.text('.read-out'), /weight/);
    await panel.close();
  });
});
