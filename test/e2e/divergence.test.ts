import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/machine.mjs';
import type { Graph } from '../../src/inspector/onnx/file/types';
import type { ComparedCell } from '../../src/protocol/firstDivergence';
import { PART_COLUMNS, placeName } from '../../src/webview/views/divergence/parts';
import { errorText } from '../../src/webview/views/divergence/words';
import { models, Planted, reweighted } from '../inspector/findings/support';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const TEXT = 'The dogs near the house';
const OTHER = 'my-model';

const run = promisify(execFile);

/** The bundled decoder with larger values in layer 3. */
function withLargerValues(graph: Graph): Graph {
  const turned = '/model/layers.3/self_attn/v_proj/Transpose';
  const node = graph.nodes.find(({ name }) => name === turned);
  return reweighted(graph, node?.inputs[0] ?? '', values => {
    values.forEach((value, i) => (values[i] = 1.5 * value));
  });
}

interface Told {
  readonly first: ComparedCell;
  readonly cells: readonly ComparedCell[];
}

/** Where the command line says that two models part first; it fails where they do. */
async function fromTerminal(folder: string): Promise<Told> {
  const cli = ['--import', 'tsx', 'src/inspector/cli.ts', 'diff', '--json', '--text', TEXT];
  const ended = await run(process.execPath, [...cli, 'models/decoder', folder], {
    cwd: root,
    maxBuffer: 1 << 26,
  }).catch((error: unknown) => error as { readonly code: number; readonly stdout: string });
  assert.equal('code' in ended && ended.code, 1);
  return JSON.parse(ended.stdout) as Told;
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
    const { panel, page } = workbench;
    const folder = path.join(workbench.folder, OTHER);
    await workbench.openText(TEXT);
    await workbench.inspect();
    await workbench.nextResult();
    await panel.getByRole('tab', { name: 'Masking' }).click();
    await panel.locator('vscode-dropdown[aria-label="Model of the other run"]').click();
    await panel.getByRole('option', { name: OTHER, exact: true }).locator('visible=true').click();
    const expected = fromTerminal(folder);
    // In a panel this narrow its tab may be among those behind the ellipsis.
    await panel.locator('.masking .sentence').click();
    await page.keyboard.press('7');
    const { first, cells } = await expected;
    await panel
      .locator('.divergence .sentence', { hasText: `part at ${placeName(first, false)}:` })
      .waitFor();
    await workbench.picture('divergence-dark');
    assert.equal(placeName(first, false), 'L3 value');
    const node = panel.getByRole('region', { name: 'First place' }).locator('dd').last();
    assert.match((await node.textContent()) ?? '', /^MatMul .*layers\.3.*v_proj/);
    await panel.locator('.divergence .sentence').click();
    await page.keyboard.press('Shift+T');
    const rows = panel.getByRole('group', { name: 'As a table' }).locator('tbody tr');
    await rows.first().waitFor();
    const shown = await rows.evaluateAll(lines =>
      lines.map(line => [...line.children].map(cell => cell.textContent)),
    );
    for (const { layer, kind, error } of cells) {
      const column = PART_COLUMNS.findIndex(part => part === kind);
      // A state stands in the row of the layer that wrote it.
      if (column < 0 || kind === 'residual') continue;
      const row = shown.find(([name]) => name === `layer ${layer}`);
      assert.equal(row?.[column + 1], errorText(error), `${layer} ${kind}`);
    }
    await page.keyboard.press('Shift+T');
    await panel.getByRole('button', { name: 'Go there' }).click();
    await panel.locator('#tab-computation[aria-selected="true"]').waitFor();
    await panel.locator('.locus-bar', { hasText: 'L3' }).waitFor();
    assert.deepEqual(workbench.log.errors, []);
  });
});
