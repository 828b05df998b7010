import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import type { CaptureSummary } from '../../src/protocol/capture';
import { toErrorReport } from '../../src/protocol/errors';
import { NEVER_CANCELLED } from '../../src/protocol/rpc';
import { createInspector } from '../../src/inspector/inspector';
import { openLayers, seenCells, showLayers, tableRows } from './support/layersView';
import { closeBrowser, PanelPage } from './support/panelPage';

const TIGER = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const MODELS = {
  encoder: { kinds: ['maskedLm', 'logitLens'], target: undefined },
  decoder: { kinds: ['logitLens'], target: undefined },
  'encoder-decoder': { kinds: ['logitLens'], target: 'The tiger jumped' },
} as const;
const KIND_NAMES = { maskedLm: 'Masked-LM', logitLens: 'Logit lens' } as const;

/** Whether a printed number is this one, to the precision that it prints. */
function agrees(shown: string | undefined, value: number): boolean {
  const digits = shown?.split('.')[1]?.length ?? 0;
  const read = Number(shown?.replace('−', '-'));
  return digits >= 2 && Math.abs(read - value) <= 0.5 * 10 ** -digits + 1e-6;
}

for (const [model, { kinds, target }] of Object.entries(MODELS)) {
  describe(`Layers view: numbers on screen and of the inspector: ${model}`, function () {
    this.timeout(300_000);
    const inspector = createInspector({ treebank: resolve('models/treebank/treebank.conllu') });
    const call = <M extends 'lens' | 'residuals' | 'attribution' | 'distribution'>(
      method: M,
      params: Parameters<(typeof inspector)[M]>[0],
    ): ReturnType<(typeof inspector)[M]> =>
      inspector[method](params, () => undefined, NEVER_CANCELLED) as never;
    let summary: CaptureSummary;
    let panel: PanelPage;
    let stack: 'encoder' | 'decoder';
    let query = 0;

    before(async () => {
      const text = { text: TIGER, maximumTokens: 512, ...(target ? { target } : {}) };
      const params = { model: resolve('models', model), ...text };
      summary = await inspector.inspect(params, () => undefined, NEVER_CANCELLED);
      stack = summary.model.stacks.includes('decoder') ? 'decoder' : 'encoder';
      panel = await PanelPage.open({ capture: 'bridge', inspector });
      await panel.page.evaluate(run => window.host.showRun(run), summary);
      await panel.ready(summary.id);
      await showLayers(panel);
      await panel.page.keyboard.press('Shift+T');
      query = (summary.tokens[stack]?.length ?? 0) - 2;
    });
    after(async () => {
      await panel.close();
      closeBrowser();
    });

    it('predictions by layer of every kind that the model has', async () => {
      const count = summary.tokens[stack]?.length ?? 0;
      for (const kind of kinds) {
        if (kinds.length > 1)
          await panel.page.getByRole('radio', { name: KIND_NAMES[kind] }).click();
        const lens = await call('lens', { capture: summary.id, kind, from: 0, count, best: 10 });
        const top = (state: number, column: number): number =>
          lens.ids[(state * lens.count + column) * lens.best] ?? -1;
        await panel.page.locator('.lens-pane .layer-note', { hasText: lens.note }).waitFor();
        await panel.page.locator(`.lens-pane [data-state="1"][data-column="${query}"]`).click();
        await panel.page.locator(`.state-cell.here[data-column="${query}"]`).first().waitFor();
        const cells = await seenCells(panel);
        assert.equal(cells.length, lens.states * count);
        for (const { state, column, text, isMarked, isOut } of cells) {
          const id = top(state, column);
          assert.equal(isOut, id < 0);
          if (id < 0) continue;
          const where = `${kind}, state ${state}, token ${column}: ${text}`;
          const wanted = (lens.texts[id] ?? '').trim();
          const start = wanted.slice(0, 6);
          if (/^\w+$/.test(wanted)) assert.ok(text.replace('·', '').startsWith(start), where);
          assert.equal(isMarked, id === lens.expectedIds[column], where);
        }
        const [, ...rows] = await tableRows(panel, 'Predictions by layer');
        assert.equal(rows.length, lens.states);
        rows.forEach(([, , probability, expected], state) => {
          const at = state * lens.count + query;
          assert.ok(agrees(probability, lens.probabilities[at * lens.best] ?? NaN), probability);
          const there = lens.expected[at] ?? NaN;
          assert.ok(Number.isNaN(there) ? expected === '–' : agrees(expected, there), expected);
        });
      }
    });

    it('norms, CKA and cosine of the stack of the locus', async () => {
      const residuals = await call('residuals', { capture: summary.id, stack });
      const { states, tokens } = residuals;
      const [, ...norms] = await tableRows(panel, 'Residual stream norm');
      assert.equal(norms.length, states);
      norms.forEach(([, , , , own, first], state) => {
        assert.ok(agrees(own, residuals.norms[state * tokens + query] ?? NaN), own);
        assert.ok(agrees(first, residuals.norms[state * tokens] ?? NaN), first);
      });
      for (const [name, values] of [
        ['Linear CKA', residuals.cka],
        ['Cosine', residuals.cosine],
      ] as const) {
        await panel.page.getByRole('radio', { name, exact: true }).click();
        await panel.page.locator('table caption', { hasText: name }).waitFor();
        const [, ...rows] = await tableRows(panel, 'Similarity between layers');
        rows.forEach(([, ...cells], row) =>
          cells.forEach((cell, column) =>
            assert.ok(agrees(cell, values[row * states + column] ?? NaN), `${name} ${cell}`),
          ),
        );
      }
    });

    it('the parts of a logit, or the sentence that says why there are none', async () => {
      const params = { capture: summary.id, token: query };
      const pane = panel.page.getByRole('region', { name: 'Direct logit attribution' });
      const found = await call('attribution', params).catch(
        (error: unknown) => toErrorReport(error).message,
      );
      if (typeof found === 'string') {
        await pane.getByText(found).waitFor();
        return;
      }
      await pane.locator('.attribution-bars .number').first().waitFor();
      const [, ...rows] = await tableRows(panel, 'Direct logit attribution');
      const parts = found.layers.flatMap(({ attention, cross, mlp }) =>
        cross === undefined ? [attention, mlp] : [attention, cross, mlp],
      );
      const values = [found.embedding, ...parts, found.constant];
      assert.equal(rows.length, values.length + 2);
      values.forEach((value, i) => assert.ok(agrees(rows[i]?.[1], value), rows[i]?.join()));
      assert.ok(agrees(rows.at(-1)?.[1], found.logit), rows.at(-1)?.join());
    });

    it('the probes that come with the model, or that there are none', async () => {
      const report = await inspector.probes(
        { model: resolve('models', model) },
        () => undefined,
        NEVER_CANCELLED,
      );
      const pane = panel.page.getByRole('region', { name: 'Probes', exact: true });
      if (!report) {
        await pane.getByText('No probes were fitted').waitFor();
        return;
      }
      await pane.locator('table').waitFor();
      const [, ...rows] = await tableRows(panel, 'Probes');
      const scores = report.tasks.flatMap(({ scores, majority }) =>
        scores.map(one => ({ ...one, majority })),
      );
      assert.equal(rows.length, scores.length);
      scores.forEach(({ accuracy, f1, control, majority, compression }, i) => {
        const [, , shown, , f, c, , m, x] = rows[i] ?? [];
        const wanted = [accuracy.value, f1, control, majority].map(share =>
          (share * 100).toFixed(1),
        );
        assert.deepEqual([shown, f, c, m, x], [...wanted, compression.toFixed(2)]);
      });
      assert.ok((await pane.innerText()).includes(report.caveats));
    });

    it('the next token’s candidates', async () => {
      if (stack === 'encoder') return;
      const token = (summary.tokens.decoder?.length ?? 0) - 1;
      const sampling = { temperature: 1, topK: 0, topP: 1 };
      const found = await call('distribution', {
        capture: summary.id,
        token,
        count: 100,
        ...sampling,
      });
      const [, ...rows] = await tableRows(panel, 'Next token');
      assert.equal(rows.length, 10);
      found.candidates.slice(0, 10).forEach(({ logit, probability, sampled }, i) => {
        const [, shownLogit, shownProbability, drawn] = rows[i] ?? [];
        assert.ok(agrees(shownLogit, logit), shownLogit);
        assert.ok(agrees(shownProbability, probability), shownProbability);
        assert.ok(agrees(drawn, sampled), drawn);
      });
    });
  });
}

describe('Layers view: exports', () => {
  after(closeBrowser);

  it('every figure as SVG, PNG and CSV', async () => {
    const panel = await openLayers({ capture: 'decoder' });
    const { page } = panel;
    await page.getByRole('combobox', { name: 'Labels of' }).click();
    await page.getByRole('option', { name: 'Part of speech' }).click();
    await page.getByRole('button', { name: 'Measure every head' }).click();
    await page.getByRole('region', { name: 'Syntax by heads' }).getByRole('table').waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const items = page.getByRole('menuitemradio');
    const names = await items.allInnerTexts();
    assert.deepEqual(
      names.map(name => name.trim()),
      [
        'Predictions by layer',
        'Part of speech by layer',
        'Top 5, state L3',
        'Probes',
        'Residual stream norm',
        'Similarity between layers, Linear CKA',
        'Next token',
        'Direct logit attribution',
        'Syntax by heads',
      ],
    );
    await page.keyboard.press('Escape');
    for (const name of names) {
      for (const format of ['SVG', 'PNG', 'CSV']) {
        const before = (await panel.calls('saveFigure')).length;
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('menuitemradio', { name: name.trim(), exact: true }).click();
        await page.getByRole('menuitem', { name: format }).click();
        await page.waitForFunction(
          made => window.host.calls.filter(call => call.method === 'saveFigure').length > made,
          before,
        );
      }
    }
    const files = await page.evaluate(() =>
      window.host.calls
        .filter(call => call.method === 'saveFigure')
        .map(call => {
          const { name, format, data } = call.params as {
            name: string;
            format: string;
            data: unknown;
          };
          return {
            name,
            format,
            text: typeof data === 'string' ? data : '',
            size: data instanceof Uint8Array ? data.length : 0,
          };
        }),
    );
    assert.equal(files.length, names.length * 3);
    for (const { name, format, text, size } of files) {
      if (format === 'png') assert.ok(size > 2000, `${name} has ${size} bytes`);
      else if (format === 'svg') {
        const problem = await page.evaluate(
          svg =>
            new DOMParser().parseFromString(svg, 'image/svg+xml').querySelector('parsererror')
              ?.textContent,
          text,
        );
        assert.equal(problem, undefined, name);
        assert.ok(!/NaN|undefined|var\(/.test(text), name);
      } else {
        const lines = text.split('\r\n').filter(line => line !== '' && !/^"?#/.test(line));
        assert.ok(lines.length > 5, `${name} has ${lines.length} lines`);
        assert.ok(!text.includes('undefined'), name);
      }
    }
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });
});
