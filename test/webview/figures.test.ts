import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeBrowser, PanelPage } from './support/panelPage';
import { tokensOf } from './support/recipes';
import type { Recipe } from './support/syntheticCapture';

/** Files that figures are compared with; UPDATE_FIGURES=1 writes them anew. */
const GOLDEN = 'test/fixtures/figures';
const isUpdate = process.env['UPDATE_FIGURES'] === '1';

const SMALL: Recipe = {
  id: 'small-1',
  text: 'it was thirsty.',
  tokens: { encoder: tokensOf(['[CLS]', 'it', 'was', 'thirst', '##y', '.', '[SEP]']) },
  blocks: [{ stack: 'encoder', kind: 'self', heads: [2, 2] }],
  positions: 'relativeBias',
};
const CHANGED: Recipe = {
  ...SMALL,
  id: 'small-2',
  mask: { kind: 'causal' },
  blocks: SMALL.blocks.map(block => ({ ...block, causal: true })),
};

/** Every letter as wide as the others, so that files do not depend on the fonts of a machine. */
const EVEN_LETTERS = `CanvasRenderingContext2D.prototype.measureText = text => ({ width: 6 * text.length })`;

/** One figure of each kind by its view: its file, and how its title begins. */
const FIGURES: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  attention: [
    ['map', 'Heat map'],
    ['heads', 'Heads of'],
    ['row', 'Attention from'],
  ],
  computation: [['stages', 'Stages']],
  masking: [
    ['difference', 'C ·'],
    ['shares', 'Shares per layer in A'],
  ],
  positions: [
    ['bias', 'Relative bias'],
    ['alibi', 'ALiBi'],
    ['scores', 'Score by distance'],
  ],
  layers: [
    ['lens', 'Predictions by layer'],
    ['cell', 'Top 5'],
    ['probes', 'Probes'],
    ['norms', 'Residual stream norm'],
    ['similarity', 'Similarity between layers'],
    ['attribution', 'Direct logit attribution'],
  ],
  tokens: [['tokens', 'Tokens']],
};

describe('figures: one of each kind is what it was', () => {
  let panel: PanelPage;

  before(async () => {
    panel = await PanelPage.open({ script: EVEN_LETTERS });
    await panel.page.evaluate(made => window.host.showRecipe(made, 'encoder'), SMALL);
    await panel.ready(SMALL.id);
    await panel.page.evaluate(made => window.host.showSide('changed', made), CHANGED);
  });
  after(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
    closeBrowser();
  });

  const item = (name: RegExp) =>
    panel.page.getByRole('menuitem', { name }).or(panel.page.getByRole('menuitemradio', { name }));

  /** What is saved of a figure. */
  const save = async (format: 'SVG' | 'CSV', title: string): Promise<string> => {
    const before = (await panel.calls('saveFigure')).length;
    await panel.page.getByRole('button', { name: 'Export' }).click();
    if ((await panel.page.getByRole('menuitemradio').count()) > 1) {
      await item(new RegExp(`^${title}`)).click();
    }
    await item(new RegExp(`^${format}`)).click();
    await panel.page.waitForFunction(
      count => window.host.calls.filter(call => call.method === 'saveFigure').length > count,
      before,
    );
    const { name, data } = (await panel.calls('saveFigure')).at(-1) as {
      readonly name: string;
      readonly data: string;
    };
    assert.ok(name.includes(title), name);
    return data;
  };

  /** Saves a figure and compares it with its file; line ends are as the checkout has them. */
  const compare = async (file: string, title: string): Promise<void> => {
    for (const format of ['SVG', 'CSV'] as const) {
      const made = (await save(format, title)).replaceAll('\r\n', '\n');
      const path = join(GOLDEN, `${file}.${format.toLowerCase()}`);
      if (isUpdate) {
        await mkdir(GOLDEN, { recursive: true });
        await writeFile(path, made);
      }
      const known = (await readFile(path, 'utf8')).replaceAll('\r\n', '\n');
      assert.equal(made, known, path);
    }
  };

  for (const [view, figures] of Object.entries(FIGURES)) {
    it(view, async () => {
      await panel.page.evaluate(id => document.getElementById(`tab-${id}`)?.click(), view);
      await panel.page.waitForFunction(() => window.openCalls === 0);
      for (const [file, title] of figures) await compare(file, title);
    });
  }

  it('arcs', async () => {
    await panel.page.keyboard.press('1');
    await panel.page.keyboard.press('v');
    await compare('arcs', 'Arcs');
  });
});
