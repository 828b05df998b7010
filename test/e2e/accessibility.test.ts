import axe from 'axe-core';
import assert from 'node:assert/strict';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench, EditorTheme } from './support/workbench';

describe('accessibility of the panel', () => {
  let workbench: Workbench;
  let capture = '';

  before(async () => {
    workbench = await sharedWindow();
  });

  for (const theme of ['dark', 'light'] as const) {
    describe(theme, () => {
      before(async () => {
        await workbench.wear(theme);
        await workbench.open('agreement.txt', { start: 0, end: 50 });
      });

      it('has no violations with a result', async () => {
        await workbench.inspect();
        capture = await workbench.nextResult(capture);
        assert.deepEqual(await violations(workbench, theme), []);
        await workbench.picture(`result-${theme}`);
      });

      it('has no violations with a failure', async () => {
        await workbench.openText('   ');
        await workbench.inspect();
        await workbench.failure();
        assert.deepEqual(await violations(workbench, theme), []);
        await workbench.picture(`failure-${theme}`);
      });

      it('shows the split of a selection in colours of the theme', async () => {
        await workbench.open('agreement.txt', { start: 0, end: 50 });
        await workbench.hoverSelection();
        await workbench.picture(`hover-${theme}`);
      });
    });
  }
});

/** Runs axe in the panel's own document, once that wears the theme. */
async function violations(workbench: Workbench, theme: EditorTheme): Promise<string[]> {
  const body = workbench.panel.locator(`body[data-vscode-theme-kind="vscode-${theme}"]`);
  const handle = await body.elementHandle();
  assert.ok(handle);
  const frame = await handle.ownerFrame();
  assert.ok(frame, 'the panel has no frame');
  await frame.evaluate(axe.source);
  return frame.evaluate(async () => {
    const { axe: here } = globalThis as unknown as { axe: typeof axe };
    const { violations: found } = await here.run(document, { resultTypes: ['violations'] });
    return found.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html}`));
  });
}
