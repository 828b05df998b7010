import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findSource, type SourceFolders } from '../../../src/extension/editor/findSource';
import { lineInFile } from '../../../src/extension/editor/lineInFile';
import { packageFolders } from '../../../src/extension/editor/pythonPackages';

const LLAMA = 'transformers/models/llama/modeling_llama.py';
const CODE = 'return x @ y';

describe('finding the source of a model', () => {
  let root: string;
  let asked: string[];

  /** Writes a file below the scratch folder and gives its path. */
  const write = (name: string, text = `a = 1\n    ${CODE}\n`): string => {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const folders = (change: Partial<SourceFolders> = {}): SourceFolders => ({
    workspace: [path.join(root, 'workspace')],
    isTrusted: true,
    search: ending => {
      asked.push(ending);
      return Promise.resolve([]);
    },
    packages: () => Promise.resolve([path.join(root, 'env/lib/python3.12/site-packages')]),
    ...change,
  });
  const find = (file: string, change?: Partial<SourceFolders>, code?: string) =>
    findSource({ file, line: 2, ...(code === undefined ? {} : { code }) }, folders(change));

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'attention-debugger-source-'));
    asked = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('where the exporter says it is, before anything else', async () => {
    const there = write('else/project/attention.py');
    write('workspace/project/attention.py');
    assert.equal(await find(there, {}, CODE), there);
    assert.equal(await find(there), there);
  });

  it('at the end of its path in the workspace, the longest end first', async () => {
    write('workspace/attention.py');
    const nearer = write('workspace/project/attention.py');
    assert.equal(await find('/home/user/project/attention.py', {}, CODE), nearer);
    assert.equal(await find('C:\\Users\\me\\project\\attention.py', {}, CODE), nearer);
  });

  it('a package among the packages, by what follows site-packages', async () => {
    const there = write(`env/lib/python3.12/site-packages/${LLAMA}`);
    assert.equal(await find(`/usr/lib/python3/site-packages/${LLAMA}`), there);
    assert.equal(await find(`C:\\py\\Lib\\site-packages\\${LLAMA.replaceAll('/', '\\')}`), there);
  });

  it('a package that is checked out in the workspace comes before the installed one', async () => {
    write(`env/lib/python3.12/site-packages/${LLAMA}`);
    const own = write(`workspace/${LLAMA}`);
    assert.equal(await find(`/usr/lib/python3/site-packages/${LLAMA}`, {}, CODE), own);
  });

  it('the file that holds the line, where an earlier one does not', async () => {
    write('workspace/project/attention.py', 'other\n');
    const right = write('env/lib/python3.12/site-packages/project/attention.py');
    assert.equal(await find('/home/user/project/attention.py', {}, CODE), right);
  });

  it('the file that holds the line where it was, before one that holds it elsewhere', async () => {
    const moved = write('workspace/project/attention.py', `one\nmore\n${CODE}\n`);
    assert.equal(await find('/home/user/project/attention.py', {}, CODE), moved);
    const same = write('env/lib/python3.12/site-packages/project/attention.py');
    assert.equal(await find('/home/user/project/attention.py', {}, CODE), same);
  });

  it('a file that changed, where no other is there; not one that has its name alone', async () => {
    const changed = write('workspace/project/attention.py', 'other\n');
    assert.equal(await find('/home/user/project/attention.py', {}, CODE), changed);
    assert.equal(await find('/home/user/another/attention.py', {}, CODE), undefined);
    write('workspace/attention.py', 'other\n');
    assert.equal(await find('/home/user/another/attention.py', {}, CODE), undefined);
    assert.equal(await find('/home/user/another/attention.py'), undefined);
    const byName = write('workspace/attention.py');
    assert.equal(await find('/home/user/another/attention.py', {}, CODE), byName);
  });

  it('deeper in the workspace, by the end of its path', async () => {
    const deep = write('workspace/src/project/attention.py');
    const search = (ending: string) => {
      asked.push(ending);
      return Promise.resolve([deep]);
    };
    assert.equal(await find('/home/user/project/attention.py', { search }, CODE), deep);
    assert.deepEqual(asked, ['project/attention.py']);
  });

  it('without trust only in the workspace, links followed', async () => {
    const outside = write('else/project/attention.py');
    const change = { isTrusted: false };
    assert.equal(await find(outside, change, CODE), undefined);
    mkdirSync(path.join(root, 'workspace/else/project'), { recursive: true });
    symlinkSync(outside, path.join(root, 'workspace/else/project/attention.py'));
    assert.equal(await find(outside, change, CODE), undefined);
    const search = () => Promise.resolve([outside]);
    assert.equal(await find('/x/project/attention.py', { ...change, search }, CODE), undefined);
    const inside = write('workspace/project/attention.py');
    assert.equal(await find(outside, change, CODE), inside);
    assert.equal(await find(inside, change, CODE), inside);
  });

  it('nothing but regular Python files', async () => {
    mkdirSync(path.join(root, 'workspace/folder.py'), { recursive: true });
    const secret = write('secret.txt');
    symlinkSync(secret, path.join(root, 'workspace/link.py'));
    for (const file of [
      path.join(root, 'workspace/folder.py'),
      path.join(root, 'workspace/link.py'),
      secret,
      `${root}/workspace/../secret.py`,
      '//host/share/a.py',
      '\\\\host\\share\\a.py',
    ]) {
      assert.equal(await find(file), undefined, file);
    }
  });
});

describe('the line of a file that may have changed', () => {
  const lines = ['a', '  b', 'c', '\tb ', 'd'];
  it('is the line itself where it reads the same', () => {
    assert.deepEqual(lineInFile(lines, 2, 'b'), { line: 2, fit: 'same' });
    assert.deepEqual(lineInFile(lines, 3, undefined), { line: 3, fit: 'same' });
  });
  it('is the nearest one that reads the same', () => {
    assert.deepEqual(lineInFile(lines, 5, 'b'), { line: 4, fit: 'moved' });
    assert.deepEqual(lineInFile(lines, 900, 'a'), { line: 1, fit: 'moved' });
  });
  it('stays within the file', () => {
    assert.deepEqual(lineInFile(lines, 3, 'x'), { line: 3, fit: 'changed' });
    assert.deepEqual(lineInFile(lines, 900, 'x'), { line: 5, fit: 'changed' });
    assert.deepEqual(lineInFile(lines, 900, undefined), { line: 5, fit: 'changed' });
  });
});

describe('folders of Python packages', () => {
  it('of the chosen Python, then of environments in the workspace', async () => {
    const root = mkdtempSync(path.join(tmpdir(), 'attention-debugger-python-'));
    const made = [
      'chosen/lib/python3.12/site-packages',
      'workspace/.venv/lib/python3.11/site-packages',
      'workspace/venv/Lib/site-packages',
    ].map(name => path.join(root, name));
    for (const folder of made) mkdirSync(folder, { recursive: true });
    mkdirSync(path.join(root, 'chosen/lib/ruby/site-packages'), { recursive: true });
    const found = await packageFolders(
      [path.join(root, 'chosen/bin/python'), '/nowhere/bin/python'],
      [path.join(root, 'workspace')],
    );
    assert.deepEqual(found, made);
    rmSync(root, { recursive: true, force: true });
  });
});
