import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/machine.mjs';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const A = 'The blue cat and the red dog. The blue';
const B = 'The blue dog and the red cat. The blue';
const FILE = 'induction.txt';

const run = promisify(execFile);

/** Shares of the residual stream `[layers][tokens]`, as the command line computes them. */
async function fromTerminal(): Promise<readonly (readonly number[])[]> {
  const { stdout } = await run(
    process.execPath,
    [
      ...[
        '--import',
        'tsx',
        'src/inspector/cli.ts',
        'patch',
        '--json',
        '--model',
        'models/decoder',
      ],
      ...['--clean', A, '--corrupt', B, '--answer', ' cat', '--other', ' dog'],
    ],
    { cwd: root, maxBuffer: 1 << 26 },
  );
  const { residual } = JSON.parse(stdout) as { residual: readonly (readonly number[])[] };
  return residual;
}

describe('Patching in VS Code', () => {
  let workbench: Workbench;

  before(async () => {
    workbench = await sharedWindow({ 'attentionDebugger.model': 'decoder' });
    await writeFile(path.join(workbench.folder, FILE), A);
    await workbench.open(FILE, { start: 0, end: A.length });
    await workbench.inspect();
    await workbench.nextResult();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-patching');
  });

  it('compares two texts: the maps come, and their numbers are those of the command line', async () => {
    const { panel, page } = workbench;
    await panel.getByRole('tab', { name: 'Masking' }).click();
    await panel.locator('vscode-dropdown[aria-label="Model of the other run"]').click();
    await panel.getByRole('option', { name: 'Same model' }).locator('visible=true').click();
    const other = panel.getByRole('textbox', { name: 'Text of the other run' });
    await other.fill(B);
    await other.press('Enter');
    // In a panel this narrow its tab may be among those behind the ellipsis.
    await panel.locator('.masking .sentence').click();
    await page.keyboard.press('7');
    await panel.locator('.patching .sentence', { hasText: 'L4H0 and L5H0 bring it' }).waitFor();
    await workbench.picture('patching-dark');
    await panel.locator('.patching .sentence').click();
    await page.keyboard.press('Shift+T');
    const rows = panel.getByRole('region', { name: 'Residual', exact: true }).locator('tbody tr');
    await rows.first().waitFor();
    const shown = await rows.evaluateAll(lines =>
      lines.map(line => [...line.children].map(cell => cell.textContent)),
    );
    const shares = await fromTerminal();
    assert.equal(shown.length, 20);
    for (const [layer = '', token = '', , share = ''] of shown) {
      const value = Number(share.replace('−', '-'));
      const wanted = shares[Number(layer.slice(1))]?.[Number(token)] ?? NaN;
      assert.ok(Math.abs(value - wanted) <= 6e-4, `${layer} ${token}: ${share}, not ${wanted}`);
    }
  });

  it('keeps a patch: B is the text on show, and the patch is in its list', async () => {
    const { panel } = workbench;
    await panel.getByRole('button', { name: 'Keep as intervention' }).click();
    await panel.locator('.run-state', { hasText: 'modified: 1 of 1 on' }).waitFor();
    await panel.locator('.intervention-row').first().waitFor();
    await panel.getByRole('tab', { name: 'Attention' }).click();
    await workbench.token('dog').first().waitFor();
    await workbench.picture('patching-kept-dark');
  });
});
