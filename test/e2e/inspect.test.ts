import assert from 'node:assert/strict';
import path from 'node:path';
import { marksWhen, type Mark } from './support/marks';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const SAMPLE = 'agreement.txt';
/** Its first two lines. */
const SELECTION = { start: 0, end: 50 };

describe('Inspect Attention in VS Code', () => {
  let workbench: Workbench;
  let capture = '';

  before(async () => {
    workbench = await sharedWindow();
    await workbench.open(SAMPLE, SELECTION);
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-inspect');
  });

  it('counts the tokens of the selection in the status bar', async () => {
    // Of the encoder, special tokens among them.
    const counted = (tokens: number) =>
      workbench.page.locator('.statusbar-item', { hasText: new RegExp(`\\b${tokens} tokens`) });
    await counted(15).waitFor();
    await workbench.driver.call('select', { start: 0, end: 0 });
    await counted(84).waitFor();
    await workbench.driver.call('select', SELECTION);
    await counted(15).waitFor();
  });

  it('shows how the selection is split when it is hovered', async () => {
    const hover = await workbench.hoverSelection();
    const words = await hover.innerText();
    assert.match(words, /\d+ tokens/);
    assert.match(words, /50 characters/);
    assert.match(words, /Ids: \d+ \d+/);
    assert.match(words, /key token 2, id \d+, characters 4–7/);
    assert.match(words, /Inspect Attention/);
    await workbench.picture('hover-dark');
  });

  it('shows no split when the setting is off', async () => {
    await workbench.driver.call('configure', {
      key: 'attentionDebugger.hover',
      value: 'off',
    });
    const hovers = (await workbench.driver.call('hovers', { offset: 5 })) as string[];
    assert.deepEqual(hovers, []);
    await workbench.driver.call('configure', { key: 'attentionDebugger.hover' });
    assert.notDeepEqual(await workbench.driver.call('hovers', { offset: 5 }), []);
  });

  it('opens beside the editor from the context menu of the selection', async () => {
    const { page } = workbench;
    await workbench.driver.call('select', SELECTION);
    const line = page.locator('.monaco-editor .view-line').first();
    await line.click({ button: 'right', position: { x: 60, y: 8 } });
    const entry = page.locator('.monaco-menu').getByText('Inspect Attention', { exact: true });
    await entry.waitFor();
    await workbench.picture('context-menu-dark');
    await workbench.choose(entry);
    capture = await workbench.nextResult();
    assert.ok((await workbench.tokens.count()) > 8);
    const editor = await page.locator('.editor-instance .monaco-editor').first().boundingBox();
    const panel = await page.locator('iframe.webview.ready').boundingBox();
    assert.ok(editor && panel && panel.x >= editor.x + editor.width);
    await workbench.picture('panel-dark');
  });

  it('makes a clicked token the query', async () => {
    const token = workbench.token('table');
    await token.click();
    await workbench.panel.locator('.strip .token.is-query', { hasText: 'table' }).waitFor();
  });

  it('highlights the characters of a hovered token in the editor', async () => {
    const framed = ({ border }: Mark) => border === 'solid';
    await workbench.page.mouse.move(5, 5);
    await marksWhen(workbench, marks => !marks.some(framed));
    await workbench.token('key').hover();
    const marks = await marksWhen(workbench, found => found.some(framed));
    assert.equal(marks.filter(framed).length, 1);
    await workbench.picture('token-to-editor-dark');
  });

  it('highlights the token under the editor’s cursor in the panel', async () => {
    await workbench.driver.call('select', { start: 18, end: 18 });
    await workbench.panel.locator('.strip .token.is-cursor', { hasText: 'table' }).waitFor();
    await workbench.driver.call('select', { start: 5, end: 5 });
    await workbench.panel.locator('.strip .token.is-cursor', { hasText: 'key' }).waitFor();
    await workbench.picture('editor-to-token-dark');
  });

  it('says when the text changed, and that it is as before after an undo', async () => {
    const stale = workbench.panel.getByText('Text changed since this run');
    await workbench.driver.call('insert', { offset: 6, text: 'xyz' });
    await stale.waitFor();
    await workbench.picture('stale-dark');
    await workbench.driver.call('undo');
    await stale.waitFor({ state: 'hidden' });
  });

  it('keeps its place when text is put in before it', async () => {
    await workbench.driver.call('insert', { offset: 0, text: 'Before. ' });
    await workbench.driver.call('select', { start: 26, end: 26 });
    await workbench.panel.locator('.strip .token.is-cursor', { hasText: 'table' }).waitFor();
    await workbench.driver.call('undo');
  });

  it('takes the line when nothing is selected, by the keyboard, in the same panel', async () => {
    const { page } = workbench;
    await page.locator('.monaco-editor .view-line').nth(1).click();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('a');
    capture = await workbench.nextResult(capture);
    assert.equal(await page.locator('iframe.webview').count(), 1);
    await workbench.token('keys').waitFor();
    assert.equal(await workbench.token('key').count(), 0);
  });

  it('shows the same result after the panel was hidden', async () => {
    const { page, folder } = workbench;
    await workbench.driver.call('open', { path: path.join(folder, 'masked.txt'), column: 2 });
    await page.locator('iframe.webview').waitFor({ state: 'hidden' });
    await page.locator('.tab', { hasText: 'Attention' }).click();
    assert.equal(await workbench.nextResult(), capture);
    await workbench.token('keys').waitFor();
    await page.locator('.tab', { hasText: 'masked.txt' }).click();
    await workbench.driver.call('command', { id: 'workbench.action.closeActiveEditor' });
    await page.locator('.tab', { hasText: 'masked.txt' }).waitFor({ state: 'hidden' });
  });

  it('shows in the Tokens view how the tokenizer split the text', async () => {
    const { panel } = workbench;
    await panel.getByRole('tab', { name: 'Tokens' }).click();
    await panel.getByText('BertPreTokenizer').first().waitFor();
    await panel.getByText('TemplateProcessing').first().waitFor();
    await workbench.picture('tokens-view-dark');
    await panel.getByRole('tab', { name: 'Attention' }).click();
    await workbench.token('keys').waitFor();
  });

  it('runs from the command palette', async () => {
    const { page } = workbench;
    await page.locator('.monaco-editor .view-line').first().click();
    await page.keyboard.press('F1');
    await page.keyboard.type('Attention Debugger: Inspect Attention');
    const entry = page.locator('.quick-input-list-entry.focused, .monaco-list-row.focused');
    await entry.filter({ hasText: 'Attention Debugger: Inspect Attention' }).first().waitFor();
    await page.keyboard.press('Enter');
    capture = await workbench.nextResult(capture);
    await workbench.token('key').waitFor();
  });

  it('runs again with another model that is chosen in the panel', async () => {
    await workbench.panel.getByRole('combobox', { name: 'Model' }).click();
    await workbench.panel.getByRole('option', { name: 'Decoder', exact: true }).click();
    capture = await workbench.nextResult(capture);
    assert.equal(
      await workbench.driver.call('setting', { key: 'attentionDebugger.model' }),
      'decoder',
    );
    await workbench.picture('decoder-dark');
  });

  it('offers the models in a quick pick', async () => {
    const { page } = workbench;
    void workbench.driver.call('command', { id: 'attentionDebugger.chooseModel' });
    const entry = (name: string) =>
      page
        .locator('.quick-input-list-entry')
        .filter({ has: page.getByText(name, { exact: true }) });
    await entry('Decoder').waitFor();
    await entry('Encoder–decoder').waitFor();
    await workbench.picture('choose-model-dark');
    await entry('Encoder').click();
    capture = await workbench.nextResult(capture);
    assert.equal(
      await workbench.driver.call('setting', { key: 'attentionDebugger.model' }),
      'encoder',
    );
  });

  it('comes back after a window reload', async () => {
    const before = await workbench.tokens.locator('.chip').allInnerTexts();
    await workbench.page.reload();
    await workbench.page.locator('.monaco-workbench').waitFor();
    capture = await workbench.nextResult(capture);
    assert.deepEqual(await workbench.tokens.locator('.chip').allInnerTexts(), before);
    await workbench.driver.call('select', { start: 5, end: 5 });
    await workbench.panel.locator('.strip .token.is-cursor', { hasText: 'key' }).waitFor();
    await workbench.picture('restored-dark');
  });

  it('contains the panel by a policy and causes no errors', async () => {
    const meta = workbench.panel.locator('meta[http-equiv="Content-Security-Policy"]');
    const policy = (await meta.getAttribute('content')) ?? '';
    assert.match(policy, /^default-src 'none'; script-src 'nonce-[\w+/=]+';/);
    assert.doesNotMatch(policy, /unsafe|https?: |\*;/);
    assert.deepEqual(workbench.log.errors, []);
  });

  it('asks for nothing but its own files', () => {
    const { requests } = workbench.log;
    assert.ok(requests.length > 0);
    const own = /\/attention-debugger\.attention-debugger-[^/]+\/dist\/[\w.]+(\?.*)?$/;
    assert.deepEqual(
      requests.filter(url => !own.test(decodeURIComponent(url))),
      [],
    );
  });
});
