import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConlluFile } from '../../src/inspector/probing/conllu';
import { replaceFile } from '../../src/inspector/files/replaceFile';
import { SafetensorsFile } from '../../src/inspector/files/safetensorsFile';

describe('files that are written', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'attention-debugger-saved-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const save = (path: string, text = 'new') => replaceFile(path, file => file.writeFile(text));

  it('replace a file as a whole, and leave it where writing fails', async () => {
    writeFileSync(at('a'), 'old');
    await assert.rejects(
      replaceFile(at('a'), async file => {
        await file.writeFile('half');
        throw new Error('no space');
      }),
      /no space/,
    );
    assert.equal(readFileSync(at('a'), 'utf8'), 'old');
    assert.deepEqual(readdirSync(folder), ['a']);
    await save(at('a'));
    assert.equal(readFileSync(at('a'), 'utf8'), 'new');
    assert.deepEqual(readdirSync(folder), ['a']);
  });

  it('go where a symbolic link leads, in another folder too, and the link stays', async () => {
    mkdirSync(at('else'));
    writeFileSync(at('else/target'), 'old');
    symlinkSync('else/target', at('link'));
    symlinkSync(at('link'), at('link to it'));
    symlinkSync('else/not yet', at('dangling'));
    await save(at('link to it'));
    await save(at('dangling'));
    assert.equal(readFileSync(at('else/target'), 'utf8'), 'new');
    assert.equal(readFileSync(at('else/not yet'), 'utf8'), 'new');
    assert.equal(readlinkSync(at('link')), 'else/target');
    assert.equal(readlinkSync(at('link to it')), at('link'));
    assert.deepEqual(readdirSync(at('else')).sort(), ['not yet', 'target']);
  });

  it('never replace what is no regular file', async () => {
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync('pipe', at('link'));
    symlinkSync('round', at('round'));
    for (const name of ['folder', 'pipe', 'link']) {
      await assert.rejects(save(at(name)), /not a regular file/, name);
    }
    await assert.rejects(save('/dev/null'), /not a regular file/);
    await assert.rejects(save(at('round')), /round in a circle/);
    assert.ok(lstatSync(at('pipe')).isFIFO() && lstatSync(at('folder')).isDirectory());
    assert.deepEqual(readdirSync(folder).sort(), ['folder', 'link', 'pipe', 'round']);
  });

  it('leave nothing half-written behind for longer than until the next one', async () => {
    const script = `
      const { replaceFile } = require('./src/inspector/files/replaceFile.ts');
      replaceFile(${JSON.stringify(at('killed'))}, async file => {
        await file.writeFile('half');
        process.send('writing');
        setInterval(() => {}, 1000);
        await new Promise(() => {});
      });`;
    const child = spawn(process.execPath, ['--import', 'tsx', '-e', script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    writeFileSync(at('mine.part'), 'mine');
    await save(at('other'));
    const [half] = readdirSync(folder).filter(name => name.startsWith('killed'));
    assert.match(half ?? '', /\.part$/, 'what another process is writing stays');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await save(at('other'));
    assert.deepEqual(readdirSync(folder).sort(), ['mine.part', 'other']);
  });

  it('are read only where they are regular', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync('/dev/zero', at('endless'));
    const fail = (what: string): never => {
      throw new Error(what);
    };
    for (const name of ['pipe', 'endless']) {
      await assert.rejects(SafetensorsFile.open(at(name), fail), /not a regular file/);
      await assert.rejects(readConlluFile(at(name)), /not a regular file/);
    }
  });
});
