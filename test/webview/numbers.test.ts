import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { createInspector } from '../../src/inspector/inspector';
import { readSafetensors, toFloat32 } from '../../src/inspector/files/safetensors';
import { seededRandom } from '../support/seededRandom';
import { closeBrowser, PanelPage } from './support/panelPage';
import { cellPoint, written } from './support/reading';

const TIGER = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
/** Cells, and rows, of each model. */
const SAMPLES = 25;

/** A number as tables write it. */
const decimal = (value: number, digits = 2): string => value.toFixed(digits).replace('-', '−');

/** Whether a row of a table says these numbers to the precision that it prints. */
function agrees(row: readonly string[], expected: readonly (string | number)[]): boolean {
  return expected.every((value, i) => {
    const shown = row[i] ?? '';
    if (typeof value === 'string') return shown === value;
    const digits = shown.split('.')[1]?.length ?? 0;
    // Half a unit of the last digit, and what float32 leaves open.
    return (
      digits >= 2 && Math.abs(Number(shown.replace('−', '-')) - value) <= 0.5 * 10 ** -digits + 1e-6
    );
  });
}

/** The command line's dump of a run, by layer, head, query and key. */
class Dump {
  private constructor(private readonly tensors: ReturnType<typeof readSafetensors>) {}

  static async of(stack: string, folder: string): Promise<Dump> {
    const file = join(folder, `${stack}.safetensors`);
    const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'inspect'];
    const args = ['--model', `models/${stack}`, '--text', TIGER, '--dump', file];
    const { status, stderr } = spawnSync(process.execPath, [...command, ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return new Dump(readSafetensors(await readFile(file)));
  }

  /** `[...rest]` at the leading indices of a tensor. */
  part(name: string, ...indices: readonly number[]): Float32Array {
    const tensor = this.tensors.get(name);
    assert.ok(tensor, `${name} is not in the dump`);
    const { dims } = tensor;
    const size = dims.slice(1 + indices.length).reduce((product, dim) => product * dim, 1);
    const start = indices.reduce((at, index, i) => at * (dims[i + 1] ?? 1) + index, 0) * size;
    return toFloat32(tensor).slice(start, start + size);
  }
}

for (const stack of ['encoder', 'decoder'] as const) {
  describe(`numbers on screen and in the command line’s dump: ${stack}`, function () {
    this.timeout(300_000);
    const inspector = createInspector();
    let folder: string;
    let dump: Dump;
    let panel: PanelPage;
    let tokens = 0;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'attention-debugger-numbers-'));
      dump = await Dump.of(stack, folder);
      const model = resolve('models', stack);
      const params = { model, text: TIGER, maximumTokens: 512 };
      const summary = await inspector.inspect(params, () => undefined, NEVER_CANCELLED);
      tokens = summary.tokens[stack]?.length ?? 0;
      panel = await PanelPage.open({ capture: 'bridge', inspector });
      await panel.page.evaluate(run => window.host.showRun(run), summary);
      await panel.ready(summary.id);
    });
    after(async () => {
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
      closeBrowser();
      await rm(folder, { recursive: true });
    });

    const showHead = async (layer: number, head: number): Promise<void> => {
      await panel.page.locator(`.head-cell[data-layer="${layer}"][data-head="${head}"]`).click();
      await panel.page.waitForFunction(
        wanted => document.querySelector('.sentence')?.textContent.startsWith(wanted),
        `In layer ${layer}, head ${head}, `,
      );
    };
    const places = (seed: number) => {
      const random = seededRandom(seed);
      const below = (count: number) => Math.floor(random() * count);
      return Array.from({ length: SAMPLES }, () => ({
        layer: below(6),
        head: below(4),
        query: below(tokens),
        key: below(tokens),
      }));
    };

    it(`${SAMPLES} cells, by their names in the grid`, async () => {
      for (const { layer, head, query, key } of places(1)) {
        await showHead(layer, head);
        const point = await cellPoint(panel, query, key);
        await panel.page.mouse.move(0, 0);
        await panel.page.mouse.move(point.x, point.y);
        const name = await panel.page
          .locator('.map-cell.pointed[aria-label*=", "]')
          .getAttribute('aria-label');
        const row = dump.part(`${stack}.layers.${layer}.self.weights`, head, query);
        const seen = stack === 'decoder' ? row.slice(0, query + 1) : row;
        const weight = row[key] ?? NaN;
        const rank = 1 + seen.filter(other => other > weight).length;
        const expected =
          key < seen.length
            ? `, weight ${written(weight)}, rank ${rank} of ${seen.length}`
            : ', blocked by the mask';
        assert.ok(name?.endsWith(expected), `L${layer}H${head} ${query} → ${key}: ${name ?? ''}`);
      }
    });

    it(`${SAMPLES} rows, weights and scores, by the table of the row`, async () => {
      await panel.page.keyboard.press('Shift+T');
      for (const { layer, head, query } of places(2)) {
        await showHead(layer, head);
        await panel.page.locator(`.token[data-index="${query}"]`).click();
        await panel.page.waitForSelector(`.token.is-query[data-index="${query}"]`);
        const prefix = `${stack}.layers.${layer}.self`;
        const weights = dump.part(`${prefix}.weights`, head, query);
        const scores = dump.part(`${prefix}.scores`, head, query);
        const seen = stack === 'decoder' ? query + 1 : tokens;
        const expected = [...weights.keys()]
          .slice(0, seen)
          .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
          .slice(0, 10)
          .map(key => [String(key), written(weights[key] ?? NaN), decimal(scores[key] ?? NaN)]);
        await panel.page.waitForFunction(
          ([first, count]) => {
            const rows = document.querySelectorAll('.distribution tbody tr');
            return rows.length === count && rows[0]?.textContent.endsWith(first);
          },
          [expected[0]?.join('') ?? '', expected.length] as const,
        );
        const rows = await panel.page.locator('.distribution tbody tr').allInnerTexts();
        assert.deepEqual(
          rows.map(row => row.split('\t').slice(1)),
          expected,
          `L${layer}H${head} query ${query}`,
        );
      }
    });

    it(`${SAMPLES} rows through the stages of the computation, by its table`, async () => {
      const { sites } = await inspector.describe(
        { model: resolve('models', stack) },
        () => undefined,
        NEVER_CANCELLED,
      );
      for (const { layer, head, query } of places(3)) {
        await panel.page.locator('#tab-attention').click();
        await showHead(layer, head);
        await panel.page.locator(`.token[data-index="${query}"]`).click();
        await panel.page.waitForSelector(`.token.is-query[data-index="${query}"]`);
        await panel.page.locator('#tab-computation').click();

        const prefix = `${stack}.layers.${layer}.self`;
        const of = (name: string, ...at: number[]) => dump.part(`${prefix}.${name}`, head, ...at);
        const [weights, scores, masked] = ['weights', 'scores', 'maskedScores'].map(name =>
          of(name, query),
        );
        assert.ok(weights && scores && masked);
        const seen = stack === 'decoder' ? query + 1 : tokens;
        const largest = Math.max(...masked.slice(0, seen));
        const scale = sites.find(site => site.layer === layer)?.scale ?? NaN;
        const expected = [...weights.keys()]
          .slice(0, seen)
          .sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0))
          .slice(0, 10)
          .map(key => [
            String(key),
            (scores[key] ?? NaN) / scale,
            scores[key] ?? NaN,
            masked[key] ?? NaN,
            Math.exp((masked[key] ?? NaN) - largest),
            weights[key] ?? NaN,
          ]);
        const table = panel.page.locator('.computation .table tbody tr');
        const read = async () => (await table.allInnerTexts()).map(row => row.split('\t').slice(1));
        const isShown = (rows: string[][]) =>
          rows.length === expected.length && rows.every((row, i) => agrees(row, expected[i] ?? []));
        let rows = await read();
        for (let turn = 0; turn < 100 && !isShown(rows); turn++) {
          await panel.page.evaluate(() => new Promise(done => requestAnimationFrame(done)));
          rows = await read();
        }
        assert.ok(
          isShown(rows),
          `L${layer}H${head} query ${query}: ${JSON.stringify(rows)}, expected ${JSON.stringify(expected)}`,
        );
      }
    });
  });
}
