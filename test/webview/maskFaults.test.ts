import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { createInspector } from '../../src/inspector/inspector';
import type { CaptureSummary } from '../../src/protocol/capture';
import { changesOf, type MaskChange } from '../../src/protocol/change';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';

const TEXT = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const END = [() => undefined, NEVER_CANCELLED] as const;
const SELF = { stack: 'encoder', kind: 'self' } as const;

describe('masks that do not do their work', function () {
  this.timeout(300_000);
  const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });
  const inspect = (mask?: MaskChange, text = TEXT): Promise<CaptureSummary> =>
    inspector.inspect(
      { model: resolve('models/encoder'), text, maximumTokens: 512, changes: changesOf({ mask }) },
      ...END,
    );
  let main: CaptureSummary;

  before(async () => {
    main = await inspect();
  });
  after(closeBrowser);

  /** The Masking view with a run of changed mask, and what it says. */
  async function open(
    changed: CaptureSummary,
    options: Parameters<typeof PanelPage.open>[0] = {},
  ): Promise<PanelPage> {
    const panel = await PanelPage.open({ capture: 'bridge', inspector, height: 1100, ...options });
    await panel.page.evaluate(run => window.host.showRun(run), main);
    await panel.ready(main.id);
    await panel.page.locator('#tab-masking').click();
    await panel.page.evaluate(
      capture =>
        window.host.emit('side', {
          slot: 'changed',
          state: { kind: 'ready', capture, stale: false },
        }),
      changed,
    );
    await panel.page.locator('.masking .sentence', { hasText: 'With 4 padding' }).waitFor();
    return panel;
  }
  const hidden = { kind: 'padding', side: 'right', count: 4 } as const;

  /** A model that ignores the mask makes the numbers of one that was given none. */
  async function ignoring(): Promise<CaptureSummary> {
    const visible = await inspect({ ...hidden, unmasked: true });
    return { ...visible, changes: changesOf({ mask: hidden }) };
  }

  it('a model that hides its padding: its columns are hatched, nothing moves', async () => {
    const panel = await open(await inspect(hidden));
    const words = await panel.text('.masking .sentence');
    assert.match(words, /With 4 padding tokens on the right, (under 1|0)\s%|no weight moves/);
    assert.doesNotMatch(words, /ignored|nats/);
    const grid = panel.page.locator('[aria-label="Changed mask"] .map-grid');
    assert.equal(await grid.getAttribute('aria-colcount'), String(count(main) + 4));
    await panel.page
      .locator('[aria-label="Changed mask"] .legend', { hasText: 'masked' })
      .waitFor();
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('a model that ignores its mask: the sentence says so, with this run’s own numbers', async () => {
    const changed = await ignoring();
    const panel = await open(changed);
    const { layer, head, query } = await panel.page.evaluate(() => {
      const { locus } = (window.host.saved ?? {}) as {
        locus: { layer: number; head: number; query: number };
      };
      return locus;
    });
    const row = await inspector.row(
      { capture: changed.id, block: SELF, layer, head, query },
      ...END,
    );
    const given = row.weights.slice(count(main)).reduce((sum, weight) => sum + weight, 0);
    const { kl } = await inspector.divergence({ before: main.id, after: changed.id }, ...END);
    const nats = Math.max(...kl);
    const words = await panel.text('.masking .sentence');
    const share = given < 0.005 ? 'under 1' : String(Math.round(given * 100));
    assert.match(words, new RegExp(`it still gives them ${share}\\s% of its weight`));
    assert.match(words, /the attention mask is ignored here\./);
    assert.match(words, new RegExp(`moves by up to ${nats.toFixed(nats < 0.1 ? 3 : 1)} nats`));
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('the padding’s columns of the difference hold what it was given', async () => {
    const changed = await ignoring();
    const panel = await open(changed);
    const grid = panel.page.locator('[aria-label="Changed mask"] .map-grid');
    assert.equal(await grid.getAttribute('aria-colcount'), String(count(main) + 4));
    await grid.focus();
    await grid.press('End');
    const cell = panel.page.locator('[aria-label="Changed mask"] [role="gridcell"]').first();
    assert.match((await cell.getAttribute('aria-label')) ?? '', /to \[PAD\], weight \.\d+ after$/);
    await panel.close();
  });

  it('reads in every theme and in a narrow panel', async () => {
    const changed = await ignoring();
    for (const theme of THEMES) {
      const panel = await open(changed, { theme, width: theme === 'light' ? 530 : 1200 });
      await panel.screenshot(`ignored-mask-${theme}`);
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    }
  });
});

const count = ({ tokens }: CaptureSummary): number => tokens.encoder?.length ?? 0;
