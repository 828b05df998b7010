import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/machine.mjs';
import type { ListedIntervention } from '../../src/protocol/intervention';
import { Workbench } from './support/workbench';

const TEXT = 'The dogs near the house [MASK] black.';
const OTHER = 'The dog near the house [MASK] black.';
const FILE = 'agreement.interventions.txt';
/** `dogs` and `[MASK]` among the tokens. */
const [DOGS, MASK] = [2, 6];

interface Entry {
  readonly text: string;
  readonly probability: number;
}

const run = promisify(execFile);

/** Most probable entries at [MASK], as the command line computes them with a list. */
async function fromTerminal(list: string): Promise<readonly Entry[]> {
  const { stdout } = await run(
    process.execPath,
    [
      ...[
        '--import',
        'tsx',
        'src/inspector/cli.ts',
        'inspect',
        '--json',
        '--model',
        'models/encoder',
      ],
      ...['--text', TEXT, '--interventions', list],
    ],
    { cwd: root, maxBuffer: 1 << 26 },
  );
  const { after } = JSON.parse(stdout) as { after: (readonly Entry[])[] };
  return after[MASK] ?? assert.fail('no outputs at [MASK]');
}

describe('Interventions in VS Code', function () {
  let workbench: Workbench;
  let capture: string | undefined;

  before(async () => {
    // One of its own: the lists that a run was given are given to the next one, too.
    workbench = await Workbench.start();
    await writeFile(path.join(workbench.folder, FILE), TEXT);
    await workbench.open(FILE, { start: 0, end: TEXT.length });
    await workbench.inspect();
    capture = await workbench.nextResult();
    await workbench.token('[MASK]').click();
    await workbench.token('dogs').click({ modifiers: ['Shift'] });
  });
  after(async () => workbench.stop());
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-interventions');
  });

  const list = () => path.join(workbench.folder, `${FILE}.interventions.json`);
  const rows = () => workbench.panel.locator('.intervention-row');
  const choose = (name: string) => workbench.panel.getByRole('menuitem', { name }).click();
  const next = async (): Promise<void> => {
    capture = await workbench.nextResult(capture);
  };
  /** Waits until the runs before and after are compared, and reads both columns of the table. */
  async function shown(): Promise<ReadonlyMap<string, string>> {
    const table = workbench.panel.locator('.intervention-result table', {
      hasText: 'Probabilities that moved most',
    });
    await table.waitFor();
    const cells = await table
      .locator('tbody tr')
      .evaluateAll(lines => lines.map(line => [...line.children].map(cell => cell.textContent)));
    return new Map(cells.map(([name = '', , after = '']) => [name, after]));
  }
  /** The numbers on screen are those of the command line, to the digits that are printed. */
  async function agrees(on: readonly ListedIntervention[]): Promise<void> {
    const file = path.join(workbench.folder, 'of-the-test.json');
    await writeFile(file, JSON.stringify(on));
    const entries = await fromTerminal(file);
    const table = await shown();
    const compared = entries.filter(({ text }) => table.has(text));
    assert.ok(compared.length >= 3, `${[...table.keys()].join(' ')} are compared`);
    for (const { text, probability } of compared) {
      const value = Number(table.get(text));
      assert.ok(Math.abs(value - probability) <= 6e-4, `${text}: ${value}, not ${probability}`);
    }
  }
  const saved = async () =>
    JSON.parse(await readFile(list(), 'utf8')) as readonly ListedIntervention[];

  it('switches a head off in the grid', async () => {
    const { panel } = workbench;
    await panel.locator('.head-cell[data-layer="4"][data-head="1"]').click();
    await workbench.page.keyboard.press('x');
    await next();
    await panel.locator('.head-cell.is-off').waitFor();
    await panel.locator('.run-state', { hasText: 'modified: 1 of 1 on' }).waitFor();
    await panel.locator('body').press('Shift+T');
    await agrees([{ at: { layer: 4, point: 'headOutput', heads: [1] }, how: { zero: true } }]);
    await workbench.picture('interventions-dark');
  });

  it('blocks an edge of the map', async () => {
    const { panel } = workbench;
    await rows().first().press('F9');
    await next();
    await panel.locator('.map-grid').focus();
    await workbench.page.keyboard.press('Shift+F10');
    await choose('Block an edge');
    await next();
    await agrees([
      {
        at: { layer: 4, point: 'maskedScores', heads: [1], tokens: [MASK], keys: [DOGS] },
        how: { block: true },
      },
    ]);
  });

  it('edits a token', async () => {
    const { panel } = workbench;
    await rows().nth(1).press('F9');
    await next();
    await workbench.token('dogs').click({ button: 'right' });
    await choose('Edit a token');
    await panel.getByRole('textbox', { name: 'Read instead' }).fill('dog');
    await workbench.page.keyboard.press('Enter');
    await next();
    await workbench.token('dog').waitFor();
    await agrees([{ at: { point: 'token', tokens: [DOGS] }, how: { text: 'dog' } }]);
  });

  it('steers, and patches a state of another text', async () => {
    const { panel, page } = workbench;
    await rows().nth(2).press('F9');
    await next();
    await panel.getByRole('tab', { name: 'Layers' }).click();
    const state = panel.locator(`.lens-pane .state-cell[data-state="4"][data-column="${DOGS}"]`);
    await state.click({ button: 'right' });
    await choose('Add a direction (steer)');
    await panel
      .getByRole('textbox', { name: /^Pairs/ })
      .fill('The cat near the house [MASK] black. | The cats near the house [MASK] black.');
    await panel.getByRole('textbox', { name: /^Number of the token/ }).fill('2');
    await page.keyboard.press('Enter');
    await next();
    const pairs = [
      {
        plus: 'The cat near the house [MASK] black.',
        minus: 'The cats near the house [MASK] black.',
        token: DOGS,
      },
    ];
    const place = { layer: 4, point: 'residual', tokens: [DOGS] } as const;
    await agrees([{ at: place, how: { add: { pairs }, times: 1 } }]);
    await rows().nth(3).press('F9');
    await next();
    await state.click({ button: 'right' });
    await choose('Patch from text B');
    await panel.getByRole('textbox', { name: 'Text B' }).fill(OTHER);
    await panel.locator('dialog vscode-button', { hasText: 'Patch' }).click();
    await next();
    await agrees([{ at: place, how: { from: { text: OTHER } } }]);
  });

  it('saves the list, which the command line reads, and opens it again', async () => {
    const { panel, page } = workbench;
    await rows().first().focus();
    await page.keyboard.press('Control+s');
    const field = page.locator('.quick-input-widget:visible input.input');
    await field.waitFor();
    await page.waitForFunction(
      () => (document.activeElement as HTMLInputElement | null)?.value.endsWith('.json') === true,
    );
    assert.ok((await field.inputValue()).endsWith(`${FILE}.interventions.json`));
    await field.fill(list());
    await field.press('Enter');
    for (let tries = 0; tries < 100; tries++) {
      if (
        await saved().then(
          one => one.length === 5,
          () => false,
        )
      )
        break;
      await page.waitForTimeout(100);
    }
    const kept = await saved();
    assert.deepEqual(
      kept.map(({ at, on = true }) => [at.point, on]),
      [
        ['headOutput', false],
        ['maskedScores', false],
        ['token', false],
        ['residual', false],
        ['residual', true],
      ],
    );
    await agrees(kept);
    for (let left = 5; left > 0; left--) {
      await rows().first().press('Delete');
      await next();
    }
    await panel.getByText('Nothing is changed.').waitFor();
    await panel.getByRole('button', { name: 'Open a list…' }).click();
    await page
      .locator('.quick-input-widget:visible')
      .getByText(path.basename(list()), { exact: true })
      .waitFor();
    await field.fill(list());
    await field.press('Enter');
    await next();
    await rows().nth(4).waitFor();
    await agrees(kept);
  });

  it('comes back after a reload of the window, with the same numbers', async () => {
    const before = await shown();
    await workbench.reloadWindow();
    await workbench.nextResult();
    await workbench.panel.locator('.run-state', { hasText: 'modified: 1 of 5 on' }).waitFor();
    assert.deepEqual(await shown(), before);
    await agrees(await saved());
  });

  it('opens an experiment with its words, its list and its place', async () => {
    const { panel, page } = workbench;
    void workbench.driver.call('command', { id: 'attentionDebugger.openExperiment' });
    const entry = page.locator('.quick-input-list-entry', { hasText: 'Steering' });
    await entry.waitFor();
    await workbench.picture('experiments-dark');
    await entry.click();
    await panel.locator('.experiment', { hasText: 'make “dog” plural' }).waitFor();
    await panel
      .locator('.locus-part', { hasText: /^HeadH2$/ })
      .first()
      .waitFor();
    assert.equal(await rows().count(), 3);
    await workbench.picture('experiment-dark');
    assert.deepEqual(workbench.log.errors, []);
  });
});
