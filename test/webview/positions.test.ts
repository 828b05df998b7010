import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { changesOf, orderOf, type Change } from '../../src/protocol/change';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES, type OpenOptions } from './support/panelPage';
import type { RecipeName } from './support/recipes';
import { reorderedRecipe } from './support/sides';
import { syntheticBias, syntheticEntry, type SchemeKind } from './support/syntheticPositions';

const KINDS: readonly SchemeKind[] = [
  'learned',
  'sinusoidal',
  'rotary',
  'relativeBias',
  'alibi',
  'none',
];
const TITLES: Partial<Record<SchemeKind, string>> = {
  learned: 'Learned absolute',
  sinusoidal: 'Sinusoidal',
  rotary: 'Rotary (RoPE)',
  relativeBias: 'Relative bias (T5)',
  alibi: 'ALiBi',
};

/** A number as tables write it. */
const decimal = (value: number, digits: number): string =>
  (Math.abs(value) < 0.5 * 10 ** -digits ? 0 : value).toFixed(digits).replace('-', '−');

const pane = ({ page }: PanelPage, name: string): Locator =>
  page.getByRole('region', { name, exact: true });

/** Opens the Positions view on a run of a model with this scheme. */
async function openPositions(
  kind: SchemeKind,
  options: OpenOptions & { readonly capture?: RecipeName } = {},
): Promise<PanelPage> {
  const panel = await PanelPage.open({ height: 1300, ...options });
  await panel.page.evaluate(
    ([name, positions]) => {
      const { recipe } = window.host.capture(name);
      window.host.showRecipe({ ...recipe, id: `positions-${positions}`, positions }, 'encoder');
    },
    [options.capture ?? 'encoder', kind] as const,
  );
  await panel.ready(`positions-${kind}`);
  await panel.page.evaluate(() => document.getElementById('tab-positions')?.click());
  await panel.page.locator('.position-notes', { hasText: kind }).waitFor();
  return panel;
}

/** Rows of a pane's accessible table. */
async function tableRows(panel: PanelPage, name: string): Promise<string[][]> {
  const rows = await pane(panel, name).locator('tbody tr').all();
  return Promise.all(rows.map(row => row.locator('th, td').allInnerTexts()));
}

/** Waits for the runs that the panel asks for, and ends them with captures in those orders. */
async function endRuns(panel: PanelPage, count: number): Promise<void> {
  await panel.page.waitForFunction(
    wanted => window.host.calls.filter(({ method }) => method === 'runSide').length >= wanted,
    count,
  );
  for (const call of await panel.calls('runSide')) {
    const { slot, changes } = call as {
      slot: 'reordered' | 'equal' | 'reorderedEqual';
      changes: Change[];
    };
    const order = orderOf({ changes }) ?? { positions: 'own' };
    const recipe = reorderedRecipe('encoder', order, `${slot}-${JSON.stringify(order).length}`);
    await panel.page.evaluate(([where, run]) => window.host.showSide(where, run), [
      slot,
      recipe,
    ] as const);
  }
}

describe('positions view', () => {
  after(closeBrowser);

  for (const kind of KINDS) {
    it(`${kind}: the model’s own scheme comes first, the others are references`, async () => {
      const panel = await openPositions(kind);
      const titles = await panel.page.locator('.scheme-panes h2').allInnerTexts();
      const tags = await panel.page.locator('.scheme-panes .scheme-tag').allInnerTexts();
      assert.equal(titles.length, 6);
      const own = TITLES[kind];
      if (own === undefined) assert.ok(!tags.includes('this model'));
      else {
        assert.equal(titles[0], own);
        assert.equal(tags[0], 'this model');
        assert.equal(tags.filter(tag => tag === 'this model').length, 1);
      }
      assert.equal(tags.filter(tag => tag === 'reference').length, own === undefined ? 5 : 4);
      assert.match(
        await panel.text('.positions .sentence'),
        /thirst is at position 15 and \S+ at \d+, a distance of \d+\. The /,
      );
      if (kind !== 'learned') {
        const words = await pane(panel, 'Learned absolute').locator('.figure-words').innerText();
        assert.match(words, /none to show without a model/);
        assert.equal(await pane(panel, 'Learned absolute').locator('canvas').isVisible(), false);
      }
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  it('learned table: numbers of the table, dimension by pointer and keys, paging', async () => {
    const panel = await openPositions('learned');
    const learned = pane(panel, 'Learned absolute');
    const grid = learned.getByRole('grid');
    const box = (await grid.boundingBox()) ?? assert.fail('no table');
    await grid.hover({ position: { x: (7.5 * box.width) / 48, y: (10.5 * box.height) / 64 } });
    const reading = learned.locator('.figure-reading');
    assert.equal(
      await reading.innerText(),
      `position 10, dimension 7: ${decimal(syntheticEntry(10, 7), 3)}`,
    );
    await grid.click({ position: { x: (7.5 * box.width) / 48, y: (10.5 * box.height) / 64 } });
    await panel.page.mouse.move(5, 5);
    await panel.page.waitForFunction(() =>
      document.querySelector('.figure-reading')?.textContent.startsWith('dim 7: '),
    );
    await panel.page.keyboard.press('Shift+T');
    await learned.locator('table').waitFor();
    const rows = await tableRows(panel, 'Learned absolute');
    assert.equal(rows.length, 64);
    rows.forEach(([position, value], row) =>
      assert.deepEqual([position, value], [String(row), decimal(syntheticEntry(row, 7), 4)]),
    );
    await learned.getByRole('button', { name: 'Positions after' }).click();
    await learned.getByText('positions 64–127 of 512').waitFor();
    assert.equal((await tableRows(panel, 'Learned absolute'))[0]?.[0], '64');
    assert.ok(await learned.getByRole('button', { name: 'Positions after' }).isDisabled());
    await grid.focus();
    await panel.page.keyboard.press('ArrowRight');
    assert.match(await reading.innerText(), /dimension 8: /);
    await panel.page.keyboard.press('Enter');
    await panel.page.keyboard.press('Tab');
    await panel.page.waitForFunction(() =>
      document.querySelector('.figure-reading')?.textContent.startsWith('dim 8'),
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('rotary: angles of every pair at the two positions, base, scaling and share', async () => {
    const panel = await openPositions('rotary');
    const rotary = pane(panel, 'Rotary (RoPE)');
    assert.equal(
      await rotary.locator('.facts-line').innerText(),
      'base 500 · scaling linear · 16 of 32 dimensions of a head are rotated · pairs (0, 8), (1, 9), …',
    );
    await panel.page.keyboard.press('Shift+T');
    await rotary.locator('table').waitFor();
    const [query, key] = [
      15,
      Number((await panel.text('.locus')).match(/→?\S+ (\d+) \D*\.\d+$/)?.[1]),
    ];
    for (const [pair, row] of (await tableRows(panel, 'Rotary (RoPE)')).entries()) {
      const turn = Math.fround(500 ** (-pair / 8));
      assert.deepEqual(row.slice(2), [
        decimal(turn * query, 4),
        decimal(turn * key, 4),
        decimal(Math.cos(turn * (key - query)), 4),
      ]);
    }
    const dial = (await rotary.locator('.dials').getAttribute('aria-label')) ?? '';
    assert.match(dial, new RegExp(`between the directions at 15 and ${key}: pair 0 `));
    await panel.close();
  });

  it('relative bias and ALiBi: values of each head at the distance', async () => {
    const panel = await openPositions('relativeBias');
    await panel.page.keyboard.press('Shift+T');
    await pane(panel, 'Relative bias (T5)').locator('table').waitFor();
    const heading = await pane(panel, 'Relative bias (T5)').locator('thead th').allInnerTexts();
    const offset = Number(heading[1]?.replace('At ', '').replace('−', '-'));
    for (const [head, row] of (await tableRows(panel, 'Relative bias (T5)')).entries()) {
      assert.deepEqual(row, [
        `H${head}`,
        decimal(syntheticBias(head, offset), 4),
        decimal(syntheticBias(head, 0), 4),
      ]);
    }
    const map = pane(panel, 'Relative bias (T5)').getByRole('grid');
    const box = (await map.boundingBox()) ?? assert.fail('no map');
    await map.click({ position: { x: box.width / 2, y: (2.5 * box.height) / 4 } });
    await panel.page.waitForFunction(() =>
      /Head\s?2/.test(document.querySelector<HTMLElement>('.locus')?.innerText ?? ''),
    );
    const slopes = await tableRows(panel, 'ALiBi');
    assert.deepEqual(
      slopes.map(row => row[1]),
      ['1/4', '1/16', '1/64', '1/256'],
    );
    assert.deepEqual(slopes[2]?.[3], decimal(-Math.abs(offset) / 64, 4));
    const slider = pane(panel, 'ALiBi').getByRole('slider');
    await slider.focus();
    await panel.page.keyboard.press('End');
    assert.equal(
      await slider.getAttribute('aria-valuetext'),
      'At distance 64, H2 adds −1.000 to the score.',
    );
    await panel.close();
  });

  it('score by distance: means of the data with and without the bias', async () => {
    const panel = await openPositions('relativeBias');
    await panel.page.keyboard.press('Shift+T');
    await pane(panel, 'Score by distance').locator('table').waitFor();
    const expected = await panel.page.evaluate(() => {
      const sums = new Map<number, { pairs: number; withPosition: number; without: number }>();
      for (let query = 0; query < 19; query++) {
        const block = { stack: 'encoder', kind: 'self' } as const;
        const row = window.host.capture('encoder').row(block, 3, 0, query);
        row.maskedScores?.forEach((masked, key) => {
          const at = sums.get(key - query) ?? { pairs: 0, withPosition: 0, without: 0 };
          at.pairs++;
          at.withPosition += masked;
          at.without += row.scores?.[key] ?? NaN;
          sums.set(key - query, at);
        });
      }
      return [...sums];
    });
    const rows = await tableRows(panel, 'Score by distance');
    assert.equal(rows.length, 37);
    for (const [distance, { pairs, withPosition, without }] of expected) {
      const row = rows.find(([name]) => name === decimal(distance, 0)) ?? assert.fail('no row');
      assert.equal(row[1], String(pairs));
      const number = (text = ''): number => Number(text.replace('−', '-'));
      assert.ok(Math.abs(number(row[2]) - withPosition / pairs) < 1e-4, `with at ${distance}`);
      assert.ok(Math.abs(number(row[3]) - without / pairs) < 1e-4, `without at ${distance}`);
    }
    await panel.close();
  });

  it('a token moves by keys and by dragging; the model is run in that order once it rests', async () => {
    const panel = await openPositions('rotary');
    const line = panel.page.getByRole('listbox', { name: /Tokens in the order/ });
    await line.getByRole('option', { name: /^tiger ?, place 2/ }).focus();
    await panel.page.keyboard.press('Alt+ArrowRight');
    await panel.page.keyboard.press('Alt+ArrowRight');
    const status = panel.page.locator('.order-pane [role="status"].visually-hidden');
    assert.equal(await status.innerText(), 'tiger moved to place 4 of 19, after out');
    assert.match(await panel.text('.locus'), /Head ?0/, 'the head stays');
    await panel.page.waitForFunction(() =>
      window.host.calls.some(({ method }) => method === 'runSide'),
    );
    const order = Array.from({ length: 19 }, (_, i) => i);
    order.splice(2, 3, 3, 4, 2);
    const slot = { model: null, text: null, slot: 'reordered' };
    assert.deepEqual(await panel.calls('runSide'), [
      { ...slot, changes: changesOf({ order: { order, positions: 'own' } }) },
    ]);
    await panel.page.getByText('Back to the text').click();
    const [from, to] = await Promise.all(
      [/^drink ?, place/, /^jumped ?, place/].map(async name => {
        const box = await line.getByRole('option', { name }).boundingBox();
        return box ?? assert.fail('no token');
      }),
    );
    await panel.page.mouse.move((from?.x ?? 0) + 10, (from?.y ?? 0) + 10);
    await panel.page.mouse.down();
    await panel.page.mouse.move((to?.x ?? 0) + 5, (to?.y ?? 0) + 10, { steps: 5 });
    await panel.page.mouse.up();
    await line.getByRole('option', { name: /^drink ?, place 3 of 19, token 11 of the/ }).waitFor();
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('special tokens keep their places; shuffles follow their seeds; Q and K are swapped', async () => {
    const panel = await openPositions('rotary');
    const names = async (): Promise<string[]> =>
      panel.page.locator('.order-token .token-text').allInnerTexts();
    const plain = await names();
    await panel.page.getByText('Reverse', { exact: true }).click();
    const back = await names();
    assert.deepEqual(back, [plain[0], ...plain.slice(1, -1).reverse(), plain.at(-1)]);
    await panel.page.getByText('Shuffle', { exact: true }).click();
    const first = await names();
    await panel.page.getByText('latest shuffle: seed 1').waitFor();
    await panel.page.getByText('Shuffle', { exact: true }).click();
    assert.notDeepEqual(await names(), first);
    assert.deepEqual([...first].sort(), [...plain].sort());
    await panel.page.getByText('Back to the text').click();
    assert.deepEqual(await names(), plain);
    await panel.page.getByRole('option', { name: /^\[CLS\].*keeps its place/ }).focus();
    await panel.page.keyboard.press('Alt+ArrowRight');
    assert.deepEqual(await names(), plain);
    await panel.page.locator('.strip .token[data-index="15"]').click();
    await panel.page.locator('.strip .token[data-index="2"]').click({ modifiers: ['Shift'] });
    await panel.page.getByText('Swap Q and K').click();
    const swapped = await names();
    assert.deepEqual([swapped[2], swapped[15]], [plain[15], plain[2]]);
    await panel.close();
  });

  it('with and without positions side by side: numbers of both, a head of the grid becomes the locus', async () => {
    const panel = await openPositions('rotary');
    await panel.page.getByRole('radio', { name: 'Both, side by side' }).click();
    await panel.page.getByText('Reverse', { exact: true }).click();
    await endRuns(panel, 3);
    const results = panel.page.locator('.order-result');
    await results.nth(1).getByText('of a token’s weight moves on average').waitFor();
    assert.deepEqual(await results.locator('h3').allInnerTexts(), [
      'With the model’s own positions',
      'With all positions equal',
    ]);
    for (const result of await results.all()) {
      await result.locator('.predictions tbody tr').nth(4).waitFor();
      assert.match(
        await result.locator('.order-sentence').innerText(),
        /most in layer \d, head \d \(\d+.%\)\. The most probable token is another one at \d+ of 19/,
      );
      assert.equal(await result.locator('.ranked').count(), 6);
    }
    const grid = results.first().getByRole('grid');
    const box = (await grid.boundingBox()) ?? assert.fail('no grid');
    await grid.click({ position: { x: (1.5 * box.width) / 4, y: (4.5 * box.height) / 6 } });
    await panel.page.waitForFunction(() =>
      /Layer\s?4\s?Head\s?1/.test(document.querySelector<HTMLElement>('.locus')?.innerText ?? ''),
    );
    await panel.screenshot('positions-both-dark');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('a run that fails says why beside everything else, and can be made again; one under way is cancelled', async () => {
    const panel = await openPositions('rotary');
    await panel.page.getByRole('radio', { name: 'All equal' }).click();
    await panel.page.waitForFunction(() =>
      window.host.calls.some(({ method }) => method === 'runSide'),
    );
    const side = (state: object): Promise<void> =>
      panel.page.evaluate(
        value =>
          window.host.emit('side', { slot: 'reorderedEqual', state: value as { kind: 'empty' } }),
        state,
      );
    await side({ kind: 'running', progress: { stage: 'running', label: 'Running 19 tokens' } });
    await panel.page.getByText('Running 19 tokens…').waitFor();
    await panel.page.locator('.order-pane').getByText('Cancel').click();
    assert.equal((await panel.calls('cancel')).length, 1);
    const message = 'The positions of this model cannot be taken away. Choose another model.';
    const error = { code: 'inputs-wrong', message };
    await side({ kind: 'failed', error, remedies: [] });
    await panel.page.getByText(message).waitFor();
    assert.ok(await pane(panel, 'Rotary (RoPE)').locator('canvas').first().isVisible());
    const asked = (await panel.calls('runSide')).length;
    await panel.page.locator('.order-pane').getByText('Run again').click();
    await panel.page.waitForFunction(
      count => window.host.calls.filter(({ method }) => method === 'runSide').length > count,
      asked,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('lets go of its runs when another view is opened', async () => {
    const panel = await openPositions('rotary');
    await panel.page.getByText('Reverse', { exact: true }).click();
    await endRuns(panel, 1);
    await panel.page.evaluate(() => document.getElementById('tab-attention')?.click());
    await panel.page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) =>
          method === 'closeSide' && (params as { slot: string }).slot === 'reordered',
      ),
    );
    await panel.close();
  });

  it('cross-attention has no positions, and the view says so', async () => {
    const panel = await openPositions('relativeBias', { capture: 'translation' });
    assert.match(await panel.text('.positions .sentence'), /^The encoder of this model adds/);
    await panel.page.getByRole('radio', { name: 'Cross' }).click();
    await panel.page.waitForFunction(() =>
      document
        .querySelector('.positions .sentence')
        ?.textContent.startsWith('Cross-attention has no positions'),
    );
    const words = pane(panel, 'Score by distance').locator('.figure-words');
    assert.match(await words.innerText(), /^Cross-attention has no positions/);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('one token of text: nothing to move, nothing to compare, no error', async () => {
    const panel = await openPositions('alibi', { capture: 'short' });
    assert.match(await panel.text('.positions .sentence'), /is at position 0/);
    assert.match(await pane(panel, 'Score by distance').innerText(), /One token has no distance/);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  // Each theme at both widths, without tables, is a test of every view.
  const cases = [
    ['learned', 1200],
    ['relativeBias', 480],
    ['none', 1200],
    ['learned', 480],
  ] as const;
  for (const [i, theme] of THEMES.entries()) {
    const [kind, width] = cases[i % cases.length] ?? cases[0];
    it(`axe-core finds nothing in ${theme}: ${kind} at ${width}, with results and tables`, async () => {
      const panel = await openPositions(kind, { theme, width });
      await panel.page.getByRole('radio', { name: 'Both, side by side' }).click();
      await panel.page.getByText('Reverse', { exact: true }).click();
      await endRuns(panel, 3);
      await panel.page.locator('.order-result .predictions').nth(1).waitFor();
      await panel.page.keyboard.press('Shift+T');
      await panel.page.locator('.order-part table').first().waitFor();
      assert.deepEqual(await accessibilityProblems(panel, 'everywhere'), [], `${kind} at ${width}`);
      const overflow = await panel.page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(overflow <= 0, `${kind} at ${width}: ${overflow} pixels too wide`);
      const small = await panel.page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('.positions button, .order-token')]
          .filter(element => element.offsetParent !== null)
          .map(element => element.getBoundingClientRect())
          .filter(({ width: wide, height }) => wide < 24 || height < 24),
      );
      assert.deepEqual(small, []);
      await panel.screenshot(`positions-${kind}-${theme}-${width}`);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }
});
