import assert from 'node:assert/strict';
import { tokensOf } from './support/recipes';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('states', () => {
  after(closeBrowser);

  it('empty says what to do and offers both ways on', async () => {
    const panel = await PanelPage.open({ capture: 'empty' });
    await panel.ready('empty');
    assert.equal(await panel.text('.empty h2'), 'Select text, then choose Inspect Attention');
    await panel.page.getByRole('button', { name: 'Inspect current line' }).click();
    await panel.page.getByRole('button', { name: 'Choose a model…' }).click();
    const expected = [{ remedy: 'inspectLine' }, { remedy: 'chooseModel' }];
    assert.deepEqual(await panel.calls('remedy'), expected);
    assert.equal(await panel.page.locator('.strip').isVisible(), false);
    await panel.screenshot('state-empty');
    await panel.close();
  });

  it('running shows the tokens as soon as they are known, the stages, and Cancel', async () => {
    const panel = await PanelPage.open({ capture: 'empty' });
    await panel.page.evaluate(() =>
      window.host.running({ stage: 'loading', label: 'Opening the model' }),
    );
    await panel.ready('running');
    const tokens = tokensOf(['[CLS]', 'the', 'tiger', '[SEP]']);
    await panel.page.evaluate(
      list =>
        window.host.running({
          stage: 'running',
          label: 'Running 4 tokens through 6 layers',
          tokens: list,
        }),
      tokens,
    );
    await panel.page.locator('.token').nth(3).waitFor();
    assert.deepEqual(await panel.page.locator('.stage > span:nth-child(2)').allInnerTexts(), [
      'Opening the model',
      'Running 4 tokens through 6 layers',
    ]);
    await panel.screenshot('state-running');
    await panel.page.getByRole('button', { name: 'Cancel' }).click();
    assert.equal((await panel.calls('cancel')).length, 1);
    await panel.page.keyboard.press('Escape');
    assert.equal((await panel.calls('cancel')).length, 2);
    await panel.page.evaluate(() => window.host.show('encoder'));
    await panel.ready('encoder-1');
    assert.equal(await panel.page.getByRole('button', { name: 'Cancel' }).isVisible(), false);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('keeps the last result, dimmed, while another run is under way', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() =>
      window.host.running({ stage: 'running', label: 'Running 19 tokens' }),
    );
    await panel.ready('running');
    assert.equal(await panel.page.locator('.outdated .result').isVisible(), true);
    assert.equal(await panel.page.locator('.result').getAttribute('aria-busy'), 'true');
    await panel.screenshot('state-running-again');
    await panel.page.evaluate(() => window.host.show('encoder', { id: 'encoder-2' }));
    await panel.ready('encoder-2');
    assert.equal(await panel.page.locator('.outdated .result').count(), 0);
    await panel.close();
  });

  it('failed shows one sentence and a button for each remedy', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() =>
      window.host.fail('The model process ended unexpectedly. Run again, or look at the log.', [
        'runAgain',
        'showLog',
        'chooseModel',
        'openSettings',
        'inspectLine',
      ]),
    );
    await panel.ready('failed');
    assert.equal(await panel.text('.failure h2'), 'The model process ended unexpectedly.');
    assert.equal(await panel.page.locator('.result').isVisible(), false);
    await panel.screenshot('state-failed');
    assert.equal(await panel.page.locator('.badge').innerText(), '', 'no shape of another model');
    for (const name of ['Run again', 'Show log', 'Choose a model…', 'Open settings']) {
      await panel.page.getByRole('button', { name }).click();
    }
    await panel.page.getByRole('button', { name: 'Inspect current line' }).click();
    assert.deepEqual(
      await panel.calls('remedy'),
      ['runAgain', 'showLog', 'chooseModel', 'openSettings', 'inspectLine'].map(remedy => ({
        remedy,
      })),
    );
    await panel.page.evaluate(() => window.host.show('encoder'));
    await panel.ready('encoder-1');
    assert.equal(await panel.page.locator('.map-cells').isVisible(), true);
    await panel.close();
  });

  it('stale offers to run again; a cut text says how much was run', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() => window.host.show('encoder', { stale: true }));
    await panel.page.getByText('Text changed since this run.').waitFor();
    await panel.screenshot('state-stale');
    await panel.page.getByRole('button', { name: 'Run again' }).click();
    assert.deepEqual(await panel.calls('remedy'), [{ remedy: 'runAgain' }]);
    await panel.page.evaluate(() => {
      const { summary } = window.host.capture('encoder', 'cut-2');
      const model = { ...summary.model, maximumPositions: 19 };
      const capture = { ...summary, model, totalTokens: 1204 };
      window.host.emit('run', { kind: 'ready', stale: false, capture });
    });
    await panel.ready('cut-2');
    assert.equal(
      await panel.text('.notice-text'),
      '1,204 tokens; the model accepts 19. Tokens 0–18 were run.',
    );
    await panel.close();
  });

  it('names the model that made the numbers on show, whatever is chosen, until others are there', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    const picked = (): Promise<string> =>
      page
        .locator('.picker')
        .evaluate(one => (one as unknown as { displayValue: string }).displayValue);
    const named = (label: string): Promise<unknown> =>
      page.waitForFunction(
        wanted =>
          (document.querySelector('.picker') as unknown as { displayValue: string })
            .displayValue === wanted,
        label,
      );
    await page.evaluate(() => window.host.show('encoder', { model: 'encoder' }));
    await named('Bundled encoder');
    await page.evaluate(() => {
      window.host.emitModels([], 'decoder');
      window.host.emit('stale', { capture: 'encoder-1', stale: false, changed: ['model'] });
    });
    await page
      .getByText('This is the result of Bundled encoder. Now chosen: Bundled decoder.')
      .waitFor();
    assert.equal(await picked(), 'Bundled encoder');
    await panel.screenshot('state-other-model');
    await page.getByRole('button', { name: 'Run again' }).click();
    assert.deepEqual(await panel.calls('remedy'), [{ remedy: 'runAgain' }]);
    await page.evaluate(() =>
      window.host.running({ stage: 'loading', label: 'Opening the model' }),
    );
    await panel.ready('running');
    assert.equal(await picked(), 'Bundled encoder');
    await page.evaluate(() => window.host.show('decoder', { id: 'other-1', model: 'decoder' }));
    await panel.ready('other-1');
    await named('Bundled decoder');
    assert.equal(await page.locator('.notice').count(), 0);
    await page.evaluate(() => window.host.fail('Stopped.', ['runAgain']));
    await panel.ready('failed');
    await named('Bundled decoder');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('shows the result again that was on show when a run is cancelled', async () => {
    const panel = await PanelPage.open();
    const { page } = panel;
    await page.evaluate(() => window.host.show('encoder', { model: 'encoder' }));
    await panel.ready('encoder-1');
    const before = await panel.text('.strip');
    const locus = await panel.text('.locus');
    await page.locator('.picker').click();
    await page.getByRole('option', { name: 'Bundled decoder' }).click();
    assert.deepEqual(await panel.calls('useModel'), [{ reference: 'decoder' }]);
    const tokens = tokensOf(['[CLS]', 'another', '[SEP]']);
    await page.evaluate(
      list => window.host.running({ stage: 'running', label: 'Running 3 tokens', tokens: list }),
      tokens,
    );
    await panel.ready('running');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.evaluate(() => window.host.show('encoder', { model: 'encoder' }));
    await panel.ready('encoder-1');
    assert.equal(await panel.text('.strip'), before);
    assert.equal(await panel.text('.locus'), locus);
    assert.ok(await page.locator('.map-cells').isVisible());
    assert.equal(await page.locator('.outdated').count(), 0);
    const shown = await page
      .locator('.picker')
      .evaluate(one => (one as unknown as { displayValue: string }).displayValue);
    assert.equal(shown, 'Bundled encoder');
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('says when the token limit or the tokenizer is another one', async () => {
    const panel = await PanelPage.open();
    const changed = ['maximumTokens', 'tokenizer'] as const;
    await panel.page.evaluate(
      parts => window.host.show('encoder', { stale: true, changed: parts }),
      changed,
    );
    const words = panel.page.locator('.notice.history .notice-text');
    await words.waitFor();
    assert.equal(
      await words.innerText(),
      'Text changed since this run. The setting now allows another number of tokens than in this run. The tokenizer changed since this run.',
    );
    await panel.close();
  });

  it('numbers that are gone give a sentence and Run again, and a new run shows', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() => (window.host.lost = true));
    await panel.page.keyboard.press('Alt+ArrowDown');
    await panel.page.getByText('The numbers of this run are gone. Run it again.').waitFor();
    await panel.page.getByRole('button', { name: 'Run again' }).click();
    assert.deepEqual(await panel.calls('remedy'), [{ remedy: 'runAgain' }]);
    await panel.page.evaluate(() => {
      window.host.lost = false;
      window.host.show('encoder', { id: 'encoder-2' });
    });
    await panel.ready('encoder-2');
    assert.equal(await panel.page.locator('.notice').count(), 0);
    await panel.close();
  });

  it('the model picker lists the choices and asks for another model', async () => {
    const panel = await PanelPage.open();
    await panel.page.locator('vscode-dropdown[aria-label="Model"]').click();
    await panel.screenshot('model-picker', false);
    await panel.page.getByRole('option', { name: 'Bundled decoder' }).click();
    assert.deepEqual(await panel.calls('useModel'), [{ reference: 'decoder' }]);
    assert.deepEqual(await panel.allProblems(), []);
    await panel.close();
  });

  it('the model picker names the choice whatever comes with it', async () => {
    const panel = await PanelPage.open();
    const picker = panel.page.locator('vscode-dropdown[aria-label="Model"]');
    const label = picker.locator('.selected-value');
    const show = (names: readonly (readonly [string, string])[], currents: readonly string[]) =>
      panel.page.evaluate(
        ([list, wanted]) => {
          const choices = list.map(([reference, text]) => ({
            reference,
            label: text,
            detail: '',
          }));
          for (const current of wanted) window.host.emit('models', { choices, current });
        },
        [names, currents] as const,
      );
    const settled = async (name: string): Promise<void> => {
      await label.filter({ hasText: name }).waitFor();
      await panel.page.evaluate(() => new Promise(done => setTimeout(done, 100)));
      assert.equal((await label.innerText()).trim(), name);
    };
    await show([['a', 'first']], ['a', 'b', 'a']);
    await settled('first');
    await show(
      [
        ['a', 'first'],
        ['b', 'second'],
      ],
      ['a', 'b'],
    );
    await settled('second');
    await show(
      [
        ['a', 'first'],
        ['b', 'renamed'],
      ],
      ['b'],
    );
    await settled('renamed');
    await show(
      [
        ['b', 'renamed'],
        ['a', 'first'],
      ],
      ['a', 'b', 'a'],
    );
    await settled('first');
    await show(
      [
        ['c', 'third'],
        ['a', 'first'],
      ],
      ['c'],
    );
    await settled('third');
    assert.deepEqual(await panel.calls('useModel'), []);
    await panel.close();
  });

  it('the model picker follows a choice that changes right after the list', async () => {
    const panel = await PanelPage.open();
    const picker = panel.page.locator('vscode-dropdown[aria-label="Model"]');
    await panel.page.evaluate(() => {
      const choices = [
        { reference: 'encoder', label: 'Encoder', detail: '' },
        { reference: '/models/mine', label: 'mine', detail: '/models' },
      ];
      window.host.emit('models', { choices, current: 'encoder' });
      setTimeout(() => window.host.emit('models', { choices, current: '/models/mine' }), 0);
    });
    await picker.locator('.selected-value', { hasText: 'mine' }).waitFor();
    assert.deepEqual(await panel.calls('useModel'), []);
    await panel.close();
  });

  it('weights that are not numbers are named, and one click leads there', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() => {
      const { summary } = window.host.capture('encoder', 'nan-1');
      const notNumbers = {
        stack: 'encoder' as const,
        kind: 'self' as const,
        layer: 5,
        head: 2,
        query: 4,
        queries: 3,
        of: 19,
        isMasked: false,
        heads: 2,
      };
      window.host.emit('run', { kind: 'ready', stale: false, capture: { ...summary, notNumbers } });
    });
    await panel.ready('nan-1');
    assert.match(
      await panel.text('.notice-text'),
      /^NaN in layer 5, head 2, 3 of 19 queries, and in 1 other head\. /,
    );
    await panel.page.getByRole('button', { name: 'Go to L5 H2' }).click();
    assert.match(await panel.text('.locus'), /Layer ?5 ?Head ?2 ?Q ?out ?4/);
    await panel.close();
  });

  it('a capture file shows its name and offers no run of its own', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() => {
      const { summary } = window.host.capture('encoder', 'file-1');
      const capture = { ...summary, file: '/data/tiger.safetensors', totalTokens: 1204 };
      window.host.emit('run', { kind: 'ready', stale: false, capture });
    });
    await panel.ready('file-1');
    const picker = panel.page.locator('vscode-dropdown[aria-label="Model"]');
    await picker.locator('.selected-value', { hasText: 'tiger.safetensors' }).waitFor();
    assert.equal(await panel.page.getByRole('button', { name: /Run/ }).count(), 0);
    await picker.click();
    await panel.page.getByRole('option', { name: 'Bundled decoder' }).click();
    assert.deepEqual(await panel.calls('useModel'), [{ reference: 'decoder' }]);
    await panel.close();
  });

  it('the run can begin at the cursor where a text is too long', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() => {
      const { summary } = window.host.capture('encoder', 'cut-1');
      const capture = { ...summary, totalTokens: 1204 };
      window.host.emit('run', { kind: 'ready', stale: false, capture });
    });
    await panel.ready('cut-1');
    assert.equal(
      await panel.text('.notice-text'),
      '1,204 tokens; the setting allows 19. Tokens 0–18 were run.',
    );
    await panel.page.getByRole('button', { name: 'Run from the cursor' }).click();
    await panel.page.getByRole('button', { name: 'Next window' }).click();
    assert.deepEqual(await panel.calls('remedy'), [
      { remedy: 'moveWindow' },
      { remedy: 'nextWindow' },
    ]);
    await panel.close();
  });

  it('a later window of a long text leads back', async () => {
    const panel = await PanelPage.open();
    await panel.page.evaluate(() => {
      const { summary } = window.host.capture('encoder', 'window-2');
      window.host.emit('run', { kind: 'ready', stale: false, capture: summary, window: 1 });
    });
    await panel.ready('window-2');
    assert.match(await panel.text('.notice-text'), /^Window 2 of the text/);
    await panel.page.getByRole('button', { name: 'Previous window' }).click();
    assert.deepEqual(await panel.calls('remedy'), [{ remedy: 'previousWindow' }]);
    await panel.close();
  });
});
