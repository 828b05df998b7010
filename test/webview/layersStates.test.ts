import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { longEncoder, openLayers, showLayers, tableRows } from './support/layersView';
import { closeBrowser, PanelPage, THEMES } from './support/panelPage';

const SECTIONS = [
  'Predictions by layer',
  'Labels by layer',
  'Probes',
  'Residual stream norm',
  'Similarity between layers',
  'Selected cell',
  'Direct logit attribution',
  'Syntax by heads',
] as const;

const region = ({ page }: PanelPage, name: string) =>
  page.getByRole('region', { name, exact: true });

/** Opens the view where some methods answer with a sentence. */
async function openFaulty(faults: Record<string, string>): Promise<PanelPage> {
  const panel = await PanelPage.open();
  await panel.page.evaluate(made => Object.assign(window.host.layers.faults, made), faults);
  await showLayers(panel);
  return panel;
}

/** Shows labels, heads and tables, so that everything that the view has is drawn. */
async function showEverything(panel: PanelPage): Promise<void> {
  const { page } = panel;
  await page.getByRole('combobox', { name: 'Labels of' }).click();
  await page.getByRole('option', { name: 'Part of speech' }).click();
  await page.getByRole('grid', { name: /^Part of speech by layer/ }).waitFor();
  await page.getByRole('button', { name: 'Measure every head' }).click();
  await region(panel, 'Syntax by heads').getByRole('table').waitFor();
  await page.getByRole('heading', { name: 'Probes' }).click();
  await page.keyboard.press('Shift+T');
  await region(panel, 'Probes').getByRole('table').waitFor();
}

describe('Layers view: what cannot be had', () => {
  let panel: PanelPage;

  after(closeBrowser);
  afterEach(async () => panel.close());

  it('a model without logits: a sentence in its sections, everything else stays', async () => {
    const sentence = 'tiny returns no logits, so nothing is predicted. Choose another model.';
    panel = await openFaulty({ lens: sentence, attribution: sentence });
    await region(panel, 'Predictions by layer').getByText(sentence).waitFor();
    await region(panel, 'Direct logit attribution').getByText(sentence).waitFor();
    assert.equal(await region(panel, 'Predictions by layer').getByRole('grid').count(), 0);
    await panel.page.locator('.probe-figure').first().waitFor();
    assert.equal(await panel.page.getByText(sentence).count(), 2);
    assert.match(await panel.text('.layers .sentence'), /^The residual stream of thirst has norm/);
    await panel.page.evaluate(() => delete window.host.layers.faults['lens']);
    await panel.page.getByRole('button', { name: 'Try again' }).click();
    await panel.page
      .getByText(/masked, the model first ranks/)
      .first()
      .waitFor();
  });

  it('hidden states that were refused: the residual stream’s two sections say so', async () => {
    const sentence =
      'The hidden states of tiny are not what its layers add up. Choose another model.';
    panel = await openFaulty({ residuals: sentence });
    for (const name of ['Residual stream norm', 'Similarity between layers']) {
      await region(panel, name).getByText(sentence).waitFor();
      assert.equal(await region(panel, name).locator('svg text').count(), 0, name);
    }
    await panel.page
      .getByText(/masked, the model first ranks/)
      .first()
      .waitFor();
  });

  it('probes that were never fitted: no charts, no labels, and what to do', async () => {
    panel = await PanelPage.open();
    await panel.page.evaluate(() => window.host.layers.fitted.clear());
    await showLayers(panel);
    await region(panel, 'Probes').getByText('Choose Fit probes… to fit some.').waitFor();
    assert.equal(await panel.page.locator('.probe-figure').count(), 0);
    assert.equal(await region(panel, 'Labels by layer').count(), 0);
    assert.doesNotMatch(await panel.text('.layers .sentence'), /centre of gravity/);
  });

  it('one token of text: predictions and norms, no similarity', async () => {
    panel = await openLayers({ capture: 'short' });
    await region(panel, 'Similarity between layers')
      .getByText('Too few tokens to compare the layers.')
      .waitFor();
    await panel.page.locator('.state-cell.here').first().waitFor();
    assert.deepEqual(await panel.allProblems(), []);
  });

  it('a capture file: nothing can be written on', async () => {
    panel = await openLayers({ capture: 'decoder' });
    await panel.page.evaluate(() => {
      const { summary } = window.host.capture('decoder', 'file-1');
      window.host.showRun({ ...summary, file: '/tmp/some.safetensors' });
    });
    await panel.ready('file-1');
    const pane = region(panel, 'Next token');
    await pane.getByText('A capture file cannot be written on').waitFor();
    const step = pane.getByRole('button', { name: 'Step', exact: true });
    assert.notEqual(await step.getAttribute('disabled'), null);
  });

  it('an encoder–decoder: predictions of the decoder, the residual stream of the locus’s stack', async () => {
    panel = await openLayers({ capture: 'translation' });
    await panel.page.locator('.lens-pane .state-cell').first().waitFor();
    const tokens = panel.page.locator('.lens-pane .state-token');
    assert.deepEqual(await tokens.allInnerTexts(), [
      '[BOS]',
      'der',
      'Tiger',
      'sprang',
      'herunter',
      '.',
    ]);
    await panel.page.keyboard.press('Shift+T');
    assert.equal((await tableRows(panel, 'Residual stream norm'))[0]?.[4], 'thirst');
    await panel.page.locator('.lens-pane [data-state="2"][data-column="3"]').click();
    assert.match(await panel.text('.locus'), /Layer ?1 .*Q ?sprang ?3/);
    await panel.page.waitForFunction(
      () =>
        document.querySelector('[aria-label="Residual stream norm"] th:nth-child(5)')
          ?.textContent === 'sprang',
    );
    await region(panel, 'Direct logit attribution').getByText('L1 cross').first().waitFor();
    assert.deepEqual(await panel.allProblems(), []);
  });
});

describe('Layers view: everywhere', () => {
  after(closeBrowser);

  for (const theme of THEMES) {
    // The other widths of each theme, without tables, are tests of every view.
    for (const width of [theme.includes('dark') || theme === 'high-contrast' ? 1200 : 480]) {
      it(`axe-core finds nothing in ${theme} at ${width}, and nothing sticks out`, async () => {
        const panel = await openLayers({ capture: 'encoder', theme, width });
        await panel.page.locator('.probe-figure svg text').first().waitFor();
        await panel.screenshot(`layers-${theme}-${width}`);
        await showEverything(panel);
        assert.deepEqual(await accessibilityProblems(panel, 'everywhere'), []);
        const over = await panel.page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.ok(over <= 0, `${over} pixels too wide`);
        await panel.page.evaluate(() => window.host.show('decoder'));
        await panel.ready('decoder-1');
        await region(panel, 'Next token').locator('.layer-bar').first().waitFor();
        assert.deepEqual(await accessibilityProblems(panel, 'everywhere'), []);
        await panel.screenshot(`layers-decoder-${theme}-${width}`);
        assert.deepEqual(await panel.allProblems(), []);
        await panel.close();
      });
    }
  }

  it('fits from 300 to 1400 pixels; every section folds where it is narrow', async () => {
    for (const capture of ['decoder', 'translation', 'hostile'] as const) {
      const panel = await openLayers({ capture, width: 1400 });
      for (const width of [1400, 1080, 1079, 720, 700, 699, 480, 440, 400, 300]) {
        await panel.page.setViewportSize({ width, height: 800 });
        await panel.page.evaluate(
          () => new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))),
        );
        const over = await panel.page.evaluate(
          () => document.documentElement.scrollWidth - window.innerWidth,
        );
        assert.ok(over <= 0, `${capture} at ${width}: ${over} pixels too wide`);
      }
      assert.deepEqual(await panel.allProblems(), []);
      await panel.close();
    }
    const panel = await openLayers({ width: 480 });
    for (const name of SECTIONS) {
      await panel.page.getByRole('button', { name: `Fold ${name} away` }).click();
      assert.equal(await region(panel, name).locator('.pane-body').isVisible(), false, name);
    }
    await panel.close();
  });

  it('moves nothing under reduced motion; bars and cells keep their colours in forced colours', async () => {
    const panel = await openLayers({ reducedMotion: true, forcedColors: true });
    assert.equal(await panel.page.evaluate(() => document.getAnimations().length), 0);
    const colors = await panel.page
      .locator('.lens-pane .state-cell:not(.out)')
      .evaluateAll(
        cells => new Set(cells.map(cell => getComputedStyle(cell).backgroundColor)).size,
      );
    assert.ok(colors > 5, `${colors} colours`);
    await panel.close();
  });

  it('targets are at least 24 pixels high and wide', async () => {
    const panel = await openLayers({ capture: 'decoder' });
    await showEverything(panel);
    const small = await panel.page.evaluate(() =>
      [
        ...document.querySelectorAll<HTMLElement>(
          '.layers button, .layers vscode-button, .layers [role="radio"], .layers input',
        ),
      ]
        .filter(element => element.offsetParent !== null)
        .map(element => ({ element, box: element.getBoundingClientRect() }))
        .filter(({ box }) => box.width < 24 || box.height < 24)
        .map(
          ({ element, box }) =>
            `${element.className} ${element.textContent} ${box.width} × ${box.height}`,
        ),
    );
    assert.deepEqual(small, []);
    await panel.close();
  });

  it('a text of 900 tokens costs no more elements than are in sight', async () => {
    const panel = await PanelPage.open();
    const recipe = longEncoder(900);
    await panel.page.evaluate(made => window.host.showRecipe(made, 'encoder'), recipe);
    await panel.ready(recipe.id);
    await showLayers(panel);
    await panel.page.getByRole('radio', { name: 'Logit lens' }).click();
    await panel.page.locator('.state-cell.here:not(.unknown)').first().waitFor();
    for (const grid of await panel.page.locator('.layers .state-grid').all()) {
      const count = await grid.locator('.state-cell').count();
      assert.ok(count < 3 * 40, `${count} cells`);
    }
    await panel.close();
  });
});
