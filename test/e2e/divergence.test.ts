import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/machine.mjs';
import type { FirstPlace } from '../../src/protocol/firstDivergence';
import { placeName } from '../../src/webview/views/divergence/parts';
import { models, Planted } from '../inspector/findings/support';
import { withLargerValues } from '../webview/support/plantedFault';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const TEXT = 'The dogs near the house';
const OTHER = 'my-model';

const run = promisify(execFile);

/** Where the command line says that two models part first; it fails where they do. */
async function fromTerminal(folder: string): Promise<FirstPlace> {
  const args = ['--import', 'tsx', 'src/inspector/cli.ts', 'diff', '--json'];
  const models = ['--model', 'models/decoder', '--with', folder, '--text', TEXT];
  const ended = await run(process.execPath, [...args, ...models], {
    cwd: root,
    maxBuffer: 1 << 26,
  }).catch((error: unknown) => error as { readonly code: number; readonly stdout: string });
  assert.equal('code' in ended && ended.code, 1);
  return (JSON.parse(ended.stdout) as { readonly first: FirstPlace }).first;
}

describe('Divergence in VS Code', () => {
  let workbench: Workbench;
  const planted = new Planted();

  before(async () => {
    workbench = await sharedWindow({ 'attentionDebugger.model': 'decoder' });
    const made = planted.plant(path.join(models, 'decoder'), { graph: withLargerValues });
    await cp(made, path.join(workbench.folder, OTHER), { recursive: true });
  });
  after(() => planted.dispose());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-divergence');
  });

  it('names the place at which the command line says that two models part, and goes there', async () => {
    const { panel } = workbench;
    const folder = path.join(workbench.folder, OTHER);
    await workbench.openText(TEXT);
    await workbench.inspect();
    await workbench.nextResult();
    await panel.getByRole('tab', { name: 'Masking' }).click();
    await panel.locator('vscode-dropdown[aria-label="Model of the other run"]').click();
    await panel.getByRole('option', { name: OTHER }).locator('visible=true').click();
    const expected = fromTerminal(folder);
    await panel.getByRole('tab', { name: 'Divergence' }).click();
    const first = await expected;
    await panel
      .locator('.divergence .sentence', { hasText: `part at ${placeName(first, false)}:` })
      .waitFor();
    await workbench.picture('divergence-dark');
    assert.equal(placeName(first, false), 'L3 value');
    const node = panel.getByRole('region', { name: 'First place' }).locator('dd').last();
    assert.match((await node.textContent()) ?? '', /^MatMul .*layers\.3.*v_proj/);
    await panel.getByRole('button', { name: 'Go there' }).click();
    await panel.locator('#tab-computation[aria-selected="true"]').waitFor();
    await panel.locator('.locus-bar', { hasText: 'Layer3' }).waitFor();
    assert.deepEqual(workbench.log.errors, []);
  });
});
