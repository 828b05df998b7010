import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { background, pixel, written } from './support/reading';
import { realOf } from './support/realNumbers';

const BLOCK = { stack: 'encoder', kind: 'self' } as const;
const HEAD = { block: BLOCK, layer: 3, head: 0 };

/** Opens a capture with the arcs on show. */
async function openArcs(options: Parameters<typeof PanelPage.open>[0] = {}): Promise<PanelPage> {
  const panel = await PanelPage.open(options);
  await panel.page.keyboard.press('v');
  await panel.page.locator('.arc-name').first().waitFor();
  await panel.page.waitForSelector('.matrix-cell', { state: 'attached' });
  return panel;
}

const percentOf = (share: number): string => `${Math.round(share * 100)} %`;

describe('arcs', () => {
  after(closeBrowser);

  it('stand between two columns of names, the query’s in the colours of their weights', async () => {
    const panel = await openArcs();
    const { page } = panel;
    assert.equal(await page.locator('.map-cells').isVisible(), false);
    assert.equal(await page.locator('.query-side .arc-name').count(), 19);
    assert.equal(await page.locator('.key-side .arc-name').count(), 19);
    assert.equal(await page.locator('.query-side .is-query').textContent(), 'thirst');
    assert.equal(await page.locator('.key-side .is-key').textContent(), 'was');
    const middle = await page.evaluate(() => {
      const canvas = document.querySelectorAll<HTMLElement>('.arcs-sticky > canvas')[1];
      const [query, key] = ['.query-side', '.key-side'].map(side =>
        document.querySelector(side)?.getBoundingClientRect(),
      );
      const box = canvas?.getBoundingClientRect();
      canvas?.classList.add('strong');
      if (!box || !query || !key) throw new Error('No arcs.');
      return (query.right + key.left) / 2 - box.left;
    });
    // Halfway along, an arc is halfway between its ends.
    const color = await pixel(panel, 'canvas.strong', middle, 15 * 24);
    assert.equal(color, await background(panel, '.bar-row[data-index="14"] .bar-lane > i'));
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('say what share of the weight they hold, for every threshold', async () => {
    const panel = await openArcs();
    const { weights } = await realOf('encoder').row({ ...HEAD, query: 15 });
    const map = await realOf('encoder').weights(HEAD);
    const held = (values: Float32Array, least: number): number =>
      values.reduce((sum, one) => sum + (one >= least ? one : 0), 0) /
      values.reduce((sum, one) => sum + one, 0);
    for (const [threshold, label] of [
      [0.05, '.05'],
      [0.01, '.01'],
      [0.2, '.20'],
    ] as const) {
      await panel.page.locator('vscode-dropdown[aria-label="Hide arcs below"]').click();
      await panel.page.getByRole('option', { name: `Hide below ${label}` }).click();
      await panel.page.waitForFunction(
        text => document.querySelector('.arcs-note')?.textContent.startsWith(text),
        `Arcs of ${label} or more hold`,
      );
      const note = (await panel.text('.arcs-note')).replaceAll('\u202f', ' ');
      const [all = NaN, own = NaN] = (note.match(/\d+(?= %)/g) ?? []).map(Number);
      assert.equal(`${own} %`, percentOf(held(weights, threshold)));
      // The whole map travels as codes of 6.5 %.
      assert.ok(Math.abs(all / 100 - held(map.weights, threshold)) < 0.03, note);
    }
    await panel.close();
  });

  it('beside them each head of the layer, number by number', async () => {
    const panel = await openArcs();
    const { page } = panel;
    const matrix = page.locator('.head-matrix');
    assert.equal(await matrix.getAttribute('aria-colcount'), '4');
    assert.equal(await matrix.getAttribute('aria-rowcount'), '19');
    const box = await matrix.boundingBox();
    assert.ok(box);
    for (let i = 0; i < 12; i++) {
      const [head, key] = [i % 4, (i * 5) % 19];
      const { weights } = await realOf('encoder').row({ ...HEAD, head, query: 15 });
      await page.mouse.move(box.x + (head + 0.5) * (box.width / 4), box.y + (key + 0.5) * 24);
      await page.waitForFunction(
        ([start, end]) => {
          const name = document.querySelector('.matrix-cell.pointed')?.getAttribute('aria-label');
          return name?.startsWith(start) && name.endsWith(end);
        },
        [`Head ${head}, `, `, ${written(weights[key] ?? NaN)}`] as const,
      );
    }
    const before = await pixel(panel, '.arcs-sticky > canvas:last-child', 9, 14.5 * 24);
    assert.equal(before, await background(panel, '.bar-row[data-index="14"] .bar-lane > i'));
    await page.mouse.click(box.x + 2.5 * (box.width / 4), box.y + 6.5 * 24);
    await page.waitForSelector('.head-cell.is-head[data-layer="3"][data-head="2"]');
    await page.waitForSelector('.key-side .is-key[data-place="6"]');
    await page.locator('.matrix-heads [data-head="1"]').click();
    await page.waitForSelector('.head-cell.is-head[data-layer="3"][data-head="1"]');
    await panel.close();
  });

  it('work by keyboard alone: queries, keys, heads', async () => {
    const panel = await openArcs();
    const { page } = panel;
    await page.locator('.query-side').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    const active = await page.locator('.query-side').getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`[id="${active}"]`).textContent(), 'tiger');
    await page.waitForFunction(() =>
      document.querySelector('.read-out')?.textContent.startsWith('tiger 2 →'),
    );
    await page.keyboard.press('Enter');
    await page.waitForSelector('.token.is-query[data-index="2"]');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('End');
    const { weights } = await realOf('encoder').row({ ...HEAD, query: 2 });
    await page.waitForSelector(
      `.key-side [aria-label="[SEP], weight ${written(weights[18] ?? NaN)}"]`,
    );
    await page.keyboard.press('Enter');
    await page.waitForSelector('.token.is-key[data-index="18"]');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.head-cell.is-head[data-layer="3"][data-head="1"]');
    await page.waitForSelector('.token.is-key[data-index="17"]');
    await page.keyboard.press('v');
    await page.locator('.map-cells').waitFor();
    await panel.close();
  });

  it('draw nothing again that is as before: another layer, or the pointer on a name', async () => {
    const panel = await openArcs();
    const { page } = panel;
    await page.evaluate(() => {
      const drawn = '.arc-name, .matrix-heads > span, .head-role > *';
      for (const element of document.querySelectorAll<HTMLElement>(drawn))
        element.dataset['before'] = 'true';
    });
    const made = (part: string): Promise<number> =>
      page.locator(`${part}:not([data-before])`).count();
    const { weights } = await realOf('encoder').row({ ...HEAD, layer: 2, query: 15 });
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForSelector(
      `.key-side [data-place="18"][aria-label="[SEP], weight ${written(weights[18] ?? NaN)}"]`,
    );
    await page.waitForSelector('.head-matrix[aria-label^="Heads of layer 2 "]');
    for (const part of ['.arc-name', '.matrix-heads > span', '.head-role > *']) {
      assert.equal(await made(part), 0, part);
    }
    const name = (place: number) => page.locator(`.query-side [data-place="${place}"]`);
    await name(3).hover();
    await page.waitForSelector('.query-side .is-preview[data-place="3"]');
    await name(4).hover();
    await page.waitForSelector('.query-side .is-preview[data-place="4"]');
    assert.equal(await page.locator('.query-side .is-preview').count(), 1);
    assert.equal(await made('.arc-name'), 0);
    await panel.close();
  });

  it('follow special tokens, words, mean and norm', async () => {
    const panel = await openArcs();
    const { page } = panel;
    await page.keyboard.press('t');
    await page.waitForFunction(
      () => document.querySelectorAll('.query-side .arc-name').length === 17,
    );
    await page.keyboard.press('w');
    await page.waitForFunction(
      () => document.querySelectorAll('.query-side .arc-name').length === 16,
    );
    assert.equal(await page.locator('.query-side .is-query').textContent(), 'thirsty');
    await page.keyboard.press('a');
    await page.waitForFunction(() =>
      document.querySelector('.arcs-note')?.textContent.includes('of the mean weight'),
    );
    assert.equal(await page.locator('.matrix-frame').isVisible(), false);
    await page.getByRole('radio', { name: 'Norm' }).click();
    await page.waitForFunction(() =>
      document.querySelector('.arcs-heading')?.textContent.includes('all heads by norm'),
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('read as tables: the strongest arcs and the heads, with exact weights', async () => {
    const panel = await openArcs();
    const { page } = panel;
    await page.keyboard.press('Shift+T');
    const tables = page.locator('.arcs-tables table');
    await tables.nth(1).waitFor();
    const captions = await tables.locator('caption').allInnerTexts();
    assert.match(captions[0] ?? '', /^The 10 strongest arcs of \.05 or more$/);
    const { weights, queries, keys } = await realOf('encoder').weights(HEAD);
    assert.equal(queries, 19);
    const strongest = [...weights].sort((a, b) => b - a).slice(0, 10);
    const shown = await tables.nth(0).locator('td:last-child').allInnerTexts();
    assert.deepEqual(shown, strongest.map(written));
    const heads = await Promise.all(
      [0, 1, 2, 3].map(head => realOf('encoder').row({ ...HEAD, head, query: 15 })),
    );
    const largest = heads.flatMap(row => [...row.weights]).sort((a, b) => b - a);
    assert.deepEqual(
      await tables.nth(1).locator('td:last-child').allInnerTexts(),
      largest.slice(0, 10).map(written),
    );
    assert.equal(keys, 19);
    await panel.close();
  });

  it('of long texts: names in sight only, hover and scrolling are quick', async () => {
    const panel = await openArcs({ capture: 'long' });
    const { page } = panel;
    assert.ok((await page.locator('.arc-name').count()) < 80);
    await page.waitForSelector('.query-side .is-query');
    const times = await page.evaluate(async () => {
      const scroller = document.querySelector('.arcs-window');
      if (!scroller) throw new Error('No arcs.');
      const taken: Record<'hover' | 'scroll', number[]> = { hover: [], scroll: [] };
      const frame = (): Promise<unknown> => new Promise(resolve => requestAnimationFrame(resolve));
      for (let i = 0; i < 20; i++) {
        const name = document.querySelectorAll('.query-side .arc-name')[i % 20];
        let start = performance.now();
        name?.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
        for (let turn = 0; turn < 6; turn++) await Promise.resolve();
        taken.hover.push(performance.now() - start);
        await frame();
        start = performance.now();
        scroller.scrollTop = i * 480;
        scroller.dispatchEvent(new Event('scroll'));
        taken.scroll.push(performance.now() - start);
        await frame();
      }
      return taken;
    });
    const fastest = (list: number[]): number => [...list].sort((a, b) => a - b)[2] ?? NaN;
    console.log(
      `      hover ${fastest(times.hover).toFixed(1)} ms (limit 8), ` +
        `scroll ${fastest(times.scroll).toFixed(1)} ms (limit 50)`,
    );
    await page.locator('.arcs-window').evaluate(list => list.scrollTo(0, 0));
    await page.waitForSelector('.query-side .arc-name[data-place="0"]');
    await page.locator('.tokens').evaluate(list => list.scrollTo(0, 0));
    await page.locator('.token[data-index="3"]').click();
    await page.waitForSelector('.query-side .is-query[data-place="3"]');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('of hostile tokens and of two sequences break nothing', async () => {
    const panel = await openArcs({ capture: 'hostile' });
    assert.equal(await panel.page.title(), 'Attention');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.page.evaluate(() => window.host.show('translation'));
    await panel.ready('translation-1');
    await panel.page.getByRole('radio', { name: 'Cross' }).click();
    await panel.page.waitForFunction(
      () =>
        document.querySelectorAll('.query-side .arc-name').length === 6 &&
        document.querySelectorAll('.key-side .arc-name').length === 19,
    );
    await panel.page.waitForFunction(() =>
      /^#\d+$/.test(document.querySelector('.query-side .arc-name')?.textContent ?? ''),
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  for (const theme of THEMES) {
    it(`axe-core finds nothing in ${theme}, with tables, words and a filter`, async () => {
      const panel = await openArcs({ theme, capture: 'decoder' });
      await panel.page.keyboard.press('Shift+T');
      await panel.page.keyboard.press('w');
      await panel.page.locator('.role[data-role="sink"]').click();
      await panel.page.locator('.arcs-tables table').first().waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.close();
    });
  }

  for (const width of [1200, 800, 480, 400]) {
    it(`fit into ${width} pixels`, async () => {
      const panel = await openArcs({ width, capture: 'wide' });
      const sizes = await panel.page.evaluate(() => ({
        overflow: document.documentElement.scrollWidth - window.innerWidth,
        arcs:
          (document.querySelector('.arcs-plane')?.scrollWidth ?? 0) -
          (document.querySelector('.arcs')?.clientWidth ?? 0),
      }));
      assert.ok(sizes.overflow <= 0, `${sizes.overflow} pixels too wide`);
      assert.ok(sizes.arcs <= 0, `arcs ${sizes.arcs} pixels too wide`);
      await panel.screenshot(`arcs-dark-${width}`);
      await panel.close();
    });
  }
});
