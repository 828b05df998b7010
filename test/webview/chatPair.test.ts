import assert from 'node:assert/strict';
import type { Token } from '../../src/protocol/tokens';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES, type Theme } from './support/panelPage';
import { tokensOf } from './support/recipes';
import type { Recipe } from './support/syntheticCapture';

const DOCUMENT = 'system: be brief\nuser: who was hungry ?';
const TURNS = [
  { role: 'system', start: 8, end: 16 },
  { role: 'user', start: 23, end: 39 },
  { role: 'assistant', start: 0, end: 0, isPrompt: true },
];
/** Pieces by turn; those in brackets are the template's. */
const CHAT = ['[S] be brief [E]', '[U] who was hungry ? [E]', '[A]'];

function chatTokens(): Token[] {
  let from = 0;
  return CHAT.flatMap((pieces, turn) =>
    pieces.split(' ').map((piece): Omit<Token, 'index'> => {
      const isTemplate = piece.startsWith('[');
      const start = isTemplate ? 0 : DOCUMENT.indexOf(piece, from);
      if (!isTemplate) from = start + piece.length;
      const end = isTemplate ? 0 : from;
      const flags = { special: isTemplate, unknown: false, continues: false, turn };
      return {
        id: 5,
        token: piece,
        text: piece,
        start,
        end,
        ...flags,
        ...(isTemplate ? { template: true } : {}),
      };
    }),
  ).map((token, index) => ({ ...token, index }));
}

const rendered = { text: CHAT.join(' '), template: 'default', turns: TURNS };
const blocks: Recipe['blocks'] = [{ stack: 'decoder', kind: 'self', heads: [3, 3], causal: true }];
const chat: Recipe = {
  id: 'chat-1',
  text: DOCUMENT,
  tokens: { decoder: chatTokens() },
  blocks,
  summary: { chat: { prompt: true }, rendered, templates: ['default', 'tool_use'] },
};
const plain: Recipe = {
  id: 'chat-2',
  text: DOCUMENT,
  tokens: { decoder: tokensOf(DOCUMENT.split(' ')) },
  blocks,
  summary: { templates: ['default'] },
};

const PIECES = ['[CLS]', 'who', 'was', 'hungry', '[SEP]', 'the', 'tiger', 'was', '[SEP]'];
const SEQUENCES = [undefined, 0, 0, 0, undefined, 1, 1, 1];
const pair: Recipe = {
  id: 'pair-1',
  text: 'who was hungry',
  tokens: {
    encoder: tokensOf(PIECES).map((token): Token => {
      const sequence = SEQUENCES[token.index];
      const typeId = token.index > 4 ? 1 : 0;
      return sequence === undefined ? { ...token, typeId } : { ...token, typeId, sequence };
    }),
  },
  blocks: [{ stack: 'encoder', kind: 'self', heads: [3, 3] }],
  summary: { pair: 'the tiger was' },
};

async function open(recipe: Recipe, theme: Theme = 'dark', width = 1200): Promise<PanelPage> {
  const panel = await PanelPage.open({ theme, width });
  await panel.page.evaluate(([made, stack]) => window.host.showRecipe(made, stack), [
    recipe,
    recipe.tokens.encoder ? 'encoder' : 'decoder',
  ] as const);
  await panel.ready(recipe.id);
  return panel;
}

const texts = (panel: PanelPage, selector: string): Promise<string[]> =>
  panel.page.locator(selector).allTextContents();

describe('a chat', () => {
  let panel: PanelPage;
  before(async () => (panel = await open(chat)));
  after(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('has its roles over the tokens, and says what the template wrote', async () => {
    assert.deepEqual(await texts(panel, '.tokens .group-name'), ['system', 'user', 'answer']);
    assert.equal(await panel.page.locator('.token.template').count(), 5);
    assert.equal(await panel.page.locator('.token.odd-group').count(), 6);
    const [first, word] = await texts(panel, '.token .visually-hidden');
    assert.match(first ?? '', /^, system, by the template, .*special/);
    assert.match(word ?? '', /^, system(, |$)/);
    assert.doesNotMatch(word ?? '', /template/);
  });

  it('has them beside the rows and above the columns of the map', async () => {
    // The last group is a single row: its name is as long as there is room.
    const [system, user, answer] = await texts(panel, '.map-axes .of-query text');
    assert.deepEqual([system, user], ['system', 'user']);
    assert.match(answer ?? '', /^an\w*…$/);
    assert.equal((await texts(panel, '.map-axes .of-key text')).length, 3);
    const rules = panel.page.locator('.map-axes .of-query .group-rule:not([display="none"])');
    assert.equal(await rules.count(), 2);
    await panel.page.locator('.map-axes').waitFor();
    const cells = await panel.page.locator('.map-cells').boundingBox();
    const bar = await panel.page.locator('.map-axes .of-query .group-bar').first().boundingBox();
    assert.ok(cells && bar && Math.abs(bar.y - cells.y) < 3, 'a group begins with its first row');
    assert.ok(
      Math.abs(bar.height - (cells.height * 4) / 11) < 6,
      `${bar.height} of ${cells.height}`,
    );
  });

  it('is named in the cells', async () => {
    await panel.page.locator('.heat-map [role=grid]').focus();
    const name = await panel.page.locator('.heat-map [role=gridcell]').getAttribute('aria-label');
    assert.match(
      name ?? '',
      /\((system|user|answer)(, by the template)?\) to .* \((system|user|answer)/,
    );
  });

  it('is switched to text, to another template and to an answer by the keyboard', async () => {
    const { page } = panel;
    const reading = page.getByRole('radiogroup', { name: 'How the text is read' });
    assert.equal(
      await reading.getByRole('radio', { name: 'Chat' }).getAttribute('aria-checked'),
      'true',
    );
    await page.getByLabel('Answer prompt').press('Space');
    await reading.getByRole('radio', { name: 'Chat' }).press('ArrowLeft');
    assert.deepEqual(await panel.calls('setChat'), [{ chat: {} }, { chat: null }]);
    assert.equal(await page.locator('.reading vscode-dropdown').isVisible(), true);
  });
});

describe('a text that is written as messages', () => {
  it('can be read as a chat', async () => {
    const panel = await open(plain);
    const radio = panel.page.getByRole('radio', { name: 'Chat' });
    await radio.click();
    assert.deepEqual(await panel.calls('setChat'), [{ chat: {} }]);
    assert.equal(await panel.page.getByLabel('Answer prompt').isVisible(), false);
    assert.deepEqual(await texts(panel, '.group-name'), []);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});

describe('a pair of texts', () => {
  let panel: PanelPage;
  before(async () => (panel = await open(pair)));
  after(async () => {
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
    closeBrowser();
  });

  it('is named A and B over the tokens and beside the map', async () => {
    assert.deepEqual(await texts(panel, '.tokens .group-name'), ['A', 'B']);
    assert.deepEqual(await texts(panel, '.map-axes .of-key text'), ['A', 'B']);
    assert.equal(await panel.page.locator('.reading').isVisible(), false);
  });

  it('shows the queries of one text and the keys of the other', async () => {
    const { page } = panel;
    const labels = async (side: string) => texts(panel, `.map-axes > text.${side}-label`);
    const choose = async (label: string) => {
      await page.locator('vscode-dropdown[aria-label^="Of a pair"]').click();
      await page.getByRole('option', { name: label, exact: true }).click();
    };
    assert.equal((await labels('query')).length, PIECES.length);
    await choose('A → B');
    await page.waitForFunction(
      () => document.querySelectorAll('.map-axes > text.query-label').length === 3,
    );
    assert.deepEqual(
      [await labels('query'), await labels('key')],
      [
        ['who', 'was', 'hungry'],
        ['the', 'tiger', 'was'],
      ],
    );
    await choose('B → A');
    await page.waitForFunction(
      () => document.querySelector('.map-axes > text.query-label')?.textContent === 'the',
    );
    assert.deepEqual(
      [await labels('query'), await labels('key')],
      [
        ['the', 'tiger', 'was'],
        ['who', 'was', 'hungry'],
      ],
    );
    await page.getByRole('radio', { name: 'Arcs' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.arc-name').length === 6);
    await page.getByRole('radio', { name: 'Heat map' }).click();
    await choose('A and B');
    await page.waitForFunction(
      () => document.querySelectorAll('.map-axes > text.query-label').length === 9,
    );
  });
});

describe('chats and pairs in every theme', () => {
  for (const theme of THEMES) {
    it(`can be read: ${theme}`, async () => {
      const panel = await open(chat, theme);
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.screenshot({ path: `screenshots/chat-${theme}.png` });
      await panel.close();
      const narrow = await open(pair, theme, 480);
      assert.deepEqual(await accessibilityProblems(narrow), []);
      await narrow.page.screenshot({ path: `screenshots/pair-${theme}.png` });
      await narrow.close();
    });
  }
  after(() => closeBrowser());
});
