import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { HOST_COMMANDS } from '../../../src/protocol/commands';
import { root } from '../../../scripts/machine.mjs';

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[];
    readonly menus: { readonly commandPalette: readonly { command: string; when: string }[] };
    readonly keybindings: readonly { command: string; key: string; when: string }[];
    readonly configuration: {
      readonly properties: Record<string, { readonly markdownDescription: string }>;
    };
  };
}

const IN_PANEL = "activeWebviewPanelId == 'attentionDebugger.panel'";

describe('package.json', () => {
  let manifest: Manifest;
  let words: Record<string, string>;

  before(async () => {
    const read = async (name: string): Promise<unknown> =>
      JSON.parse(await readFile(path.join(root, name), 'utf8'));
    manifest = (await read('package.json')) as Manifest;
    words = (await read('package.nls.json')) as Record<string, string>;
  });

  it('has every command of the panel, and keeps it out of the palette elsewhere', () => {
    const { commands, menus } = manifest.contributes;
    for (const name of HOST_COMMANDS) {
      const command = `attentionDebugger.${name}`;
      assert.ok(
        commands.some(entry => entry.command === command),
        command,
      );
      const entry = menus.commandPalette.find(one => one.command === command);
      assert.equal(entry?.when, IN_PANEL, command);
    }
  });

  it('binds keys of the panel only while it has the focus', () => {
    const { keybindings } = manifest.contributes;
    const others = keybindings.filter(({ command }) => !command.endsWith('.inspectSelection'));
    assert.deepEqual(
      others.map(({ key }) => key),
      ['f10', 'f11', 'shift+f11', 'f5', 'ctrl+s', 'ctrl+enter'],
    );
    for (const { command, when } of others) assert.equal(when, IN_PANEL, command);
  });

  it('has words for every title and setting', () => {
    const { commands, configuration } = manifest.contributes;
    const used = [
      ...commands.map(({ title }) => title),
      ...Object.values(configuration.properties).map(entry => entry.markdownDescription),
    ];
    for (const name of used) assert.ok(words[name.replaceAll('%', '')], name);
  });
});
