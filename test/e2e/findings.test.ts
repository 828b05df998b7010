import assert from 'node:assert/strict';
import { answerWhen } from './support/answerWhen';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const SETTING = 'attentionDebugger.diagnostics';
const MODEL = 'attentionDebugger.model';
const TEXT = 'The [MASK] sat.\nA ꙮ and a\u00a0thir\u200bsty <|endoftext|> cat.\n';

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

describe('findings as problems', () => {
  let workbench: Workbench;

  const configure = (key: string, value?: unknown) =>
    workbench.driver.call('configure', { key, value });
  const listed = async () => (await workbench.driver.call('diagnostics')) as Diagnostic[];
  const listedWhen = (accept: (found: Diagnostic[]) => boolean) => answerWhen(listed, accept);
  const brief = (found: Diagnostic[]) =>
    found.map(({ code, start, end }) => [code, TEXT.slice(start, end)]);

  before(async () => {
    workbench = await sharedWindow();
    await workbench.open('agreement.txt');
  });

  for (const theme of ['dark', 'light'] as const) {
    describe(theme, () => {
      before(async () => {
        await workbench.wear(theme);
        await configure(MODEL);
        await workbench.driver.call('openText', { text: TEXT });
      });
      afterEach(async function () {
        if (this.currentTest?.state === 'failed') {
          await workbench.picture(`failed-findings-${theme}`);
        }
      });

      it('lists none while the setting is off', async () => {
        await workbench.page.waitForTimeout(1000);
        assert.deepEqual(await listed(), []);
      });

      it('lists what the encoder meets, in exact ranges', async () => {
        await configure(SETTING, true);
        const found = await listedWhen(all => all.length > 0);
        assert.deepEqual(brief(found), [
          ['special-token', '[MASK]'],
          ['unknown-token', 'ꙮ'],
        ]);
        await workbench.driver.call('command', { id: 'workbench.actions.view.problems' });
        const problems = workbench.page.locator('.markers-panel');
        await problems.getByText('Attention Debugger').first().waitFor();
        await workbench.picture(`findings-${theme}`);
      });

      it('follows the model', async () => {
        await configure(MODEL, 'decoder');
        const codes = ['invisible-character', 'invisible-character', 'special-token'];
        const found = await listedWhen(all => all.length === codes.length);
        assert.deepEqual(brief(found), [
          ['invisible-character', '\u00a0'],
          ['invisible-character', '\u200b'],
          ['special-token', '<|endoftext|>'],
        ]);
        await workbench.picture(`findings-decoder-${theme}`);
      });

      it('follows the text, and the limit of tokens', async () => {
        await configure('attentionDebugger.maximumTokens', 8);
        const found = await listedWhen(all => all.some(({ code }) => code === 'beyond-maximum'));
        const [cut] = found.filter(({ code }) => code === 'beyond-maximum');
        assert.match(cut?.message ?? '', /takes 8: \d+ of them are not read/);
        await configure('attentionDebugger.maximumTokens');
        await listedWhen(all => all.length === 3);
        await workbench.driver.call('insert', { offset: 0, text: '<|endoftext|>' });
        assert.equal((await listedWhen(all => all.length === 4)).length, 4);
        await workbench.driver.call('undo');
        assert.equal((await listedWhen(all => all.length === 3)).length, 3);
      });

      it('takes them away when the setting is off again', async () => {
        await configure(SETTING);
        assert.deepEqual(await listedWhen(all => all.length === 0), []);
      });
    });
  }
});
