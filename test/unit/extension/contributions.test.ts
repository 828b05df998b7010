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
      readonly properties: Record<
        string,
        {
          readonly markdownDescription: string;
          readonly scope: string;
          readonly ignoreSync?: boolean;
        }
      >;
    };
    readonly walkthroughs: readonly {
      readonly id: string;
      readonly steps: readonly {
        readonly id: string;
        readonly title: string;
        readonly description: string;
        readonly completionEvents: readonly string[];
      }[];
    }[];
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
      ['f10', 'f11', 'shift+f11', 'f5', 'f12', 'ctrl+s', 'ctrl+enter'],
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

  it('shows every setting in the user’s tab; paths of this machine stay on it', () => {
    const { properties } = manifest.contributes.configuration;
    for (const [name, { scope }] of Object.entries(properties)) {
      assert.doesNotMatch(scope, /machine/, name);
    }
    for (const name of ['model', 'models']) {
      assert.equal(properties[`attentionDebugger.${name}`]?.ignoreSync, true, name);
    }
  });

  describe('walkthrough', () => {
    it('is in plain words: VS Code shows the signs of code as they are', () => {
      const said = Object.entries(words).filter(([name]) => name.startsWith('walkthrough.'));
      assert.ok(said.length > 10);
      for (const [name, text] of said) assert.doesNotMatch(text, /`/, name);
      for (const { title, description } of steps()) {
        for (const name of [title, description]) assert.ok(words[name.replaceAll('%', '')], name);
      }
    });

    it('begins with a sample, and ticks each step off by what is its own', async () => {
      assert.equal(steps()[0]?.id, 'sample');
      const events = steps().flatMap(({ completionEvents }) => completionEvents);
      assert.equal(new Set(events).size, events.length);
      const ticked = await readFile(path.join(root, 'src/extension/pages/firstSteps.ts'), 'utf8');
      for (const event of events) {
        const [kind, name = ''] = event.split(':attentionDebugger.');
        if (kind === 'onCommand') {
          const command = `attentionDebugger.${name}`;
          assert.ok(
            manifest.contributes.commands.some(one => one.command === command),
            event,
          );
        } else if (kind === 'onSettingChanged') {
          assert.ok(`attentionDebugger.${name}` in manifest.contributes.configuration.properties);
        } else assert.match(ticked, new RegExp(`'${name}'`), event);
      }
    });

    it('links to commands that are there', () => {
      const commands = Object.values(words).flatMap(text =>
        [...text.matchAll(/\(command:([\w.]+)\)/g)].map(([, command]) => command ?? ''),
      );
      assert.ok(commands.length >= 4);
      for (const name of commands) {
        assert.ok(
          manifest.contributes.commands.some(({ command }) => command === name),
          name,
        );
      }
    });

    const steps = () =>
      manifest.contributes.walkthroughs.find(({ id }) => id === 'start')?.steps ?? [];
  });
});
