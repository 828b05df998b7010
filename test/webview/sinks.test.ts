import assert from 'node:assert/strict';
import { longInspector } from '../support/longInspector';
import { longSinks, sinkShare } from '../support/longSinks';
import { closeBrowser, PanelPage, type Theme } from './support/panelPage';
import { tokensOf } from './support/recipes';
import type { Recipe } from './support/syntheticCapture';

const WORDS = ['<s>', ...'the tiger jumped out of a tree to get a drink'.split(' ')];

const recipe: Recipe = {
  id: 'sink-1',
  text: WORDS.slice(1).join(' '),
  tokens: { decoder: tokensOf(WORDS) },
  blocks: [{ stack: 'decoder', kind: 'self', heads: [3, 3], causal: true, sink: 1.5 }],
};

async function open(theme: Theme = 'dark', width = 1200): Promise<PanelPage> {
  const panel = await PanelPage.open({ theme, width });
  await panel.page.evaluate(made => window.host.showRecipe(made, 'decoder'), recipe);
  await panel.ready(recipe.id);
  return panel;
}

describe('a sink takes a part of every row', () => {
  let panel: PanelPage;
  before(async () => (panel = await open()));
  after(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
    closeBrowser();
  });

  /** What the sink takes of the row on show, as text. */
  const ofRow = () => panel.page.locator('.sink-row .number').textContent();

  it('the map has a column for it, as high as the map and beside it', async () => {
    const column = panel.page.locator('.sink-column canvas');
    const [sink, map] = [
      await column.boundingBox(),
      await panel.page.locator('.map-cells').boundingBox(),
    ];
    assert.ok(sink && map);
    assert.ok(sink.x > map.x + map.width, 'it stands after the keys');
    assert.deepEqual([sink.y, sink.height], [map.y, map.height]);
    // Every row has a colour of its own weight, none is empty.
    const colors = await column.evaluate(element => {
      const canvas = element as HTMLCanvasElement;
      const { data = [] } = canvas.getContext('2d')?.getImageData(2, 0, 1, canvas.height) ?? {};
      const rows: number[] = [];
      for (let row = 0; row < 12; row++) {
        const at = Math.floor(((row + 0.3) * canvas.height) / 12) * 4;
        rows.push((data[at] ?? 0) * 65536 + (data[at + 1] ?? 0) * 256 + (data[at + 2] ?? 0));
        if (data[at + 3] !== 255) rows.push(-1);
      }
      return rows;
    });
    assert.equal(colors.length, 12);
    assert.ok(new Set(colors).size > 3, 'rows differ');
  });

  it('pointing at it says what goes nowhere, and previews the row', async () => {
    const column = panel.page.locator('.sink-column canvas');
    const box = (await column.boundingBox()) ?? assert.fail('no column');
    await panel.page.mouse.move(box.x + 4, box.y + (box.height * 5.5) / 12);
    assert.match((await column.getAttribute('title')) ?? '', /^\d+(\.\d+)?\s% goes nowhere$/);
    await panel.page.locator('.read-out', { hasText: 'of' }).waitFor();
    assert.match((await panel.page.locator('.read-out').textContent()) ?? '', /sink \.\d{3}/);
    await panel.page.mouse.move(0, 0);
  });

  it('the row lists it under the keys, and all together are 1', async () => {
    const taken = Number(await ofRow());
    const shares = await panel.page

      .locator('.distribution .bar-row[data-index] .number')
      .allTextContents();
    const sum = shares.map(Number).filter(share => !Number.isNaN(share));
    const total = sum.reduce((a, b) => a + b, taken);
    assert.ok(taken > 0 && Math.abs(total - 1) < 0.01, `${sum.join()} and ${taken}`);
  });

  it('the card of the head tells its mean', async () => {
    const card = panel.page.locator('.head-card');
    assert.match((await card.textContent()) ?? '', /Sinkmean \.\d\d/);
  });

  it('the computation has its term of Z', async () => {
    await panel.page.getByRole('tab', { name: 'Computation' }).click();
    const variables = panel.page.locator('.variables');
    await variables.waitFor();
    assert.match(
      (await panel.page.locator('body').textContent()) ?? '',
      /of Z, \.\d{3} goes nowhere/,
    );
    await panel.page.getByRole('tab', { name: 'Attention' }).click();
  });

  it('maps without one have no such column', async () => {
    const [first] = recipe.blocks;
    const { sink, ...block } = first ?? assert.fail('no block');
    assert.ok(sink);
    const without: Recipe = { ...recipe, id: 'sink-2', blocks: [block] };
    await panel.page.evaluate(made => window.host.showRecipe(made, 'decoder'), without);
    await panel.ready(without.id);
    assert.equal(await panel.page.locator('.sink-column').isVisible(), false);
    assert.equal(await panel.page.locator('.sink-row .number').count(), 0);
  });

  it('reads in every theme and in a narrow panel', async () => {
    for (const [theme, width] of [
      ['dark', 1200],
      ['light', 820],
      ['high-contrast', 480],
    ] as const) {
      const other = await open(theme, width);
      await other.screenshot(`sink-${theme}`);
      const column = await other.page.locator('.sink-column canvas').boundingBox();
      const pane = await other.page.locator('.map-pane').boundingBox();
      const isInside = column && pane && column.x + column.width <= pane.x + pane.width;
      assert.ok(isInside, `${theme} ${width}`);
      await other.close();
    }
  });
});

describe('a sink of a text that is too long for a whole map', () => {
  const TOKENS = 2304;
  const capture = longSinks('sink-long', TOKENS);
  const { inspector, asked } = longInspector(capture);
  let panel: PanelPage;
  before(async () => {
    panel = await PanelPage.open({ capture: 'bridge', inspector, width: 1200 });
    await panel.page.evaluate(run => window.host.showRun(run), capture.summary);
    await panel.ready('sink-long');
    await panel.page.locator('.sink-column canvas').waitFor({ timeout: 60_000 });
  });
  after(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
    closeBrowser();
  });

  it('has its column beside the map, asked for once', async () => {
    const column = await panel.page.locator('.sink-column canvas').boundingBox();
    const map = await panel.page.locator('.map-cells').boundingBox();
    assert.ok(column && map);
    assert.ok(column.x > map.x + map.width, 'it stands after the keys');
    assert.ok(Math.abs(column.height - map.height) < 2);
    assert.equal(asked.filter(({ method }) => method === 'sinkShares').length, 1);
  });

  it('and its colours are those of what it takes: more where it is more', async () => {
    const column = panel.page.locator('.sink-column canvas');
    const colors = await column.evaluate(element => {
      const canvas = element as HTMLCanvasElement;
      const { data = [] } = canvas.getContext('2d')?.getImageData(2, 0, 1, canvas.height) ?? {};
      return Array.from({ length: canvas.height }, (_, y) => (data[4 * y + 1] ?? 0) / 255);
    });
    const share = (y: number) => sinkShare(Math.floor(((y + 0.5) * TOKENS) / colors.length));
    const rows = [...colors.keys()];
    const of = (some: readonly number[]) => colors.filter((_, y) => some.includes(y));
    const mean = (some: readonly number[]) =>
      of(some).reduce((sum, green) => sum + green, 0) / some.length;
    const much = rows.filter(y => share(y) > 0.7);
    const little = rows.filter(y => share(y) < 0.02);
    assert.ok(much.length > 20 && little.length > 20);
    assert.ok(mean(much) > mean(little) + 0.1, `${mean(much)} ${mean(little)}`);
  });

  it('pointing at it says what goes nowhere', async () => {
    const column = panel.page.locator('.sink-column canvas');
    const box = (await column.boundingBox()) ?? assert.fail('no column');
    await panel.page.mouse.move(box.x + 4, box.y + box.height / 3);
    const title = (await column.getAttribute('title')) ?? '';
    const expected = 100 * sinkShare(Math.floor(TOKENS / 3));
    assert.ok(Math.abs(Number.parseFloat(title) - expected) < 5, `${title} for ${expected}`);
    await panel.screenshot('sink-long');
  });
});
