import axe from 'axe-core';
import assert from 'node:assert/strict';
import { Workbench } from './support/workbench';

for (const theme of ['dark', 'light'] as const) {
  describe(`accessibility of the panel, ${theme}`, () => {
    let workbench: Workbench;

    before(async () => {
      workbench = await Workbench.start({ theme });
      await workbench.open('agreement.txt', { start: 0, end: 50 });
    });
    after(async () => workbench.stop());

    it('has no violations with a result', async () => {
      await workbench.inspect();
      await workbench.nextResult();
      assert.deepEqual(await violations(workbench), []);
      await workbench.picture(`result-${theme}`);
    });

    it('has no violations with a failure', async () => {
      await workbench.openText('   ');
      await workbench.inspect();
      await workbench.failure();
      assert.deepEqual(await violations(workbench), []);
      await workbench.picture(`failure-${theme}`);
    });

    it('shows the split of a selection in colours of the theme', async () => {
      await workbench.open('agreement.txt', { start: 0, end: 50 });
      await workbench.hoverSelection();
      await workbench.picture(`hover-${theme}`);
    });
  });
}

/** Runs axe in the panel's own document. */
async function violations(workbench: Workbench): Promise<string[]> {
  const handle = await workbench.panel.locator('body').elementHandle();
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
