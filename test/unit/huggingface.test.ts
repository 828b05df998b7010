import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linesOf } from '../../src/inspector/cli/tokenizeCommand';
import { readConfiguration } from '../../src/inspector/source/configuration';
import { JsonFileError, parseJson, readJsonFile } from '../../src/inspector/files/readJson';
import { decoderStartToken } from '../../src/inspector/huggingface/specialTokens';
import { InspectorError } from '../../src/protocol/errors';

describe('JSON files', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'json-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('are read as Python writes them', () => {
    assert.deepEqual(parseJson('\ufeff{"a": 1}'), { a: 1 });
    const text = '{"a": NaN, "b": [Infinity, -Infinity], "NaN": "Infinity \\" NaN", "c": -1e5}';
    assert.deepEqual(parseJson(text), {
      a: null,
      b: [Infinity, -Infinity],
      NaN: 'Infinity " NaN',
      c: -1e5,
    });
    for (const broken of ['{"a": NaNa}', '{"a": 1,}', '[Infinity', '{a: NaN}']) {
      assert.throws(() => parseJson(broken), SyntaxError, broken);
    }
  });

  it('count where they hold such values', async () => {
    await writeFile(
      join(folder, 'config.json'),
      '\ufeff{"decoder_start_token_id": 7, "x": -Infinity}',
    );
    assert.equal(await decoderStartToken(folder), 7);
  });

  it('are named where they are broken, and may be missing', async () => {
    assert.equal(await decoderStartToken(folder), undefined);
    await writeFile(join(folder, 'config.json'), '{"decoder_start_token_id": 7,}');
    assert.deepEqual(await readConfiguration(folder, 'config.json'), {});
    await assert.rejects(decoderStartToken(folder), (error: unknown) => {
      assert.ok(error instanceof InspectorError);
      assert.match(error.message, /config\.json is not JSON: .*correct the file/);
      return true;
    });
  });

  it('are regular files of bounded size', async function () {
    if (process.platform === 'win32') this.skip();
    const pipe = join(folder, 'config.json');
    execFileSync('mkfifo', [pipe]);
    await assert.rejects(readJsonFile(pipe), new JsonFileError('is not a regular file'));
    const large = join(folder, 'large.json');
    await writeFile(large, '');
    await truncate(large, 300 * 2 ** 20);
    await assert.rejects(readJsonFile(large), /has 315 MB; at most 268 MB are read/);
    assert.equal(await readJsonFile(join(folder, 'other.json')), undefined);
  });
});

describe('lines', () => {
  it('end at line feeds alone', async () => {
    async function* pieces() {
      yield '\ufeffa\u2028b\r';
      yield '\nc\u2029\u0085d';
      yield '\n\n\ufeffe';
      await Promise.resolve();
    }
    const lines: string[] = [];
    for await (const line of linesOf(pieces())) lines.push(line);
    assert.deepEqual(lines, ['a\u2028b', 'c\u2029\u0085d', '', '\ufeffe']);
  });
});
