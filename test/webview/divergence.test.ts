import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { openDivergence, OTHER_MODEL } from './support/divergenceView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';
import { RECIPES } from './support/recipes';

const tab = ({ page }: PanelPage, name = 'Divergence') => page.getByRole('tab', { name });

const region = ({ page }: PanelPage, name: string) =>
  page.getByRole('region', { name, exact: true });

/** What the cells print, row by row. */
const printed = async ({ page }: PanelPage, columns = 10): Promise<string[][]> => {
  const all = await page
    .locator('.divergence .share-drawing > g:last-of-type text')
    .allTextContents();
  const plain = all.map(text => text.replace(/\s/g, ''));
  return Array.from({ length: plain.length / columns }, (_, row) =>
    plain.slice(row * columns, (row + 1) * columns),
  );
};

/** Row and column of the frame. */
const framed = ({ page }: PanelPage): Promise<{ row: number; column: number } | null> =>
  page.evaluate(() => {
    const rects = [...document.querySelectorAll<SVGRectElement>('.share-drawing rect')];
    const cells = rects.filter(rect => rect.getAttribute('fill')?.startsWith('#'));
    const [first] = cells;
    const frame = rects.find(rect => rect.getAttribute('fill') === 'none');
    if (!first || !frame) return null;
    const number = (rect: Element, name: string): number => Number(rect.getAttribute(name));
    return {
      row: Math.round((number(frame, 'y') + 1.5) / (number(frame, 'height') - 2)),
      column: Math.round((number(frame, 'x') + 1.5) / (number(frame, 'width') - 2)),
    };
  });

const sentence = (panel: PanelPage): Promise<string> => panel.text('.divergence .sentence');

const locus = async ({ page }: PanelPage): Promise<string> =>
  (await page.locator('.locus-bar').innerText()).replace(/\s+/g, ' ');

describe('Divergence view', function () {
  this.timeout(300_000);
  let panel: PanelPage;
  after(closeBrowser);
  afterEach(async () => panel.close());

  it('its tab is there once another model was chosen, before Patching where the text is another one, too', async () => {
    panel = await PanelPage.open({ capture: 'decoder' });
    const { page } = panel;
    assert.equal(await tab(panel).count(), 0, 'the model that is offered unasked is none');
    await page.evaluate(
      reference =>
        window.host.emitModels([{ reference, label: 'export-2', detail: 'model.onnx, float32' }]),
      OTHER_MODEL,
    );
    await tab(panel, 'Masking').click();
    await page.getByRole('combobox', { name: 'Model of the other run' }).click();
    await page.getByRole('option', { name: 'export-2' }).click();
    await tab(panel).waitFor();
    assert.equal(await tab(panel, 'Patching').count(), 0);
    const text = page.getByRole('textbox', { name: 'Text of the other run' });
    await text.fill('another text');
    await text.press('Enter');
    await tab(panel, 'Patching').waitFor();
    assert.equal(await tab(panel, 'Patching').getAttribute('aria-disabled'), 'true');
    assert.match((await tab(panel, 'Patching').getAttribute('title')) ?? '', /same model/);
    await text.fill('');
    await text.press('Enter');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    assert.deepEqual(await panel.calls('firstDivergence'), [], 'nothing is compared unasked');
    await page.keyboard.press('7');
    await page.getByText('B is run, to be laid beside A.').first().waitFor();
    const asked = (await panel.calls('runSide')) as { slot: string; model: string }[];
    assert.equal(asked.filter(({ slot }) => slot === 'other').at(-1)?.model, OTHER_MODEL);
    const other = page.getByRole('combobox', { name: 'Compared with (B)' });
    const choose = async (name: string): Promise<void> => {
      await other.click();
      await page.getByRole('option', { name }).click();
    };
    const latest = async () => (await panel.calls('runSide')).at(-1) as { model: string };
    // Who leaves the dialogue stays where they were.
    await choose('A capture file…');
    await page.waitForFunction(() =>
      window.host.calls.some(({ method }) => method === 'chooseCapture'),
    );
    assert.equal((await latest()).model, OTHER_MODEL);
    await page.evaluate(
      () =>
        (window.host.captureFile = {
          reference: 'capture:/b.safetensors',
          label: 'b.safetensors',
          detail: 'Capture file',
        }),
    );
    await choose('A capture file…');
    await page.waitForFunction(() =>
      window.host.calls.some(
        ({ method, params }) =>
          method === 'runSide' && (params as { model: string }).model === 'capture:/b.safetensors',
      ),
    );
    assert.equal(await tab(panel).getAttribute('aria-selected'), 'true');
    await choose('Same model');
    await tab(panel).waitFor({ state: 'hidden' });
    assert.equal(await tab(panel, 'Attention').getAttribute('aria-selected'), 'true');
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('the grid says how far each tensor is apart, and frames the first place', async () => {
    panel = await openDivergence();
    const { page } = panel;
    await page.locator('.divergence .sentence', { hasText: 'L1 weights' }).waitFor();
    assert.equal(
      await sentence(panel),
      'The two files part at L1 weights: its inputs agree within rounding, its output differs by 43 % of a row’s weight. Everything before agrees; everything after inherits it.',
    );
    const cells = await printed(panel);
    assert.deepEqual(cells[0], [...Array<string>(9).fill('–'), '0'], 'embeddings');
    assert.deepEqual(cells[1], ['0', '0', '0', '0', '0', '–', '0', '0', '0', '0'], 'layer 0');
    assert.deepEqual(cells[2]?.slice(0, 9), [
      '0',
      '0',
      '0',
      '0',
      '43%',
      '85%',
      '88%',
      '16%',
      '26%',
    ]);
    assert.deepEqual(cells.at(-1), [...Array<string>(9).fill('–'), '10%'], 'output');
    assert.equal(cells.length, 8);
    assert.deepEqual(await framed(panel), { row: 2, column: 4 });
    const place = region(panel, 'First place');
    const words = (await place.innerText()).replace(/\s+/g, ' ');
    for (const said of [
      'Where L1 weights',
      'Relative error .43 of a row',
      'Its inputs 0 (scores agree)',
      'Rounding explains 3·10⁻⁵',
      'Most at token get 9, head 2',
      'Node Softmax /layers.1/attn/Softmax',
      'think of the mask',
    ]) {
      assert.ok(words.includes(said), `${said} in ${words}`);
    }
    assert.match(await region(panel, 'Residual stream, each token').innerText(), /worst:\s*get/);
    const output = (await region(panel, 'Output').innerText()).replace(/\s+/g, ' ');
    assert.match(output, /mean, largest KL \.014, \.121 first choice differs 1 of 16 tokens/);
    assert.match(await panel.text('.divergence-missing'), /B computes it inside one operator/);
    // The same numbers by other measures.
    await page.getByRole('radio', { name: 'Absolute' }).click();
    assert.deepEqual((await printed(panel))[2]?.slice(3, 6), ['0', '.86', '1.70']);
    await page.getByRole('radio', { name: 'Cosine' }).click();
    assert.deepEqual((await printed(panel))[2]?.slice(3, 6), ['1', '.92', '.76']);
    assert.deepEqual(await framed(panel), { row: 2, column: 4 });
    await page.getByRole('radio', { name: 'Relative error' }).click();
    // On the other text they agree.
    assert.equal(
      await page.getByRole('radio', { name: 'Text ≠' }).getAttribute('aria-checked'),
      'true',
    );
    await page.getByRole('radio', { name: 'Padded pair' }).click();
    assert.equal(await framed(panel), null);
    assert.deepEqual((await printed(panel))[2]?.slice(3, 6), ['0', '0', '0']);
    assert.match(await sentence(panel), /^The two files part at L1 weights/);
    assert.equal((await panel.calls('firstDivergence')).length, 1);
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('by keys alone: Home, arrows, Enter, T, Shift+T; and by the button', async () => {
    panel = await openDivergence();
    const { page } = panel;
    await page.locator('.divergence .sentence', { hasText: 'L1 weights' }).waitFor();
    const line = () => panel.text('.divergence-grid .divergence-line');
    await page.keyboard.press('Home');
    assert.match(
      await line(),
      /^layer 1, weights: 43 % of a row’s weight, largest .* \.86, cosine \.92$/,
    );
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    assert.equal(
      await line(),
      'layer 0, head output: at least one of the two files does not show it',
    );
    await page.keyboard.press('Enter');
    assert.equal(
      await tab(panel).getAttribute('aria-selected'),
      'true',
      'there is nothing to open',
    );
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.locator('#tab-masking[aria-selected="true"]').waitFor();
    assert.match(await locus(panel), /^Layer 1 Head 2 Q ·get 9/);
    await page.keyboard.press('7');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    assert.match(await line(), /^layer 2, value: /);
    await page.keyboard.press('Enter');
    await page.locator('#tab-computation[aria-selected="true"]').waitFor();
    assert.match(await locus(panel), /^Layer 2 /);
    await page.keyboard.press('7');
    await page.getByRole('button', { name: 'Go there' }).click();
    await page.locator('#tab-masking[aria-selected="true"]').waitFor();
    assert.match(await locus(panel), /^Layer 1 Head 2 Q ·get 9/);
    await page.keyboard.press('7');
    await page.keyboard.press('t');
    await page.getByRole('radio', { name: 'Each token', checked: true }).waitFor();
    const tokens = RECIPES.decoder.tokens.decoder.length;
    const cells = await printed(panel, tokens);
    assert.deepEqual(cells[1], Array<string>(tokens).fill('0'), 'what layer 0 wrote');
    assert.equal(cells[2]?.[9], '90%', 'what layer 1 wrote');
    await page.keyboard.press('Shift+T');
    const table = page.getByRole('group', { name: 'As a table' }).getByRole('table');
    assert.match(await table.innerText(), /layer 1\s/);
    await page.keyboard.press('t');
    assert.match(await table.innerText(), /layer 1\s+0\s+0\s+0\s+0\s+43/);
    assert.equal((await panel.calls('firstDivergence')).length, 1);
  });

  it('long: it says how far it is; Esc stops it; it is made when asked; a closed view asks nothing', async () => {
    panel = await openDivergence({ isHeld: true });
    const { page } = panel;
    await page.getByText('40 % compared').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('The comparison was stopped before it was whole.').first().waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('7');
    assert.equal((await panel.calls('firstDivergence')).length, 1, 'it is not begun again unasked');
    await page.getByRole('button', { name: 'Compare', exact: true }).last().click();
    await page.getByText('40 % compared').waitFor();
    await page.keyboard.press('1');
    await page.evaluate(() => (window.host.divergence.mayEnd = true));
    await page.evaluate(() => window.host.show('decoder', { id: 'decoder-again' }));
    await panel.ready('decoder-again');
    assert.equal((await panel.calls('firstDivergence')).length, 2);
    await page.keyboard.press('7');
    await page.locator('.divergence .sentence', { hasText: 'L1 weights' }).waitFor();
    assert.deepEqual((await panel.calls('firstDivergence')).at(-1), {
      before: 'decoder-again',
      after: 'other-model',
    });
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('what the inspector refuses is the sentence, and can be tried again; so is a run of B that failed', async () => {
    const refusal =
      'The two models have different tokenizers, so the same text is not the same ids.';
    panel = await openDivergence({ fault: refusal });
    const { page } = panel;
    await page.locator('.divergence .sentence', { hasText: refusal }).waitFor();
    assert.equal(await page.locator('.divergence-columns').isVisible(), false);
    await page.evaluate(() => delete window.host.layers.faults['firstDivergence']);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.divergence .sentence', { hasText: 'L1 weights' }).waitFor();
    await page.evaluate(() =>
      window.host.emit('side', {
        slot: 'other',
        state: {
          kind: 'failed',
          error: { code: 'model-missing', message: 'There is no model at export-2.' },
          remedies: [],
        },
      }),
    );
    await page
      .locator('.divergence .sentence', {
        hasText: 'B could not be run: There is no model at export-2.',
      })
      .waitFor();
    const before = (await panel.calls('runSide')).length;
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForFunction(
      count => window.host.calls.filter(({ method }) => method === 'runSide').length > count,
      before,
    );
  });

  for (const [name, said, cell] of [
    ['same', /the two files compute the same, number for number/, '0'],
    [
      'rounding',
      /largest relative error is 10⁻⁶, at .*; rounding explains 3·10⁻⁵ \(float32\)/,
      '10⁻⁶',
    ],
    ['infinite', /part at L1 weights: .* its output has numbers that are not finite/, '∞'],
    ['padded', /^Only on a padded pair: the two files part at L1 weights/, '43%'],
  ] as const) {
    it(`${name}: the sentence and the cells say so`, async () => {
      panel = await openDivergence({ name });
      await panel.page.locator('.divergence .sentence', { hasText: said }).waitFor();
      assert.equal((await printed(panel))[2]?.[4], cell);
      const isFramed = name === 'infinite' || name === 'padded';
      assert.equal((await framed(panel)) !== null, isFramed);
      // Padding does not count.
      const flips = isFramed ? 1 : 0;
      const output = (await region(panel, 'Output').innerText()).replace(/\s+/g, ' ');
      assert.ok(output.includes(`first choice differs ${flips} of 16 tokens`), output);
      assert.ok(!(await panel.text('.divergence')).includes('NaN'));
      assert.deepEqual(await panel.allProblems(), []);
    });
  }

  it('of a model with two stacks the attention of the locus; places name their stack', async () => {
    panel = await openDivergence({ capture: 'translation' });
    const { page } = panel;
    await page
      .locator('.divergence .sentence', { hasText: 'part at decoder L1 weights' })
      .waitFor();
    assert.equal(await framed(panel), null, 'the encoder is on show');
    await page.getByRole('radio', { name: 'Decoder', exact: true }).click();
    assert.deepEqual(await framed(panel), { row: 2, column: 4 });
    await page.getByRole('radio', { name: 'Cross', exact: true }).click();
    const cells = await printed(panel);
    // No cross weights are known, and the feed-forward network is the layer's.
    assert.deepEqual([cells[2]?.[4], cells[2]?.[8]], ['–', '26%']);
    assert.equal(await framed(panel), null);
  });

  it('the grid and the lines are figures with both models and the floor', async () => {
    panel = await openDivergence();
    const { page } = panel;
    await page.locator('.divergence .sentence', { hasText: 'L1 weights' }).waitFor();
    for (const figure of [/each tensor/, /residual stream and output/]) {
      for (const name of ['SVG picture…', 'CSV table…']) {
        await page.getByRole('button', { name: 'Export' }).click();
        await page.getByRole('menuitemradio', { name: figure }).click();
        await page.getByRole('menuitem', { name }).click();
      }
    }
    await page.waitForFunction(
      () => window.host.calls.filter(({ method }) => method === 'saveFigure').length === 4,
    );
    const saved = (await panel.calls('saveFigure')) as { data: string }[];
    const [grid, cells, lines, tokens] = saved.map(({ data }) => data);
    assert.match(grid ?? '', />43\s%<\/text>/);
    assert.match(grid ?? '', /rounding/);
    assert.match(
      cells ?? '',
      /stack,attention,layer,tensor,relative error,largest difference,cosine/,
    );
    assert.match(cells ?? '', /\ndecoder,self,1,weights,0\.43,0\.86,/);
    assert.match(cells ?? '', /First place[^\n]*L1 weights/);
    assert.match(lines ?? '', /<path[^>]*stroke-dasharray/);
    assert.match(tokens ?? '', /token,text,embeddings,layer 0,/);
    assert.match(tokens ?? '', /\n9,get,0,0,0\.9/);
  });

  for (const theme of THEMES) {
    it(`nothing for axe-core to find, by tensor and by token, wide and narrow (${theme})`, async () => {
      panel = await openDivergence({ theme });
      const { page } = panel;
      await page.locator('.divergence .sentence', { hasText: 'L1 weights' }).waitFor();
      await panel.screenshot(`divergence-${theme}-1200`);
      assert.deepEqual(await accessibilityProblems(panel), []);
      await page.keyboard.press('t');
      await page.keyboard.press('Shift+T');
      await page.setViewportSize({ width: 480, height: 900 });
      await page.getByRole('group', { name: 'As a table' }).getByRole('table').waitFor();
      assert.deepEqual(await accessibilityProblems(panel), []);
      await page.keyboard.press('t');
      await page.keyboard.press('Shift+T');
      await panel.screenshot(`divergence-${theme}-480`);
      for (const width of [480, 1200]) {
        await page.setViewportSize({ width, height: 900 });
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.ok(over <= 0, `${over} pixels too wide at ${width}`);
      }
      assert.deepEqual(await panel.allProblems(), []);
    });
  }
});
