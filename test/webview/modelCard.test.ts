import assert from 'node:assert/strict';
import { accessibilityProblems } from './support/accessibility';
import { closeBrowser, PanelPage } from './support/panelPage';

describe('model card', () => {
  after(closeBrowser);

  /** Shows the encoder's run with inputs and, where given, what people fed. */
  async function open(feeds?: Record<string, number>, file?: string): Promise<PanelPage> {
    const panel = await PanelPage.open({ capture: 'encoder' });
    await panel.page.evaluate(
      ([given, path]) => {
        const { summary } = window.host.capture('encoder', 'encoder-2');
        const inputs = [
          {
            name: 'input_ids',
            type: 'int64',
            shape: ['batch', 'tokens'],
            fed: 'the token ids',
            why: 'they come from the text',
            isText: true,
          },
          {
            name: 'temperature',
            type: 'float32',
            shape: [1],
            fed: '1',
            why: 'divided by it, everything stays as it is',
          },
        ];
        const capture = {
          ...summary,
          model: { ...summary.model, inputs },
          ...(given ? { feeds: given } : {}),
          ...(path ? { file: path } : {}),
        };
        window.host.emit('run', { kind: 'ready', capture, stale: false });
      },
      [feeds, file] as const,
    );
    await panel.ready('encoder-2');
    await panel.page.getByRole('button', { name: 'Show the model card' }).click();
    return panel;
  }

  it('names every input with what it is fed and why', async () => {
    const panel = await open();
    const { page } = panel;
    const rows = await page.locator('.model-input').allInnerTexts();
    assert.equal(rows.length, 2);
    assert.match(rows[0] ?? '', /input_ids\s+int64 \[batch, tokens\]\s+fed the token ids/);
    assert.match(rows[1] ?? '', /temperature\s+float32 \[1\]\s+fed 1: divided by it/);
    assert.equal(await page.locator('.model-input .field').count(), 1);
    assert.deepEqual(await accessibilityProblems(panel), []);
    await panel.close();
  });

  it('a changed value makes a run with it; none takes it back', async () => {
    const panel = await open();
    const { page } = panel;
    const field = page.getByRole('textbox', { name: 'What temperature is fed' });
    await field.fill('warm');
    await field.press('Enter');
    assert.match(await page.locator('.model-input-problem').innerText(), /“warm” is no number/);
    assert.deepEqual(await panel.calls('setFeeds'), []);
    await field.fill('0.5, 2');
    await field.press('Enter');
    assert.deepEqual(await panel.calls('setFeeds'), [{ feeds: { temperature: [0.5, 2] } }]);
    await panel.close();

    const given = await open({ temperature: 3 });
    const own = given.page.getByRole('textbox', { name: 'What temperature is fed' });
    assert.equal(await own.inputValue(), '3');
    await own.fill('');
    await own.press('Enter');
    assert.deepEqual(await given.calls('setFeeds'), [{ feeds: {} }]);
    await given.close();
  });

  it('of a capture file can be read only', async () => {
    const panel = await open(undefined, '/a/run.safetensors');
    assert.equal(await panel.page.locator('.model-input').count(), 2);
    assert.equal(await panel.page.locator('.model-input .field').count(), 0);
    await panel.close();
  });
});
