import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { closeBrowser, PanelPage } from './support/panelPage';
import { tokensOf } from './support/recipes';
import type { Recipe } from './support/syntheticCapture';

const WIDTHS = [480, 820, 1500];

/** A head that is uniform but for one pair. */
function spotted(id: string, length: number, spot: { query: number; key: number }): Recipe {
  const encoder = tokensOf(Array.from({ length }, (_, i) => `t${i}`));
  const blocks = [{ stack: 'encoder', kind: 'self', heads: [1], spot } as const];
  const text = encoder.map(token => token.text).join(' ');
  return { id, text, tokens: { encoder }, blocks, isSampled: length > 1000 };
}

const spotOf = (length: number, share: number) => ({
  query: Math.min(length - 1, Math.floor(length * share)),
  key: Math.min(length - 1, Math.floor(length * (1 - share * share))),
});

/** What stands out in a picture: the brightest pixels, or the ones that gained most. */
type Ink = 'bright' | 'gained';

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly count: number;
  /** Shares of the canvas that are painted at all. */
  readonly painted: { readonly right: number; readonly bottom: number };
}

/** The device pixels of a canvas that have the strongest ink. */
const strongest = (canvas: Locator, ink: Ink): Promise<Rectangle> =>
  canvas.evaluate((element, wanted) => {
    const { width, height } = element as HTMLCanvasElement;
    const context = (element as HTMLCanvasElement).getContext('2d');
    const { data } = context?.getImageData(0, 0, width, height) ?? { data: [] };
    let most = -Infinity;
    let found = { left: 0, top: 0, right: 0, bottom: 0, count: 0 };
    const painted = { right: 0, bottom: 0 };
    for (let at = 0; at < width * height; at++) {
      const [r = 0, g = 0, b = 0, a = 0] = data.slice(at * 4, at * 4 + 4);
      if (a === 0) continue;
      const [x, y] = [at % width, Math.floor(at / width)];
      painted.right = Math.max(painted.right, (x + 1) / width);
      painted.bottom = Math.max(painted.bottom, (y + 1) / height);
      const strength = wanted === 'bright' ? r + g + b : b - r;
      if (strength > most) {
        most = strength;
        found = { left: x, top: y, right: x + 1, bottom: y + 1, count: 1 };
      } else if (strength === most) {
        found = {
          left: Math.min(found.left, x),
          top: Math.min(found.top, y),
          right: Math.max(found.right, x + 1),
          bottom: Math.max(found.bottom, y + 1),
          count: found.count + 1,
        };
      }
    }
    return { ...found, painted };
  }, ink);

/** Clicks every corner of what stands out; what is selected each time, and what is wrong else. */
async function check(
  panel: PanelPage,
  place: Locator,
  spot: { query: number; key: number },
  ratio: number,
  ink: Ink = 'bright',
): Promise<string[]> {
  const canvas = place.locator('.map-cells');
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox()) ?? assert.fail('no map');
  const { left, top, right, bottom, count, painted } = await strongest(canvas, ink);
  const problems: string[] = [];
  if (count !== (right - left) * (bottom - top)) problems.push(`${count} pixels stand out`);
  if (Math.min(painted.right, painted.bottom) < 0.9) {
    problems.push(`painted to ${painted.right.toFixed(2)}, ${painted.bottom.toFixed(2)}`);
  }
  for (const [x, y] of [
    [left, top],
    [right - 1, bottom - 1],
  ] as const) {
    await panel.page.mouse.click(box.x + (x + 0.5) / ratio, box.y + (y + 0.5) / ratio);
    const grid = place.locator('.map-grid');
    const read = (element: Element): string => {
      const row = element.querySelector('[role="row"]')?.getAttribute('aria-rowindex');
      const cell = element.querySelector('[role="gridcell"]');
      const column = cell?.getAttribute('aria-colindex');
      const isSelected = cell?.getAttribute('aria-selected') === 'true';
      return `${Number(row) - 1} → ${Number(column) - 1}${isSelected ? '' : ', not selected'}`;
    };
    const wanted = `${spot.query} → ${spot.key}`;
    let found = await grid.evaluate(read);
    for (let turn = 0; turn < 60 && found !== wanted; turn++) {
      await panel.page.evaluate(() => new Promise(resolve => requestAnimationFrame(resolve)));
      found = await grid.evaluate(read);
    }
    if (found !== wanted) problems.push(`${wanted} is painted where ${found}`);
  }
  const middle = box.x + (left + right) / 2 / ratio;
  const label = await place.locator('.key-label.marked').boundingBox();
  const off = label ? Math.abs(label.x + label.width / 2 - middle) : Infinity;
  if (off > 2) problems.push(`the key's label is ${off.toFixed(1)} px off`);
  return problems;
}

/** Reading pixels back is what this test does, and what Chromium has advice about. */
const problemsOf = async (panel: PanelPage): Promise<string[]> =>
  (await panel.allProblems()).filter(problem => !problem.includes('willReadFrequently'));

describe('the pixel under the pointer', () => {
  after(closeBrowser);

  for (const width of WIDTHS) {
    it(`is the pair that is selected, at nine lengths in ${width} pixels`, async function () {
      this.timeout(300_000);
      const ratio = width === 820 ? 2 : 1;
      const panel = await PanelPage.open({ width, height: 1400, ratio });
      const problems: string[] = [];
      for (const length of [2, 60, 126, 150, 189, 250, 377, 516, 1024]) {
        const spot = spotOf(length, 0.4);
        const recipe = spotted(`spot-${length}`, length, spot);
        await panel.page.evaluate(one => window.host.showRecipe(one, 'encoder'), recipe);
        await panel.ready(recipe.id);
        const found = await check(panel, panel.page.locator('.map-pane'), spot, ratio);
        problems.push(...found.map(problem => `${length} tokens: ${problem}`));
      }
      assert.deepEqual(problems, []);
      assert.deepEqual(await problemsOf(panel), []);
      await panel.close();
    });

    it(`is so in every column of Masking in ${width} pixels`, async function () {
      this.timeout(300_000);
      const panel = await PanelPage.open({ width, height: 1600 });
      const { page } = panel;
      await page.evaluate(() => window.host.show('encoder'));
      const problems: string[] = [];
      for (const length of [7, 110, 189, 300, 516]) {
        const spots = {
          main: spotOf(length, 0.4),
          other: spotOf(length, 0.6),
          changed: spotOf(length, 0.2),
        };
        await page.evaluate(
          ([main, other, changed]) => {
            window.host.showRecipe(main, 'encoder');
            window.host.showSide('other', other);
            window.host.showSide('changed', { ...changed, mask: { kind: 'bidirectional' } });
          },
          [
            spotted(`main-${length}`, length, spots.main),
            spotted(`other-${length}`, length, spots.other),
            spotted(`changed-${length}`, length, spots.changed),
          ] as const,
        );
        await panel.ready(`main-${length}`);
        const tab = page.getByRole('tab', { name: 'Masking' });
        if (await tab.isVisible()) await tab.click();
        const column = (name: string): Locator => page.getByRole('region', { name });
        const say = (where: string, found: readonly string[]): void => {
          problems.push(...found.map(problem => `${length} tokens, ${where}: ${problem}`));
        };
        const difference = page.getByRole('checkbox', { name: 'Show difference' });
        await difference.setChecked(true);
        await column('Changed mask').getByText('gained').waitFor();
        await page.locator('.mask-picture.pending').waitFor({ state: 'detached' });
        say('A', await check(panel, column('This run'), spots.main, 1));
        say('B', await check(panel, column('Another run'), spots.other, 1));
        say('C − A', await check(panel, column('Changed mask'), spots.changed, 1, 'gained'));
        await difference.setChecked(false);
        await column('Changed mask').getByText('attention weight').waitFor();
        await page.locator('.mask-picture.pending').waitFor({ state: 'detached' });
        say('C', await check(panel, column('Changed mask'), spots.changed, 1));
      }
      assert.deepEqual(problems, []);
      assert.deepEqual(await problemsOf(panel), []);
      await panel.close();
    });
  }
});
