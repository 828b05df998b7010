import assert from 'node:assert/strict';
import { answerWhen } from './support/answerWhen';
import { edgesOf, marksWhen, type Mark } from './support/marks';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const HOVER = 'attentionDebugger.hover';
const BOUNDARIES = 'attentionDebugger.boundaries';
const MODEL = 'attentionDebugger.model';

/** A tiger jumps: an emoji with skin tone, a combining accent, CJK, and code behind a tab. */
const TEXT = '👍🏽 cafe\u0301 is thirsty\n東京 とても速い\n\treturn thirsty;\n';
const at = (words: string) => TEXT.indexOf(words);

const framed = (marks: readonly Mark[]) => marks.filter(({ border }) => border === 'solid');
const filled = (marks: readonly Mark[]) =>
  marks.filter(({ background, border }) => background && border === 'none');
const dotted = (marks: readonly Mark[]) => marks.filter(({ border }) => border === 'dotted');

describe('tokens in the editor', () => {
  let workbench: Workbench;
  let capture = '';

  const configure = (key: string, value?: unknown) =>
    workbench.driver.call('configure', { key, value });
  const marked = () => workbench.panel.locator('.strip .token.is-cursor');
  const atCursor = () => marked().locator('.chip').allInnerTexts();
  /** What stands in the panel's tokens at the cursor, once these are others than before. */
  const cursorTokens = async (offset: number) => {
    const places = () =>
      marked().evaluateAll(tokens => tokens.map(token => token.getAttribute('data-index')).join());
    const before = await places();
    await workbench.driver.call('select', { start: offset, end: offset });
    await answerWhen(places, now => now !== '' && now !== before);
    return atCursor();
  };
  const inspect = async () => {
    await workbench.openText(TEXT);
    await workbench.inspect();
    capture = await workbench.nextResult(capture);
  };

  before(async () => {
    workbench = await sharedWindow();
  });

  for (const theme of ['dark', 'light'] as const) {
    describe(theme, () => {
      before(async () => {
        await workbench.wear(theme);
        await configure(MODEL);
        await workbench.open('agreement.txt', { start: 0, end: 0 });
      });
      afterEach(async function () {
        if (this.currentTest?.state === 'failed') await workbench.picture(`failed-editor-${theme}`);
      });

      it('counts the tokens of the document where nothing is selected', async () => {
        const item = workbench.page.locator('.statusbar-item', { hasText: /\d+ tokens/ });
        await item.waitFor();
        const whole = await item.innerText();
        await workbench.driver.call('select', { start: 0, end: 3 });
        await item.filter({ hasText: /\b3 tokens/ }).waitFor();
        assert.doesNotMatch(whole, /\b3 tokens/);
      });

      it('shows the split of the line under the pointer, without a selection', async () => {
        await workbench.driver.call('select', { start: 0, end: 0 });
        assert.deepEqual(await workbench.driver.call('hovers', { offset: 5 }), []);
        await configure(HOVER, 'anywhere');
        const hover = await workbench.hoverSelection();
        const words = await hover.innerText();
        assert.match(words, /\d+ tokens/);
        assert.match(words, /Ids: \d+ \d+/);
        assert.match(words, /Encoder/);
        await workbench.picture(`hover-anywhere-${theme}`);
      });

      it('inspects the hovered line by the link', async () => {
        await workbench.page.locator('.monaco-hover a', { hasText: 'Inspect Attention' }).click();
        capture = await workbench.nextResult(capture);
        await workbench.token('key').waitFor();
        assert.equal(await workbench.token('keys').count(), 0);
        await configure(HOVER);
      });

      it('draws the tokens of the inspected text, and a rule inside split words', async () => {
        await inspect();
        await workbench.driver.call('select', { start: at('is'), end: at('is') });
        const marks = await marksWhen(workbench, found => filled(found).length > 8);
        const word = await edgesOf(workbench, 'is');
        assert.ok(filled(marks).some(mark => touches(mark, word)));
        assert.ok(dotted(marks).length > 0);
        await workbench.picture(`boundaries-${theme}`);
      });

      it('marks a token of the panel in the editor, exactly', async () => {
        await workbench.page.mouse.move(5, 5);
        await marksWhen(workbench, found => framed(found).length === 0);
        await workbench.token('is').hover();
        const [mark, ...more] = framed(
          await marksWhen(workbench, found => framed(found).length > 0),
        );
        assert.ok(mark && more.length === 0);
        assert.ok(touches(mark, await edgesOf(workbench, 'is')));
        await workbench.picture(`token-marked-${theme}`);
        await workbench.page.mouse.move(5, 5);
      });

      it('takes the boundaries away when the text changes, and brings them back', async () => {
        await workbench.driver.call('insert', { offset: 5, text: 'x' });
        await workbench.panel.getByText('Text changed since this run').waitFor();
        assert.deepEqual(await marksWhen(workbench, found => found.length === 0), []);
        await workbench.driver.call('undo');
        const marks = await marksWhen(workbench, found => filled(found).length > 8);
        assert.ok(filled(marks).length > 8);
      });

      it('draws none when the setting is off', async () => {
        await configure(BOUNDARIES, false);
        assert.deepEqual(await marksWhen(workbench, found => found.length === 0), []);
        await configure(BOUNDARIES);
      });

      for (const model of ['encoder', 'decoder']) {
        it(`finds the tokens of what stands at the cursor, ${model}`, async () => {
          await configure(MODEL, model);
          await inspect();
          const emoji = await cursorTokens(at('👍🏽'));
          await workbench.picture(`cursor-emoji-${model}-${theme}`);
          const accent = await cursorTokens(at('e\u0301'));
          await workbench.picture(`cursor-accent-${model}-${theme}`);
          const cjk = await cursorTokens(at('京'));
          await workbench.picture(`cursor-cjk-${model}-${theme}`);
          await cursorTokens(at('return'));
          const code = await answerWhen(atCursor, texts => texts.join().trim() === 'return');
          await workbench.picture(`cursor-tab-${model}-${theme}`);
          console.log(`      ${JSON.stringify({ emoji, accent, cjk, code })}`);
          assert.ok(emoji.length > 0 && accent.length > 0 && cjk.length > 0);
          assert.deepEqual(
            code.map(each => each.trim()),
            ['return'],
          );
        });
      }

      it('clears everything when the panel closes', async () => {
        await marksWhen(workbench, found => filled(found).length > 8);
        await workbench.page.locator('.tab', { hasText: 'Attention' }).click();
        await workbench.driver.call('command', { id: 'workbench.action.closeActiveEditor' });
        assert.deepEqual(await marksWhen(workbench, found => found.length === 0), []);
      });
    });
  }
});

/** Both edges agree to a pixel. */
function touches(mark: Mark, edges: { left: number; right: number }): boolean {
  return Math.abs(mark.left - edges.left) <= 1 && Math.abs(mark.right - edges.right) <= 1;
}
