import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { queryTokens } from '../../src/webview/reading/capture';
import { openingLocus } from '../../src/webview/app/locus';
import { openingPlace, strikingPair } from '../../src/webview/app/openingPair';
import { weightCode } from '../../src/protocol/weightCode';
import { closeBrowser, PanelPage } from './support/panelPage';
import { tokensOf } from './support/recipes';

const TIGER = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });

const inspect = (model: string, text: string): Promise<CaptureSummary> =>
  inspector.inspect(
    { model: resolve('models', model), text, maximumTokens: 512 },
    () => undefined,
    NEVER_CANCELLED,
  );

/** Where a capture opens: `L4H3 it → tiger`, and the weight there. */
async function opened(capture: CaptureSummary): Promise<{ place: string; weight: number }> {
  const end = [() => undefined, NEVER_CANCELLED] as const;
  const of = { capture: capture.id };
  const locus = await openingPlace(capture, {
    overview: async ({ block }) => inspector.overview({ ...of, block }, ...end),
    map: async ({ block, layer, head }) => inspector.map({ ...of, block, layer, head }, ...end),
  });
  if (!locus) throw new Error('It opens nowhere.');
  const { block, layer, head, query, key } = locus;
  const tokens = queryTokens(capture, block);
  const text = (token: number | null) => tokens[token ?? -1]?.text.trim() ?? 'no key';
  const row = await inspector.row({ ...of, block, layer, head, query }, ...end);
  return {
    place: `L${layer}H${head} ${text(query)} → ${text(key)}`,
    weight: row.weights[key ?? -1] ?? NaN,
  };
}

describe('first place of a new text', function () {
  this.timeout(300_000);
  after(closeBrowser);

  for (const [model, text, place, least] of [
    ['encoder', TIGER, 'L4H3 it → tiger', 0.9],
    ['encoder', 'The teacher near the boy is tired.', 'L4H1 tired → teacher', 0.9],
    ['decoder', TIGER, 'L5H2 because → tiger', 0.9],
    ['decoder', 'The keys are on the table.', 'L5H2 table → keys', 0.7],
    ['encoder-decoder', 'The cat on sat the mat.', 'L3H1 sat → cat', 0.9],
  ] as const) {
    it(`${model}: ${text} opens at ${place}`, async () => {
      const found = await opened(await inspect(model, text));
      assert.equal(found.place, place);
      assert.ok(found.weight > least, String(found.weight));
    });
  }

  it('is found in texts that are longer than the small pictures', async () => {
    const long = await inspect('encoder', Array.from({ length: 6 }, () => TIGER).join(' '));
    assert.ok((long.tokens.encoder?.length ?? 0) > 64);
    const found = await opened(long);
    assert.match(found.place, /^L\dH\d \p{L}+ → \p{L}+$/u);
    assert.ok(found.weight > 0.3, `${found.place} ${found.weight}`);
  });

  it('is the last word where no pair stands out', async () => {
    const plain = await inspect('encoder', '# Seed');
    assert.match((await opened(plain)).place, / Seed → no key$/);
  });

  it('leaves out neighbours, signs, pieces of words, copies and the first word', () => {
    const tokens = tokensOf('[CLS] one two three four five , six ##ty two [SEP]'.split(' '));
    const size = tokens.length;
    const only = (query: number, key: number): string => {
      const codes = new Uint8Array(size * size).fill(weightCode(0.1 / size));
      codes[query * size + key] = weightCode(0.9);
      const pair = strikingPair({ codes, rows: size, columns: size }, tokens);
      return pair ? `${pair.query} ${pair.key}` : 'none';
    };
    assert.equal(only(5, 2), '5 2');
    for (const [query, key] of [
      [4, 3],
      [5, 5],
      [5, 6],
      [5, 7],
      [5, 8],
      [9, 2],
      [5, 1],
      [5, 0],
      [10, 3],
    ] as const) {
      assert.equal(only(query, key), 'none', `${query} ${key}`);
    }
  });

  it('leaves out what a head does everywhere', () => {
    const tokens = tokensOf('[CLS] one two three four five six seven eight [SEP]'.split(' '));
    const size = tokens.length;
    const everywhere = (keyOf: (query: number) => number) => {
      const codes = new Uint8Array(size * size).fill(weightCode(0.1 / size));
      for (let query = 0; query < size; query++) {
        const key = keyOf(query);
        if (key >= 0 && key < size) codes[query * size + key] = weightCode(0.9);
      }
      return strikingPair({ codes, rows: size, columns: size }, tokens);
    };
    assert.equal(
      everywhere(query => query - 3),
      null,
    );
    assert.equal(
      everywhere(() => 4),
      null,
    );
  });

  it('is on show in the panel, and again with another text until people choose', async () => {
    const panel = await PanelPage.open({ capture: 'bridge', inspector });
    const show = async (text: string): Promise<void> => {
      const summary = await inspect('encoder', text);
      await panel.page.evaluate(run => window.host.showRun(run), summary);
      await panel.ready(summary.id);
    };
    const locus = async (): Promise<string> => (await panel.text('.locus')).replace(/[>›]/g, '');
    await show(TIGER);
    assert.match(await locus(), /Layer 4 Head 3 .*it 13 .*tiger 2 .9/);
    await show('The teacher near the boy is tired.');
    assert.match(await locus(), /Layer 4 Head 1 .*tired 7 .*teacher 2/);
    await panel.page.locator('.head-cell[data-layer="2"][data-head="0"]').click();
    await show(TIGER);
    assert.match(await locus(), /Layer 2 Head 0 .*thirsty 15/);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('begins from the last word where nothing is known of the weights', async () => {
    const capture = await inspect('encoder', TIGER);
    const lost = () => Promise.reject(new Error('gone'));
    assert.deepEqual(
      await openingPlace(capture, { overview: lost, map: lost }),
      openingLocus(capture),
    );
  });
});
