import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage, THEMES, type OpenOptions } from './support/panelPage';

const TEXT =
  'The café owner was Springy, so she tokenized unbelievably 👍🏽 drinks for [SEP] 東京 ꙮꙮ.';

/** Opens the Tokens view on a text. */
async function opened(
  model: string,
  text = TEXT,
  options: OpenOptions & { compareWith?: string } = {},
): Promise<PanelPage> {
  const panel = await PanelPage.open(options);
  await panel.showText(model, text);
  await panel.page.keyboard.press('0');
  await panel.page.locator('.stage-panes .gloss-column').first().waitFor();
  if (options.compareWith !== undefined) await compareWith(panel, options.compareWith);
  return panel;
}

async function compareWith(panel: PanelPage, reference: string): Promise<void> {
  await panel.page.evaluate(
    name => window.host.emitModels([{ reference: name, label: name, detail: '' }]),
    reference,
  );
  await panel.page.evaluate(name => {
    const list = document.querySelector<HTMLElement & { value: string }>(
      'vscode-dropdown[aria-label="Second tokenizer"]',
    );
    if (!list) throw new Error('No dropdown.');
    list.value = name;
    list.dispatchEvent(new Event('change'));
  }, reference);
}

/** The sentence of the token that is chosen by its place in the strip. */
async function storyOf(panel: PanelPage, index: number): Promise<string> {
  await panel.page.locator(`.token[data-index="${index}"]`).click();
  return panel.text('.tokens-view .sentence');
}

describe('tokens view', () => {
  let panel: PanelPage | undefined;
  afterEach(async () => {
    assert.deepEqual(await panel?.allProblems(), []);
    await panel?.close();
  });
  after(closeBrowser);

  it('WordPiece: stages in columns, the sentence, the pieces that were tried', async () => {
    panel = await opened('encoder');
    assert.match(
      await panel.text('.stage-panes .caption-text'),
      /^of the tokenizer of .+: tokenizer\.json$/,
    );
    assert.match(
      await storyOf(panel, 6),
      /^Springy is 2 tokens: spring and ##y; the word is not in the vocabulary/,
    );
    assert.deepEqual(
      await panel.page.locator('.gloss-names').first().locator('span').allInnerTexts(),
      [
        'Text',
        'Added tokens',
        'BertNormalizer',
        'BertPreTokenizer',
        'WordPiece',
        'TemplateProcessing',
        'Id',
      ],
    );
    const chosen = panel.page.locator('.stage-panes .gloss-column.is-chosen').first();
    assert.equal(
      await chosen.locator('.visually-hidden').textContent(),
      'Spring, BertNormalizer spring, 1 token from 6: spring',
    );
    assert.equal(
      await panel.page.locator('.symbol.missed').first().textContent(),
      'springy, not found',
    );
    assert.match(await storyOf(panel, 18), /is unknown: no piece continues at/);
    assert.match(await panel.text('.word-pane .token-facts'), /Unknown no piece continues at/);
    assert.match(
      await storyOf(panel, 0),
      /^\[CLS\] stands for no characters: the post-processor TemplateProcessing puts it there/,
    );
    assert.match(await storyOf(panel, 22), /^\[SEP\] is an added special token: it is taken out/);
  });

  it('BPE: merges by rank, bytes, and tokens that share a character in one column', async () => {
    panel = await opened('decoder');
    const grouped = panel.page
      .locator('.stage-panes .gloss-column')
      .filter({ hasText: 'ð' })
      .first();
    assert.equal(await grouped.locator('.chips .part').count(), 4);
    await grouped.click();
    assert.match(await panel.text('.tokens-view .sentence'), /one for each byte of its UTF-8/);
    assert.match(await panel.text('.word-pane .token-facts'), /together stand for F0 9F 91 8D/);
    await panel.page.locator('.token', { hasText: 'was' }).click();
    const ranks = await panel.page.locator('.steps .step-number').allInnerTexts();
    assert.equal(ranks.length, 3);
    const numbers = ranks.map(rank => Number(rank.replace(',', '')));
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
    assert.equal(
      await panel.page.locator('.steps li').last().locator('.merged').innerText(),
      'Ġwas',
    );
  });

  it('Unigram: segmentations by score, the lattice, an unknown piece', async () => {
    panel = await opened('t5-small', 'unbelievably thirsty ꙮ');
    assert.match(
      await storyOf(panel, 0),
      /^unbelievably is \d tokens: .*; the most probable way to split it \(log probability −\d+\.\d\d, the next best −\d+\.\d\d\)\.$/,
    );
    const scores = await panel.page.locator('.steps .step-number').allInnerTexts();
    const numbers = scores.map(score => Number(score.replace('−', '-')));
    assert.equal(numbers.length, 5);
    assert.deepEqual(
      numbers,
      [...numbers].sort((a, b) => b - a),
    );
    const taken = await panel.page.locator('.lattice .taken').count();
    assert.equal(taken, await panel.page.locator('.steps li').first().locator('.symbol').count());
    await panel.screenshot('tokens-unigram-dark-1200');
    await panel.page.locator('.token.unknown').click();
    assert.match(await panel.text('.tokens-view .sentence'), /no piece of the vocabulary covers ꙮ/);
  });

  it('hover in a stage lights the same characters everywhere, also in the editor', async () => {
    panel = await opened('encoder', TEXT, { compareWith: 'gpt2' });
    await panel.page.locator('.compare-pane .gloss-column').first().waitFor();
    await panel.page.locator('.stage-panes .gloss-column', { hasText: 'owner' }).first().hover();
    await panel.page.locator('.compare-pane .gloss-column.is-lit').waitFor();
    assert.equal(await panel.page.locator('.gloss-column.is-lit').count(), 2);
    assert.equal(await panel.page.locator('.token.is-preview').count(), 1);
    assert.deepEqual((await panel.calls('hoverToken')).at(-1), { token: 4 });
    await panel.page.locator('.token[data-index="6"]').hover();
    await panel.page.locator('.gloss-column.is-lit', { hasText: 'Spring' }).first().waitFor();
    await panel.page.mouse.move(2, 2);
    await panel.page.waitForFunction(() => !document.querySelector('.gloss-column.is-lit'));
    assert.deepEqual((await panel.calls('hoverToken')).at(-1), { token: null });
  });

  it('keys: 1 and 0 change views, arrows move through the stages, Enter and Alt+Enter act', async () => {
    panel = await opened('encoder');
    const { page } = panel;
    await page.locator('.gloss').first().focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    assert.match(await panel.text('.tokens-view .sentence'), /^café is 2 tokens/);
    await page.keyboard.press('Alt+Enter');
    assert.deepEqual(await panel.calls('revealToken'), [{ token: 2 }]);
    const active = await page.locator('.gloss').first().getAttribute('aria-activedescendant');
    assert.equal(await page.locator(`[id="${active}"]`).getAttribute('role'), 'option');
    await page.keyboard.press('1');
    await page.locator('.head-grid').waitFor();
    assert.equal(
      await page.getByRole('tab', { name: 'Attention' }).getAttribute('aria-selected'),
      'true',
    );
    await page.keyboard.press('0');
    await page.locator('.gloss').first().waitFor();
  });

  it('two tokenizers: counts, differences, and back to none', async () => {
    panel = await opened('encoder', 'unbelievably good', { compareWith: 'gpt2' });
    await panel.page.locator('.compare-pane .gloss-column').first().waitFor();
    assert.match(
      await panel.text('.compare-pane .pane-sentence'),
      /^6 tokens from Bundled encoder, \d from gpt2, special ones not counted; 2 places differ: 3 boundaries are shared/,
    );
    assert.ok((await panel.page.locator('.compare-pane .differs').count()) > 5);
    assert.deepEqual((await panel.calls('trace')).at(-1), { model: 'gpt2' });
    await compareWith(panel, '');
    await panel.page.locator('.compare-pane .gloss').waitFor({ state: 'hidden' });
  });

  it('says why a model has no trace, and that only the beginning is shown', async () => {
    panel = await PanelPage.open();
    const { page } = panel;
    await page.evaluate(() => {
      window.host.traceFault = ['tokenizer-missing', 'There is no tokenizer.json in /models/x.'];
    });
    await panel.showText('encoder', 'word '.repeat(1200), { maximumTokens: 512 });
    await page.keyboard.press('0');
    await page.getByText('There is no tokenizer.json in /models/x.').waitFor();
    assert.deepEqual((await page.evaluate(() => window.host.errors.splice(0))).length, 1);
    await page.evaluate(() => (window.host.traceFault = null));
    await panel.showText('encoder', 'word '.repeat(1201), { id: 'text-2' });
    await page.getByText('The first 5,000 of 6,005 characters are shown stage by stage.').waitFor();
    assert.ok((await page.locator('.gloss-column').count()) < 700);
    await page
      .locator('.gloss')
      .first()
      .evaluate(list => list.scrollTo(0, list.scrollHeight));
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.gloss-column')].some(
        one => one.getAttribute('aria-posinset') === one.getAttribute('aria-setsize'),
      ),
    );
  });

  for (const theme of THEMES) {
    it(`axe-core finds nothing in ${theme}: stages, comparison, card`, async () => {
      panel = await opened('decoder', TEXT, { theme, compareWith: 'encoder' });
      await panel.page.locator('.compare-pane .gloss-column').first().waitFor();
      await panel.page.locator('.stage-panes .gloss-column').nth(3).hover();
      await panel.screenshot(`tokens-${theme}-1200`);
      assert.deepEqual(await accessibilityProblems(panel), []);
      await panel.page.locator('.token[data-index="6"]').hover();
      await panel.page.locator('.token-card').waitFor();
      await panel.page.locator('.token-card', { hasText: 'ByteLevel' }).waitFor();
      await panel.screenshot(`token-card-${theme}`);
      assert.deepEqual(await accessibilityProblems(panel), []);
    });
  }

  for (const width of [400, 480, 800, 1400]) {
    it(`nothing sticks out at ${width} pixels`, async () => {
      panel = await opened('t5-small', TEXT, { width, compareWith: 'encoder' });
      await panel.page.locator('.compare-pane .gloss-column').first().waitFor();
      const overflow = await panel.page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(overflow <= 0, `${overflow} pixels too wide`);
      await panel.screenshot(`tokens-dark-${width}`);
    });
  }

  it('hostile texts stay texts', async () => {
    const text =
      '<img src=x onerror="document.title=1"> \u202eevil\u202c \u0000\u0007 <script>1</script> \ud800';
    panel = await opened('decoder', text, { compareWith: 't5-small' });
    await panel.page.locator('.compare-pane .gloss-column').first().waitFor();
    assert.equal(await panel.page.title(), 'Attention');
    assert.equal(await panel.page.locator('#app img, #app script').count(), 0);
    await panel.screenshot('tokens-hostile');
  });
});
