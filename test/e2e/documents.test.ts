import assert from 'node:assert/strict';
import path from 'node:path';
import { answerWhen } from './support/answerWhen';
import { marksWhen } from './support/marks';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const HOVER = 'attentionDebugger.hover';

describe('every kind of document', () => {
  let workbench: Workbench;
  let capture = '';

  const inspect = async () => {
    await workbench.inspect();
    capture = await workbench.nextResult(capture);
  };
  /** Waits until an editor has exactly these characters selected. */
  const selected = async (text: string) => {
    const ask = async () => (await workbench.driver.call('selectedTexts')) as string[];
    const texts = await answerWhen(ask, all => all.includes(text));
    assert.ok(texts.includes(text), `no editor has “${text}” selected: ${texts.join(', ')}`);
  };
  const drawn = async () => {
    const marks = await marksWhen(workbench, found => found.some(({ background }) => background));
    return marks.filter(({ background }) => background).length;
  };

  before(async () => {
    workbench = await sharedWindow({
      [HOVER]: 'anywhere',
      'diffEditor.useInlineViewWhenSpaceIsLimited': false,
    });
    await workbench.open('agreement.txt', { start: 0, end: 22 });
    await inspect();
  });
  beforeEach(() =>
    workbench.driver.call('command', { id: 'workbench.action.focusFirstEditorGroup' }),
  );
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-documents');
  });

  it('an untitled document: hover, inspection, boundaries, cursor', async () => {
    await workbench.driver.call('openText', { text: 'A tiger drinks.\nIt was thirsty.' });
    const [split] = (await workbench.driver.call('hovers', { offset: 3 })) as string[];
    assert.match(split ?? '', /Under the pointer: `tiger`/);
    await workbench.driver.call('select', { start: 16, end: 31 });
    await inspect();
    assert.ok((await drawn()) > 3);
    await workbench.driver.call('select', { start: 25, end: 25 });
    await workbench.panel.locator('.strip .token.is-cursor', { hasText: 'thirst' }).waitFor();
    await workbench.picture('untitled-dark');
  });

  it('a notebook cell: hover, inspection, boundaries, and the way from the panel', async () => {
    await workbench.driver.call('openNotebook', {
      cells: ['print("before")', 'tiger = "thirsty"\nprint(tiger)'],
    });
    const { page } = workbench;
    const line = page.locator('.notebookOverlay .view-line').filter({ hasText: 'thirsty' });
    await line.click();
    await line.hover({ position: { x: 20, y: 8 } });
    const hover = page.locator('.monaco-hover:visible', { hasText: 'Ids:' });
    await hover.waitFor();
    assert.match(await hover.innerText(), /tiger/);
    await workbench.picture('hover-notebook-dark');
    await page.mouse.move(5, 5);
    await inspect();
    assert.ok((await drawn()) > 3);
    await workbench.token('tiger').click();
    await page.keyboard.press('Alt+Enter');
    await selected('tiger');
    await workbench.picture('notebook-dark');
    await line.click({ position: { x: 20, y: 8 } });
    await workbench.panel.locator('.strip .token.is-cursor', { hasText: 'tiger' }).waitFor();
  });

  it('the right side of a diff editor: hover, inspection, boundaries, cursor', async () => {
    await workbench.driver.call('command', { id: 'workbench.action.toggleSidebarVisibility' });
    const file = (name: string) => path.join(workbench.folder, name);
    await workbench.driver.call('openDiff', {
      left: file('repetition.txt'),
      right: file('masked.txt'),
    });
    const { page } = workbench;
    const line = page.locator('.editor.modified .view-line').first();
    await line.click({ position: { x: 20, y: 8 } });
    await page.mouse.move(5, 5);
    await line.hover({ position: { x: 30, y: 8 } });
    await page.locator('.monaco-hover:visible', { hasText: 'Ids:' }).waitFor();
    await workbench.picture('hover-diff-dark');
    await page.mouse.move(5, 5);
    await inspect();
    const marks = page.locator('.editor.modified .view-overlays .cdr[class*="ced-"]');
    await marks.first().waitFor();
    const left = page.locator('.editor.original .view-overlays .cdr[class*="ced-"]');
    assert.equal(await left.count(), 0);
    await line.click({ position: { x: 12, y: 8 } });
    await workbench.panel.locator('.strip .token.is-cursor').first().waitFor();
    await workbench.tokens.nth(2).click();
    await page.keyboard.press('Alt+Enter');
    await selected((await workbench.tokens.nth(2).locator('.chip').innerText()).trim());
    assert.equal(await page.locator('.tab', { hasText: 'Difference' }).count(), 1);
    await workbench.picture('diff-dark');
  });

  it('a read-only document: hover and inspection', async () => {
    await workbench.driver.call('openReadOnly', { text: 'Nobody writes here.' });
    const [split] = (await workbench.driver.call('hovers', { offset: 8 })) as string[];
    assert.match(split ?? '', /Under the pointer: `write` token 2/);
    await workbench.driver.call('select', { start: 0, end: 19 });
    await inspect();
    await workbench.token('Nobody').waitFor();
    assert.ok((await drawn()) > 3);
  });

  it('causes no errors in the panel', () => {
    assert.deepEqual(workbench.log.errors, []);
  });
});
