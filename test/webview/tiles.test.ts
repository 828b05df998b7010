import assert from 'node:assert/strict';
import { weightCode } from '../../src/protocol/weightCode';
import { longCapture, longTokens } from '../support/longCapture';
import { longInspector } from '../support/longInspector';
import { closeBrowser, PanelPage } from './support/panelPage';
import { RECIPES } from './support/recipes';
import { mapBox, written } from './support/reading';

const TOKENS = 8192;
const HEAD_DIM = 16;
/** Bytes that the panel may hold of a head of this size: vectors, row statistics, and tiles. */
const VECTORS = 2 * TOKENS * HEAD_DIM * 4 + 9 * TOKENS;
const TILES = 1 << 25;
const block = { stack: 'decoder', kind: 'self' } as const;

const capture = longCapture({
  id: 'long-map',
  tokens: longTokens(TOKENS),
  headDim: HEAD_DIM,
  heads: 2,
  keyHeads: 1,
  mask: { kind: 'causal' },
  seed: 4,
  sharpness: 4,
});

/** Colours of the map at points given in CSS pixels, read from a copy: reading slows a canvas down. */
const colorsAt = (panel: PanelPage, points: readonly (readonly number[])[]): Promise<string[]> =>
  panel.page.evaluate(places => {
    const canvas = document.querySelector<HTMLCanvasElement>('.map-cells');
    const copy = new OffscreenCanvas(canvas?.width ?? 1, canvas?.height ?? 1);
    const context = copy.getContext('2d', { willReadFrequently: true });
    if (!canvas || !context) throw new Error('No map.');
    context.drawImage(canvas, 0, 0);
    const scale = canvas.width / canvas.getBoundingClientRect().width;
    return places.map(([x = 0, y = 0]) => {
      const [r, g, b, a] = context.getImageData(
        Math.floor(x * scale),
        Math.floor(y * scale),
        1,
        1,
      ).data;
      return a === 0 ? 'none' : `${r},${g},${b}`;
    });
  }, points);

describe(`a head of ${TOKENS} tokens`, function () {
  this.timeout(300_000);
  const { inspector, asked } = longInspector(capture);
  let panel: PanelPage;

  before(async () => {
    panel = await PanelPage.open({ capture: 'bridge', inspector, height: 1000 });
    await panel.page.evaluate(run => window.host.showRun(run), capture.summary);
    await panel.ready('long-map');
  });
  after(async () => {
    const problems = await panel.allProblems();
    assert.deepEqual(
      problems.filter(problem => !problem.includes('choose Head')),
      [],
    );
    await panel.close();
    closeBrowser();
  });

  const detail = (...states: readonly string[]) =>
    panel.page.waitForSelector(states.map(state => `.heat-map[data-detail="${state}"]`).join(), {
      timeout: 200_000,
    });
  const press = async (key: string): Promise<void> => {
    await panel.page.locator('.map-grid').focus();
    await panel.page.keyboard.press(key);
    await panel.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
  };
  /** First query and key on show, and how many. */
  const part = async (): Promise<number[]> => {
    const words = await panel.text('.legend .detail');
    const found = /Queries ([\d,]+)–([\d,]+) of 8,192, keys ([\d,]+)–([\d,]+) of/.exec(words);
    return (found ?? []).slice(1).map(number => Number(number.replaceAll(',', '')));
  };
  const weightOf = async (query: number, key: number): Promise<number> =>
    (await capture.row({ block, layer: 0, head: 0, query })).weights[key] ?? NaN;

  it('shows sampled rows first and says so, then the maximum of each block', async () => {
    await detail('sampled', 'exact');
    assert.ok(!asked.some(({ method }) => method === 'map'), 'asks for the whole map');
    await detail('exact');
    assert.match(
      await panel.text('.legend .detail'),
      /maximum of its block of (\d+) × \1 weights\./,
    );
    const first = asked.find(({ method }) => method === 'tile');
    assert.equal((first?.params as { sampled?: boolean }).sampled, true);
  });

  it('hatches what the mask blocks, above the diagonal and nowhere below', async () => {
    const box = await mapBox(panel);
    assert.ok(box.rows === TOKENS && box.columns === TOKENS);
    const above = [0, 1, 2, 3, 4, 5].map(x => [(3 * box.width) / 4 + x, box.height / 4]);
    const below = [box.width / 4, (3 * box.height) / 4];
    const [colored, ...hatched] = await colorsAt(panel, [below, ...above]);
    assert.notEqual(colored, 'none');
    assert.ok(hatched.includes('none') && hatched.some(color => color !== 'none'));
    assert.match(await panel.text('.legend'), /blocked by the mask/);
  });

  it('sends query and key once, in messages of at most 256 KB', () => {
    const parts = asked.filter(({ method }) => method === 'vectors');
    const rows = parts.map(({ params }) => params as { part: string; from: number; count: number });
    for (const name of ['query', 'key']) {
      const sent = rows.filter(({ part: one }) => one === name);
      assert.equal(
        sent.reduce((sum, { count }) => sum + count, 0),
        TOKENS,
      );
      assert.equal(new Set(sent.map(({ from }) => from)).size, sent.length);
    }
    assert.ok(rows.every(({ count }) => count * HEAD_DIM * 2 <= 1 << 18));
    const tiles = asked.filter(({ method }) => method === 'tile');
    for (const { params } of tiles) {
      const { rows: down, columns } = params as { rows: number; columns: number };
      assert.ok(down * columns <= 1 << 18);
    }
  });

  it('zooms in with + to single weights, whose colours are those of the exact row', async () => {
    for (let i = 0; i < 9; i++) await press('+');
    await detail('exact');
    const [firstQuery = NaN, , firstKey = NaN, lastKey = NaN] = await part();
    const shown = lastKey - firstKey + 1;
    const box = await mapBox(panel);
    const cell = box.width / shown;
    assert.ok(cell >= 3, `cells of ${cell} pixels`);
    const strongest = async (
      row: number,
    ): Promise<{ row: number; column: number; code: number }[]> => {
      const { weights } = await capture.row({ block, layer: 0, head: 0, query: firstQuery + row });
      const columns = Array.from({ length: shown }, (_, column) => column);
      const weight = (column: number): number => weights[firstKey + column] ?? 0;
      columns.sort((x, y) => weight(y) - weight(x));
      return columns.slice(0, 2).map(column => ({ row, column, code: weightCode(weight(column)) }));
    };
    const rows = Array.from({ length: 40 }, (_, i) => i);
    const cells = (await Promise.all(rows.map(strongest))).flat();
    const points = cells.map(({ row, column }) => [(column + 0.4) * cell, (row + 0.4) * cell]);
    const colors = await colorsAt(panel, points);
    const seen = new Map<string, number[]>();
    cells.forEach(({ code }, i) => {
      // The logarithmic scale tells weights from .001 on apart.
      if (code > 146) seen.set(colors[i] ?? '', [...(seen.get(colors[i] ?? '') ?? []), code]);
    });
    // One colour stands for one weight, but for what float16 shifts.
    for (const codes of seen.values()) {
      assert.ok(Math.max(...codes) - Math.min(...codes) <= 2, codes.join());
    }
    assert.ok(seen.size >= 8, `only ${seen.size} colours to tell apart`);
  });

  it('reads the pair under the pointer out exactly', async () => {
    const [firstQuery = NaN, , firstKey = NaN, lastKey = NaN] = await part();
    const box = await mapBox(panel);
    const cell = box.width / (lastKey - firstKey + 1);
    await panel.page.mouse.move(box.x + 7.4 * cell, box.y + 4.4 * cell);
    const [query, key] = [firstQuery + 4, firstKey + 7];
    const expected = written(await weightOf(query, key));
    await panel.page.waitForFunction(
      ([from, to, weight]) => {
        const words = document.querySelector('.read-out')?.textContent ?? '';
        return words.includes(` ${from} → `) && words.includes(` ${to}`) && words.includes(weight);
      },
      [query, key, expected] as const,
    );
    const name = await panel.page.locator('.map-grid [role="gridcell"]').getAttribute('aria-label');
    assert.match(name ?? '', new RegExp(`weight ${expected.replace('.', '\\.')}`));
  });

  it('pans by dragging without choosing a pair, and by keys that lead out of sight', async () => {
    const [query = NaN, , key = NaN, last = NaN] = await part();
    const box = await mapBox(panel);
    const cell = box.width / (last - key + 1);
    const locus = await panel.text('.locus');
    await panel.page.mouse.move(box.x + 100, box.y + 60);
    await panel.page.mouse.down();
    await panel.page.mouse.move(box.x + 100 + 12 * cell, box.y + 60 + 20 * cell, { steps: 5 });
    await panel.page.mouse.up();
    await panel.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
    const [after = NaN, , afterKey = NaN] = await part();
    assert.deepEqual([after, afterKey], [query - 20, key - 12]);
    assert.equal(await panel.text('.locus'), locus, 'a drag chooses nothing');
    await press('Control+Home');
    assert.deepEqual(
      (await part()).filter((_, i) => i % 2 === 0),
      [0, 0],
    );
    await detail('exact');
    await press('Control+End');
    assert.deepEqual(
      (await part()).filter((_, i) => i % 2 === 1),
      [TOKENS - 1, TOKENS - 1],
    );
  });

  it('drops what is no longer looked at', async () => {
    const before = asked.length;
    for (let i = 0; i < 12; i++) await press(i % 2 === 0 ? 'Control+Home' : 'Control+End');
    await detail('exact');
    const tiles = asked.slice(before).filter(({ method }) => method === 'tile');
    assert.ok(tiles.length <= 4, `${tiles.length} tiles were asked for`);
  });

  it('labels tokens where they have 12 pixels, and otherwise query and key alone', async () => {
    for (let i = 0; i < 4; i++) await press('+');
    const [query = NaN, lastQuery = NaN] = await part();
    const box = await mapBox(panel);
    assert.ok(box.height / (lastQuery - query + 1) >= 12);
    assert.equal(await panel.page.locator('.query-label').count(), lastQuery - query + 1);
    await press('0');
    assert.ok((await panel.page.locator('.query-label').count()) <= 2);
    assert.deepEqual(await part(), []);
  });

  it('shows where it is in two lanes, which lead elsewhere when they are pressed', async () => {
    assert.ok(await panel.page.locator('.map-lane.keys').isHidden());
    for (let i = 0; i < 6; i++) await press('+');
    const lane = await panel.page.locator('.map-lane.keys').boundingBox();
    assert.ok(lane);
    await panel.page.mouse.click(lane.x + lane.width / 4, lane.y + lane.height / 2);
    await panel.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
    const [, , first = NaN, last = NaN] = await part();
    const middle = (first + last) / 2 / TOKENS;
    assert.ok(Math.abs(middle - 0.25) < 0.02, `the middle is at ${middle}`);
  });

  it('holds a bounded number of bytes, whatever was looked at', async () => {
    for (const key of ['0', '+', '+', '+', '-', '0', 's', '+', '+', '0', 's', 's']) {
      await press(key);
      await detail('sampled', 'exact');
    }
    await press('Alt+ArrowRight');
    await panel.page.waitForFunction(
      words => document.querySelector('.sentence')?.textContent.startsWith(words),
      'In layer 0, head 1, ',
    );
    await detail('sampled', 'exact');
    const bytes = Number(await panel.page.locator('.heat-map').getAttribute('data-bytes'));
    assert.ok(bytes > VECTORS, `${bytes} bytes`);
    assert.ok(bytes <= 2 * VECTORS + TILES, `${bytes} bytes`);
    console.log(
      `      ${(bytes / 1e6).toFixed(1)} MB, against ${TOKENS ** 2 / 1e6} MB of a whole map`,
    );
  });

  it('says what to do where the layer’s heads together would need the whole map', async () => {
    await panel.page.getByRole('radio', { name: 'Mean', exact: true }).click();
    await panel.page.locator('.refusal', { hasText: 'choose Head' }).waitFor();
    await panel.page.getByRole('radio', { name: 'Head', exact: true }).click();
    await detail('sampled', 'exact');
  });
});

describe('5,000 tokens that trouble text layout', function () {
  this.timeout(300_000);
  after(closeBrowser);

  it('are drawn as text, one by one in sight, and nothing of them is carried out', async () => {
    const hostile = RECIPES.hostile.tokens.encoder;
    const odd = [
      '\u202e\u202e\u202e',
      'ส็็็็็็็็',
      '\ud83d',
      '﷽',
      '🏳️‍🌈',
      '\u2028',
      "';alert(1)//",
      '\ufeff',
    ];
    const tokens = Array.from({ length: 5000 }, (_, index) => {
      const one = hostile[index % hostile.length] ?? hostile[0]!;
      const text = index % 3 === 0 ? (odd[index % odd.length] ?? '') : one.text;
      return { ...one, index, text, token: index % 3 === 0 ? text : one.token };
    });
    const made = longCapture({
      id: 'hostile-long',
      tokens,
      headDim: 8,
      heads: 1,
      keyHeads: 1,
      mask: { kind: 'bidirectional' },
      seed: 2,
    });
    const { inspector } = longInspector(made);
    for (const width of [1200, 480]) {
      const panel = await PanelPage.open({ capture: 'bridge', inspector, width });
      const { page } = panel;
      const title = await page.title();
      await page.evaluate(run => window.host.showRun(run), made.summary);
      await panel.ready('hostile-long');
      await page.waitForSelector(
        '.heat-map[data-detail="sampled"], .heat-map[data-detail="exact"]',
      );
      await page.locator('.map-grid').focus();
      for (let i = 0; i < 12; i++) await page.keyboard.press('+');
      await page.waitForSelector('.heat-map[data-detail="exact"]');
      assert.ok((await page.locator('.query-label').count()) > 5);
      await page
        .locator('.tokens')
        .evaluate(list => list.scrollTo(list.scrollWidth / 2, list.scrollHeight / 2));
      await page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
      assert.ok((await page.locator('.strip .token').count()) < 600, 'too many chips');
      assert.ok((await page.locator('.bar-row').count()) < 60, 'too many rows');
      assert.equal(await page.title(), title);
      assert.equal(await page.locator('img, .tokens script').count(), 0);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    }
  });
});

describe('32,768 tokens', function () {
  this.timeout(300_000);
  after(closeBrowser);

  it('keep the document small and the pointer free', async () => {
    const made = longCapture({
      id: 'longest',
      tokens: longTokens(32_768),
      headDim: 8,
      heads: 1,
      keyHeads: 1,
      mask: { kind: 'window', before: 512, after: 0 },
      seed: 6,
    });
    const { inspector } = longInspector(made);
    const panel = await PanelPage.open({ capture: 'bridge', inspector, height: 1000 });
    const { page } = panel;
    await page.evaluate(run => window.host.showRun(run), made.summary);
    await panel.ready('longest');
    await page.waitForSelector('.heat-map[data-detail="sampled"], .heat-map[data-detail="exact"]');
    assert.ok((await page.locator('.strip .token').count()) < 600);
    assert.ok((await page.locator('.bar-row').count()) < 60);
    assert.ok((await page.locator('*').count()) < 3000);
    const times = await page.evaluate(async () => {
      const grid = document.querySelector('.map-grid');
      const box = grid?.getBoundingClientRect();
      if (!grid || !box) throw new Error('No map.');
      const taken: number[] = [];
      for (let i = 0; i < 40; i++) {
        const [clientX, clientY] = [
          box.x + ((i * 37) % box.width),
          box.y + ((i * 53) % box.height),
        ];
        const start = performance.now();
        grid.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true }));
        for (let turn = 0; turn < 6; turn++) await Promise.resolve();
        taken.push(performance.now() - start);
        await new Promise(resolve => requestAnimationFrame(resolve));
      }
      return taken.sort((a, b) => a - b);
    });
    const [fast = NaN, p95 = NaN] = [times[4], times[37]];
    console.log(
      `      a hover blocks the page for ${fast.toFixed(1)} ms (limit 16; p95 ${p95.toFixed(1)})`,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
