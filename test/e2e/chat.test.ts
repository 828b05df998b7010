import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../../scripts/machine.mjs';
import { answerWhen } from './support/answerWhen';
import { sharedWindow } from './support/sharedWindow';
import type { Workbench } from './support/workbench';

const CHAT = 'system: Answer in one word.\nuser: The key to the cabinets';
const LINES = 'The key to the cabinets\nThe tiger jumped out of a tree';
const TEMPLATE =
  "{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}";

describe('chats and pairs in VS Code', () => {
  let workbench: Workbench;
  let capture = '';

  /** Names over the tokens of the panel, in their order. */
  const groups = () => workbench.panel.locator('.strip .group-name').allTextContents();
  /** What the editor selects once the panel led to a token. */
  const revealed = async (token: string) => {
    await workbench.token(token).click();
    await workbench.panel.locator('.tokens').first().press('Alt+Enter');
    return answerWhen(
      async () => (await workbench.driver.call('selectedTexts', {})) as string[],
      texts => texts.some(text => text.trim() === token),
    );
  };

  before(async () => {
    workbench = await sharedWindow();
    const model = path.join(workbench.folder, 'chat-model');
    await cp(path.join(root, 'models/decoder'), model, { recursive: true });
    await writeFile(path.join(model, 'chat_template.jinja'), TEMPLATE);
    await workbench.driver.call('configure', { key: 'attentionDebugger.model', value: model });
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-chat');
  });

  it('shows the roles of a document of messages, and leads back to it', async () => {
    await workbench.openText(CHAT);
    await workbench.driver.call('command', { id: 'attentionDebugger.inspectChat' });
    capture = await workbench.nextResult();
    assert.deepEqual([...new Set(await groups())], ['system', 'user']);
    assert.ok((await workbench.panel.locator('.strip .token.template').count()) > 4);
    assert.deepEqual(
      (await revealed('key')).map(text => text.trim()),
      ['key'],
    );
    await workbench.picture('chat-dark');
  });

  it('reads it as the text that it is', async () => {
    await workbench.panel.getByRole('radio', { name: 'Text', exact: true }).click();
    capture = await workbench.nextResult(capture);
    assert.deepEqual(await groups(), []);
    assert.equal(await workbench.panel.locator('.strip .token.template').count(), 0);
  });

  it('asks for the second text of a pair, offers the next line and leads back to both', async () => {
    await workbench.openText(LINES);
    await workbench.driver.call('select', { start: 0, end: LINES.indexOf('\n') });
    const asked = workbench.driver.call('command', { id: 'attentionDebugger.inspectPair' });
    const field = workbench.page.locator('.quick-input-widget input:visible').first();
    await field.waitFor();
    const offered = await answerWhen(
      () => field.inputValue(),
      value => value !== '',
    );
    assert.equal(offered, LINES.split('\n')[1]);
    await field.press('Enter');
    await asked;
    capture = await workbench.nextResult(capture);
    assert.deepEqual([...new Set(await groups())], ['A', 'B']);
    assert.deepEqual(
      (await revealed('tree')).map(text => text.trim()),
      ['tree'],
    );
    await workbench.picture('pair-dark');
  });
});
