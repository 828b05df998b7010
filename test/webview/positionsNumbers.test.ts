import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { orderOf, type Change } from '../../src/protocol/change';
import type { InspectorApi } from '../../src/protocol/inspector';
import type { SideSlot } from '../../src/protocol/panel';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { closeBrowser, PanelPage } from './support/panelPage';

const TIGER = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const inspector = createInspector();

/** What the inspector answers. */
const ask = <M extends keyof InspectorApi>(
  method: M,
  params: Parameters<InspectorApi[M]>[0],
): ReturnType<InspectorApi[M]> =>
  (inspector[method] as (...all: unknown[]) => ReturnType<InspectorApi[M]>)(
    params,
    () => undefined,
    NEVER_CANCELLED,
  );

/** A number as tables write it. */
const decimal = (value: number, digits: number): string =>
  value
    .toFixed(digits)
    .replace('-', '−')
    .replace(/^−(0\.0+)$/, '$1');

/** The Positions view on a run of a real model. */
async function open(
  model: string,
  text: string,
): Promise<{ readonly panel: PanelPage; readonly summary: CaptureSummary }> {
  const params = { model: resolve('models', model), text, maximumTokens: 512 };
  const summary = await ask('inspect', params);
  const panel = await PanelPage.open({ capture: 'bridge', inspector, height: 1300 });
  await panel.page.evaluate(run => window.host.showRun(run), summary);
  await panel.ready(summary.id);
  await panel.page.evaluate(() => document.getElementById('tab-positions')?.click());
  await panel.page.locator('.scheme-tag.own').waitFor();
  await panel.page.keyboard.press('Shift+T');
  await panel.page.locator('.figure-pane table').first().waitFor();
  return { panel, summary };
}

const rowsOf = async (panel: PanelPage, name: string): Promise<string[][]> => {
  const table = panel.page.getByRole('region', { name, exact: true }).locator('tbody').first();
  const rows = await table.locator('tr').all();
  return Promise.all(rows.map(row => row.locator('th, td').allInnerTexts()));
};

/** Makes the runs that the view asks for. */
async function runSides(panel: PanelPage, model: string, text: string, count: number) {
  await panel.page.waitForFunction(
    wanted => window.host.calls.filter(({ method }) => method === 'runSide').length >= wanted,
    count,
  );
  const captures = new Map<SideSlot, CaptureSummary>();
  for (const call of await panel.calls('runSide')) {
    const { slot, changes } = call as { slot: SideSlot; changes: Change[] };
    const params = { model: resolve('models', model), text, maximumTokens: 512, changes };
    const capture = await ask('inspect', params);
    captures.set(slot, capture);
    await panel.page.evaluate(
      ([where, run]) =>
        window.host.emit('side', {
          slot: where,
          state: { kind: 'ready', capture: run, stale: false },
        }),
      [slot, capture] as const,
    );
  }
  return captures;
}

/** Where the panel stands, as the host was told. */
async function locusOf(panel: PanelPage) {
  const state = await panel.page.evaluate(() => window.host.saved);
  return (state as { locus: { layer: number; head: number; query: number; key: number } }).locus;
}

describe('positions on screen and in the inspector’s answers', function () {
  this.timeout(300_000);
  after(closeBrowser);

  for (const model of ['encoder', 'decoder']) {
    it(`${model}: every pair’s angles; scores by distance`, async () => {
      const { panel, summary } = await open(model, TIGER);
      const stack = model as 'encoder' | 'decoder';
      const { query, key, layer, head } = await locusOf(panel);
      const { scheme } = await ask('positions', { capture: summary.id, stack });
      assert.ok(scheme.kind === 'rotary');
      const rows = await rowsOf(panel, 'Rotary (RoPE)');
      assert.equal(rows.length, scheme.frequencies.length);
      scheme.frequencies.forEach((turn, pair) =>
        assert.deepEqual(rows[pair], [
          String(pair),
          turn.toPrecision(5),
          decimal(turn * query, 4),
          decimal(turn * key, 4),
          decimal(Math.cos(turn * (key - query)), 4),
        ]),
      );
      const facts = await panel.text('.facts-line');
      assert.match(facts, /^base 10,000 · 32 of 32 dimensions of a head are rotated/);
      const params = { capture: summary.id, stack, kind: 'self', layer, head } as const;
      const scores = await ask('distanceScores', params);
      const shown = await rowsOf(panel, 'Score by distance');
      const known = [...scores.pairs.keys()].filter(i => (scores.pairs[i] ?? 0) > 0);
      assert.equal(shown.length, known.length);
      known.forEach((i, row) =>
        assert.deepEqual(shown[row], [
          decimal(scores.firstDistance + i, 0),
          String(scores.pairs[i]),
          decimal(scores.withPosition[i] ?? NaN, 4),
          decimal(scores.withoutPosition[i] ?? NaN, 4),
        ]),
      );
      const words = panel.page.getByRole('region', { name: 'Score by distance' });
      assert.equal(await words.locator('.figure-words').innerText(), scores.method);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    });
  }

  it('encoder–decoder: the bias of every head, the stack of the locus', async () => {
    const { panel, summary } = await open('encoder-decoder', TIGER);
    const { scheme, notes } = await ask('positions', { capture: summary.id, stack: 'encoder' });
    assert.ok(scheme.kind === 'relativeBias');
    assert.equal(await panel.text('.position-notes'), notes.join(' '));
    const { query, key } = await locusOf(panel);
    const columns = scheme.bias.length / scheme.heads;
    const at = (head: number, offset: number): string =>
      decimal(scheme.bias[head * columns + offset - scheme.firstDistance] ?? NaN, 4);
    const rows = await rowsOf(panel, 'Relative bias (T5)');
    assert.equal(rows.length, scheme.heads);
    rows.forEach((row, head) =>
      assert.deepEqual(row, [`H${head}`, at(head, key - query), at(head, 0)]),
    );
    await panel.page.getByRole('radio', { name: 'Decoder' }).click();
    await panel.page.waitForFunction(() =>
      document
        .querySelector('.positions .sentence')
        ?.textContent.startsWith('The decoder of this model adds a learned bias'),
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('“I am happy”, “am I happy”: the order matters, and without positions it does not', async () => {
    const text = 'I am happy';
    const { panel, summary } = await open('encoder', text);
    await panel.page.getByRole('radio', { name: 'Both, side by side' }).click();
    await panel.page.getByRole('option', { name: /^am ?, place 2/ }).focus();
    await panel.page.keyboard.press('Alt+ArrowLeft');
    const sides = await runSides(panel, 'encoder', text, 3);
    const results = panel.page.locator('.order-result');
    await results.nth(1).getByText('No weight moves: every').waitFor();
    assert.equal(
      await results.nth(1).locator('.order-sentence').innerText(),
      'No weight moves: every token attends to the same tokens. The output stays the same at every token.',
    );
    const block = { stack: 'encoder', kind: 'self' } as const;
    const after = sides.get('reordered') ?? assert.fail('no run');
    const effect = await ask('orderEffect', { before: summary.id, after: after.id, block });
    const percent = (share: number): string => `${Math.round(share * 100)} %`;
    const mean = effect.moved.reduce((sum, share) => sum + share, 0) / effect.moved.length;
    const sentence = (await results.first().locator('.order-sentence').innerText()).replaceAll(
      '\u202f',
      ' ',
    );
    assert.ok(mean > 0.1 && sentence.startsWith(`${percent(mean)} of a token’s weight`), sentence);
    const ranked = [...effect.moved.keys()]
      .sort((a, b) => (effect.moved[b] ?? 0) - (effect.moved[a] ?? 0))
      .slice(0, 10)
      .map(i => [
        `L${Math.floor(i / effect.heads)}H${i % effect.heads}`,
        decimal(effect.moved[i] ?? NaN, 3).replace(/^0/, ''),
      ]);
    const tables = results.first().locator('.order-part');
    const read = async (place: number): Promise<string[][]> => {
      const rows = await tables.nth(place).locator('tbody tr').all();
      return Promise.all(rows.map(row => row.locator('th, td').allInnerTexts()));
    };
    assert.deepEqual(await read(0), ranked);
    const kl = new Map((await read(1)).map(([, token = '', nats = '']) => [token, nats]));
    effect.kl?.forEach((value, token) =>
      assert.ok(kl.get(String(token))?.startsWith(decimal(value, 3).replace(/^0/, ''))),
    );
    const { query } = await locusOf(panel);
    const place = orderOf(after)?.order?.indexOf(query) ?? -1;
    const lists = await Promise.all([
      ask('predictions', { capture: summary.id, token: query, count: 5 }),
      ask('predictions', { capture: after.id, token: place, count: 5 }),
    ]);
    const cells = await results
      .first()
      .locator('.predictions tbody tr')
      .first()
      .locator('td')
      .allInnerTexts();
    assert.deepEqual(
      [cells[0], cells[2]],
      lists.map(({ best }) => best[0]?.text),
    );
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
