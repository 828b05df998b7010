import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { changesOf, type MaskChange } from '../../src/protocol/change';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { pixel, written } from './support/reading';
import { changedRecipe, decoderTokens, openMasking } from './support/sides';

const ENCODER = { stack: 'encoder', kind: 'self' } as const;
const DECODER = { stack: 'decoder', kind: 'self' } as const;
const COLUMNS = { A: 'This run', B: 'Another run', C: 'Changed mask' } as const;

const column = ({ page }: PanelPage, name: keyof typeof COLUMNS): Locator =>
  page.getByRole('region', { name: COLUMNS[name] });

/** Points at a cell of a column's map. */
async function pointAt(grid: Locator, row: number, key: number): Promise<void> {
  const box = (await grid.boundingBox()) ?? assert.fail('no map');
  const [rows, columns] = await Promise.all(
    ['aria-rowcount', 'aria-colcount'].map(async name => Number(await grid.getAttribute(name))),
  );
  const position = {
    x: ((key + 0.4) * box.width) / (columns ?? 1),
    y: ((row + 0.4) * box.height) / (rows ?? 1),
  };
  await grid.hover({ position });
}

/** The weight that a synthetic capture has at layer 3, head 0. */
const weightOf = (panel: PanelPage, id: string, block: object, query: number, key: number) =>
  panel.page.evaluate(
    ([capture, where, row, cell]) => {
      const { weights, allowed } = window.host
        .known(capture)
        .row(where as { stack: 'encoder'; kind: 'self' }, 3, 0, row);
      return allowed[cell] === 1 ? (weights[cell] ?? NaN) : null;
    },
    [id, block, query, key] as const,
  );

/** Waits for a text that matches, white space collapsed. */
const waitForText = ({ page }: PanelPage, selector: string, pattern: RegExp): Promise<unknown> =>
  page.waitForFunction(
    ([where, source]) =>
      new RegExp(source).test(
        document.querySelector<HTMLElement>(where)?.innerText.replace(/\s+/g, ' ').trim() ?? '',
      ),
    [selector, pattern.source] as const,
  );

const escaped = (text: string): string => text.replace(/[.+]/g, '\\$&');

describe('masking view', () => {
  after(closeBrowser);

  it('shows three runs, with nothing refused, requested or logged', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    const titles = await panel.page.locator('.mask-column h2').allInnerTexts();
    assert.deepEqual(titles, [
      'A · Encoder, bidirectional',
      'B · Decoder, causal',
      'C · Encoder with a causal mask imposed',
    ]);
    assert.match(
      await panel.text('.masking .sentence'),
      /^A \(encoder\) lets thirst read \S+, which comes later \(.+\)\. B \(decoder\) masks every key after ·thirsty\.; there its weight goes to .+ \(.+\)\. With a causal mask imposed, .+ of the weight of thirst moved, and the most probable token /,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.screenshot('masking-dark');
    await panel.close();
  });

  it('shows the numbers of the data: 50 pairs in all three runs', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    const grid = column(panel, 'A').locator('.map-grid');
    const others = decoderTokens();
    const tokens = await panel.page.evaluate(
      () => window.host.capture('encoder').summary.tokens.encoder ?? [],
    );
    const inOther = (index: number): number => {
      const token = tokens[index];
      if (!token || token.special) return -1;
      return others.findIndex(
        one => !one.special && one.start <= token.start && token.start < one.end,
      );
    };
    for (let i = 0; i < 50; i++) {
      const [query, key] = [(i * 7 + 1) % 19, (i * 11 + 3) % 19];
      const a = await weightOf(panel, 'encoder-1', ENCODER, query, key);
      const c = await weightOf(panel, 'changed-1', ENCODER, query, key);
      const [row, cell] = [inOther(query), inOther(key)];
      const isInB = row >= 0 && cell >= 0;
      const b = isInB ? await weightOf(panel, 'other-1', DECODER, row, cell) : null;
      const say = (weight: number | null) => (weight === null ? 'masked' : written(weight));
      const change = (c ?? 0) - (a ?? 0);
      const sign = change > 0 ? '+' : change < -0.0005 ? '−' : '';
      const parts = [
        ` ${query} → .+ ${key}`,
        ` ?A ${escaped(say(a))}`,
        isInB ? ` ?B ${escaped(say(b))}` : '',
        ` ?C ${escaped(say(c))}`,
        ` ?C − A ${escaped(sign + written(Math.abs(change)))}`,
      ];
      await pointAt(grid, query, key);
      await waitForText(panel, '.mask-read-out', new RegExp(`${parts.join('')}$`));
    }
    await panel.close();
  });

  it('gives one weight the colour that it has in the Attention view', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    const shown = async (selector: string) => {
      const box = (await panel.page.locator(selector).first().boundingBox()) ?? assert.fail();
      return pixel(panel, selector, (14.4 * box.width) / 19, (15.4 * box.height) / 19);
    };
    const attention = await shown('.map-cells');
    await openMasking(panel);
    assert.equal(await shown('[aria-label="This run"] .map-cells'), attention);
    await panel.close();
  });

  it('colours what was lost and gained, and prints the limit of the colours', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    const cell = async (row: number, key: number): Promise<readonly number[]> => {
      const selector = '[aria-label="Changed mask"] .map-cells';
      const box = (await panel.page.locator(selector).boundingBox()) ?? assert.fail();
      const [x, y] = [((key + 0.4) * box.width) / 19, ((row + 0.4) * box.height) / 19];
      return (await pixel(panel, selector, x, y)).split(',').map(Number);
    };
    const [lostRed = 0, , lostBlue = 0] = await cell(0, 5);
    const [gainedRed = 0, , gainedBlue = 0] = await cell(0, 0);
    assert.ok(lostRed > lostBlue, 'lost is coral');
    assert.ok(gainedBlue > gainedRed, 'gained is blue');
    const limit = await panel.page.evaluate(() => {
      let most = 0;
      for (let query = 0; query < 19; query++) {
        const row = (id: string) =>
          window.host.known(id).row({ stack: 'encoder', kind: 'self' }, 3, 0, query).weights;
        const [before, after] = [row('encoder-1'), row('changed-1')];
        before.forEach((weight, key) => {
          most = Math.max(most, Math.abs((after[key] ?? 0) - weight));
        });
      }
      return most;
    });
    const most = written(limit).slice(0, 1) + limit.toFixed(2).slice(2);
    const legend = await column(panel, 'C').locator('.legend').innerText();
    assert.equal(legend.replace(/\s+/g, ' ').trim(), `lost gained weight, −${most} to ${most}`);
    await panel.page.getByText('Show difference').click();
    await column(panel, 'C').getByText('masked, not computed').waitFor();
    const kinds = await pixel(panel, '[aria-label="Changed mask"] .map-cells', 100, 3);
    assert.ok(kinds === 'none' || new Set(kinds.split(',')).size === 1, 'hatched, not coloured');
    await panel.close();
  });

  it('reads every chart as a table with the numbers of the data', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    await panel.page.keyboard.press('Shift+T');
    const rowsOf = async (table: Locator) =>
      (await table.locator('tbody tr').allInnerTexts()).map(row => row.split('\t'));
    await column(panel, 'C').locator('tbody tr').first().waitFor();
    for (const [, token = '', weight] of await rowsOf(column(panel, 'A').locator('table'))) {
      const found = await weightOf(panel, 'encoder-1', ENCODER, 15, Number(token));
      assert.equal(weight, written(found ?? NaN));
    }
    const changes = await rowsOf(column(panel, 'C').locator('table'));
    assert.equal(changes.length, 10);
    for (const [, token = '', before, after] of changes) {
      const a = await weightOf(panel, 'encoder-1', ENCODER, 15, Number(token));
      const c = await weightOf(panel, 'changed-1', ENCODER, 15, Number(token));
      assert.deepEqual([before, after], [written(a ?? 0), written(c ?? 0)]);
    }
    const sections = ['Where attention goes, % per layer', 'Queries that change most'];
    for (const name of sections) {
      const rows = await rowsOf(panel.page.getByRole('region', { name }).locator('table'));
      assert.ok(rows.length >= 6, name);
    }
    await panel.close();
  });

  it('shows shares that add up, and goes to the layer that is clicked', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    const names = await panel.page
      .getByRole('region', { name: 'Where attention goes in B' })
      .locator('.share-words')
      .allTextContents();
    assert.equal(names.length, 6);
    for (const name of names) {
      const parts = [...name.matchAll(/(\d+)\u202f%/g)].map(match => Number(match[1]));
      const sum = parts.reduce((all, part) => all + part, 0);
      assert.ok(Math.abs(sum - 100) <= 2, name);
      assert.match(name, /future keys 0/, 'a causal decoder has no future');
    }
    await panel.page
      .getByRole('button', { name: /^L1 past keys/ })
      .first()
      .click();
    await waitForText(panel, '.locus', /^Layer ?1 /);
    assert.equal(await panel.page.locator('.share-row.here').count(), 2);
    await panel.close();
  });

  it('ranks the queries by the weight that moved, and goes to the one that is clicked', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    const moved = await panel.page.evaluate(() => {
      const row = (id: string, query: number) =>
        window.host.known(id).row({ stack: 'encoder', kind: 'self' }, 3, 0, query).weights;
      const all = Array.from({ length: 19 }, (_, query) => {
        const [before, after] = [row('encoder-1', query), row('changed-1', query)];
        const sum = before.reduce(
          (most, weight, key) => most + Math.abs((after[key] ?? 0) - weight),
          0,
        );
        return { query, moved: sum / 2 };
      });
      return all.sort((a, b) => b.moved - a.moved).slice(0, 6);
    });
    const region = panel.page.getByRole('region', { name: 'Queries that change most' });
    const shown = await region.locator('.ranked').allInnerTexts();
    assert.deepEqual(
      shown.map(row => row.split(/\s+/).slice(-2)),
      moved.map(({ query, moved: share }) => [String(query), share.toFixed(2).replace(/^0/, '')]),
    );
    await region.locator('.ranked').nth(2).click();
    await panel.page.waitForSelector(
      `.strip .token.is-query[data-index="${moved[2]?.query ?? -1}"]`,
    );
    await panel.close();
  });

  it('tells how far the output moves and what is predicted before and after', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel);
    const region = panel.page.getByRole('region', { name: 'What the output does' });
    assert.equal(await region.locator('.ranked').count(), 6);
    assert.match(await region.locator('caption').innerText(), /^Most probable token at thirst/);
    assert.equal(await region.locator('.predictions tbody tr').count(), 5);
    const values = await region.locator('.ranked .number').allInnerTexts();
    const numbers = values.map(Number);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => b - a),
    );
    await panel.close();
  });

  it('asks for the runs that it shows, and lets go of them when it is left', async () => {
    const panel = await PanelPage.open();
    assert.deepEqual(await panel.calls('runSide'), []);
    await panel.page.keyboard.press('c');
    await panel.page.waitForFunction(
      () => window.host.calls.filter(({ method }) => method === 'runSide').length === 2,
    );
    assert.deepEqual(await panel.calls('runSide'), [
      { slot: 'other', model: 'decoder', text: null, changes: [] },
      {
        slot: 'changed',
        model: null,
        text: null,
        changes: changesOf({ mask: { kind: 'causal' } }),
      },
    ]);
    await panel.page.getByRole('tab', { name: 'Attention' }).click();
    await panel.page.waitForFunction(
      () => window.host.calls.filter(({ method }) => method === 'closeSide').length === 2,
    );
    await panel.close();
  });

  it('lifts the mask of a causal model, and stands an encoder beside it', async () => {
    const panel = await PanelPage.open({ capture: 'decoder' });
    await panel.page.keyboard.press('c');
    await panel.page.waitForFunction(
      () => window.host.calls.filter(({ method }) => method === 'runSide').length === 2,
    );
    assert.deepEqual(await panel.calls('runSide'), [
      { slot: 'other', model: 'encoder', text: null, changes: [] },
      {
        slot: 'changed',
        model: null,
        text: null,
        changes: changesOf({ mask: { kind: 'bidirectional' } }),
      },
    ]);
    await waitForText(
      panel,
      '[aria-label="Changed mask"] h2',
      /^C · Decoder with the mask lifted$/,
    );
    await panel.close();
  });

  it('runs with every mask and any model and text that is chosen', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    const { page } = panel;
    await openMasking(panel);
    const latest = async () => (await panel.calls('runSide')).at(-1);
    const choose = async (control: string, option: string | RegExp) => {
      await page.locator(`vscode-dropdown[aria-label="${control}"]`).click();
      await page.getByRole('option', { name: option }).locator('visible=true').click();
    };
    const change = (mask: MaskChange) => ({
      slot: 'changed',
      model: null,
      text: null,
      changes: changesOf({ mask }),
    });
    await choose('Mask', 'Impose a window');
    await page.getByLabel('Keys back').fill('5');
    await page.getByLabel('Keys back').press('Enter');
    await page.getByLabel('Keys ahead').fill('-3');
    await page.getByLabel('Keys ahead').press('Enter');
    assert.deepEqual(await latest(), change({ kind: 'window', before: 5, after: 0 }));
    await choose('Mask', 'Pad on the left');
    await page.getByLabel('Padding tokens').fill('9');
    await page.getByLabel('Padding tokens').press('Enter');
    await page.getByText('Leave visible').click();
    const padding = { kind: 'padding', side: 'left', count: 9, unmasked: true } as const;
    assert.deepEqual(await latest(), change(padding));
    await choose('Mask', 'Pad on the right');
    assert.deepEqual(await latest(), change({ kind: 'padding', side: 'right', count: 4 }));
    await choose('Mask', 'Lift the mask');
    assert.deepEqual(await latest(), change({ kind: 'bidirectional' }));
    await page.getByLabel('Run with this mask').uncheck();
    assert.deepEqual(await panel.calls('closeSide'), [{ slot: 'changed' }]);
    await choose('Model of the other run', 'Same model');
    await page.getByLabel('Text of the other run').fill('another text');
    await page.getByLabel('Text of the other run').press('Enter');
    const other = { slot: 'other', model: null, text: 'another text', changes: [] };
    assert.deepEqual(await latest(), other);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('lays padding in front aside: rows stay those of the text, the padding’s columns are drawn', async () => {
    const panel = await PanelPage.open({ height: 1300 });
    await openMasking(panel, 'encoder', { kind: 'padding', side: 'left', count: 4 });
    const grid = column(panel, 'C').locator('.map-grid');
    assert.equal(await grid.getAttribute('aria-rowcount'), '19');
    assert.equal(await grid.getAttribute('aria-colcount'), '23');
    await pointAt(column(panel, 'A').locator('.map-grid'), 6, 2);
    const after = await weightOf(panel, 'changed-1', ENCODER, 10, 6);
    await waitForText(panel, '.mask-read-out', new RegExp(`C ${escaped(written(after ?? NaN))} `));
    await panel.page.getByText('Show difference').click();
    await panel.page.waitForSelector('[aria-label="Changed mask"] [aria-rowcount="23"]');
    await pointAt(grid, 10, 6);
    await waitForText(panel, '.mask-read-out', / 6 → .+ 2 /);
    await panel.close();
  });

  it('says what failed where it failed, and runs that again', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await openMasking(panel);
    await page.evaluate(() =>
      window.host.emit('side', {
        slot: 'changed',
        state: {
          kind: 'failed',
          error: { code: 'inputs-wrong', message: 'This model has no mask to lift.' },
          remedies: [],
        },
      }),
    );
    const changed = column(panel, 'C');
    await changed.getByText('This model has no mask to lift.').waitFor();
    assert.equal(await changed.locator('.map-grid').isVisible(), false);
    assert.equal(await column(panel, 'A').locator('.map-grid').isVisible(), true);
    const before = (await panel.calls('runSide')).length;
    await changed.getByText('Run again').click();
    await page.waitForFunction(
      count => window.host.calls.filter(({ method }) => method === 'runSide').length === count,
      before + 1,
    );
    await page.evaluate(() =>
      window.host.emit('side', {
        slot: 'changed',
        state: { kind: 'running', progress: { stage: 'running', label: 'Running 19 tokens' } },
      }),
    );
    await changed.getByText('Running 19 tokens…').waitFor();
    await changed.getByText('Cancel').click();
    await page.waitForFunction(() => window.host.calls.some(({ method }) => method === 'cancel'));
    await panel.close();
  });

  it('keeps the picture, dimmed, while its run is made again', async () => {
    const panel = await PanelPage.open();
    await openMasking(panel);
    const picture = column(panel, 'C').locator('.mask-picture');
    assert.doesNotMatch((await picture.getAttribute('class')) ?? '', /pending/);
    await panel.page.evaluate(() =>
      window.host.emit('side', {
        slot: 'changed',
        state: { kind: 'running', progress: { stage: 'loading', label: 'Opening the model' } },
      }),
    );
    await panel.page.waitForSelector('[aria-label="Changed mask"] .mask-picture.pending canvas');
    await panel.page.evaluate(
      recipe => window.host.showSide('changed', recipe),
      changedRecipe('encoder', { kind: 'causal' }, 'changed-2'),
    );
    await panel.page.waitForSelector('[aria-label="Changed mask"] .mask-picture:not(.pending)');
    await panel.close();
  });

  it('is worked by keys alone', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await openMasking(panel);
    const grid = column(panel, 'C').locator('.map-grid');
    await grid.focus();
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowRight');
    await waitForText(panel, '.mask-read-out', /^\[CLS\] 0 → the 1 /);
    const cell = grid.locator('.map-cell');
    assert.match(
      (await cell.getAttribute('aria-label')) ?? '',
      /^\[CLS\] to the(, weight \.\d+ before, \.000 after)?$/,
    );
    await page.keyboard.press('Enter');
    await page.waitForSelector('.strip .token.is-query[data-index="0"]');
    await column(panel, 'B').locator('.map-grid').focus();
    await page.keyboard.press('Control+End');
    await waitForText(panel, '.mask-read-out', /^thirst 15 → thirst 15 /);
    await page.getByLabel('Run with this mask').focus();
    await page.keyboard.press('Space');
    assert.deepEqual(await panel.calls('closeSide'), [{ slot: 'changed' }]);
    await page.getByRole('radio', { name: 'Head', exact: true }).first().focus();
    await page.keyboard.press('ArrowRight');
    await waitForText(panel, '.locus', / mean /);
    await panel.close();
  });

  it('falls back to the head for what only one run has, and says so', async () => {
    const panel = await PanelPage.open();
    await openMasking(panel);
    for (let i = 0; i < 3; i++) await panel.page.keyboard.press('a');
    await column(panel, 'A').getByText('Rollout is not compared between runs: head 0').waitFor();
    const weight = await weightOf(panel, 'encoder-1', ENCODER, 15, 14);
    await pointAt(column(panel, 'A').locator('.map-grid'), 15, 14);
    await waitForText(panel, '.mask-read-out', new RegExp(` A ${escaped(written(weight ?? 0))} `));
    await panel.close();
  });

  it('shows the three kinds of attention of an encoder–decoder model', async () => {
    const panel = await PanelPage.open({ capture: 'translation', height: 1700 });
    await openMasking(panel, 'translation');
    const section = panel.page.getByRole('region', { name: 'Encoder–decoder' });
    const cross = section.getByRole('region', { name: 'Cross-attention' });
    await cross.locator('.map-grid').waitFor();
    assert.deepEqual(
      [
        await cross.locator('.map-grid').getAttribute('aria-rowcount'),
        await cross.locator('.map-grid').getAttribute('aria-colcount'),
      ],
      ['6', '19'],
    );
    const rows = await cross.locator('.query-label').allTextContents();
    assert.ok(
      rows.every(row => row.startsWith('#')),
      'rows are predictions',
    );
    await pointAt(cross.locator('.map-grid'), 2, 4);
    await cross.locator('.map-grid').click({ position: { x: 5, y: 5 } });
    await panel.page.waitForSelector('[role="radio"][aria-checked="true"]:has-text("Cross")');
    await panel.page.getByText('Cross-attention reads another sequence').first().waitFor();
    assert.match(
      await panel.text('.masking .sentence'),
      /may attend to every key of the encoder; its weight goes to/,
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.screenshot('masking-translation-dark');
    await panel.close();
  });

  it('tells other pages where it stands, and follows them without an echo', async () => {
    const panel = await PanelPage.open();
    await panel.page.keyboard.press('Alt+ArrowUp');
    await panel.page.waitForFunction(() =>
      window.host.calls.some(({ method }) => method === 'shareLocus'),
    );
    const [first] = (await panel.calls('shareLocus')) as { capture: string; layer: number }[];
    assert.deepEqual([first?.capture, first?.layer], ['encoder-1', 2]);
    const sent = (await panel.calls('shareLocus')).length;
    const locus = {
      block: ENCODER,
      layer: 5,
      head: 1,
      aggregate: 'head',
      query: 3,
      key: 4,
    } as const;
    await panel.page.evaluate(value => {
      window.host.emit('locus', { ...value, capture: 'another' });
      window.host.emit('locus', { ...value, capture: 'encoder-1' });
    }, locus);
    await waitForText(panel, '.locus', /^Layer ?5 Head ?1 /);
    assert.equal((await panel.calls('shareLocus')).length, sent);
    await panel.close();
  });

  for (const [width, alone] of [
    [900, false],
    [480, false],
    [300, true],
  ] as const) {
    it(`fits ${width} pixels${alone ? ' on its own in a side bar' : ''}`, async () => {
      const panel = await PanelPage.open({ width, alone });
      await openMasking(panel);
      const overflow = await panel.page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overflow, 0);
      if (alone) {
        assert.equal(await panel.page.locator('.strip').count(), 0);
        assert.equal(await panel.page.locator('.tab').first().isVisible(), false);
      }
      assert.deepEqual(await panel.allProblems(), []);
      await panel.screenshot(`masking-${alone ? 'alone' : 'dark'}-${width}`);
      await panel.close();
    });
  }

  for (const theme of THEMES) {
    it(`axe-core finds nothing in ${theme}`, async () => {
      const panel = await PanelPage.open({ theme, capture: 'translation', reducedMotion: true });
      await openMasking(panel, 'translation');
      await panel.page.keyboard.press('Shift+T');
      await panel.page.locator('table').nth(3).waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      assert.equal(await panel.page.evaluate(() => document.getAnimations().length), 0);
      await panel.screenshot(`masking-tables-${theme}`);
      await panel.close();
    });
  }

  it('axe-core finds nothing in a side bar with a failure', async () => {
    const panel = await PanelPage.open({ width: 300, alone: true });
    await openMasking(panel);
    await panel.page.evaluate(() =>
      window.host.emit('side', {
        slot: 'other',
        state: {
          kind: 'failed',
          error: { code: 'model-missing', message: 'There is no model. Choose another one.' },
          remedies: [],
        },
      }),
    );
    await panel.page.getByText('There is no model. Choose another one.').waitFor();
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.close();
  });
});
