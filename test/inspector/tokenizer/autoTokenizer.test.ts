import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createInspector } from '../../../src/inspector/inspector';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';

/** Ids and UTF-16 ranges (start and end by turns) of a text. */
type Row = readonly [ids: readonly number[], ranges: readonly number[]];

/** See test/fixtures/tokenizers/auto/generate.py. */
interface Fixture {
  readonly texts: readonly string[];
  readonly versions: Readonly<Record<string, { readonly transformers: string }>>;
  readonly folders: readonly {
    readonly name: string;
    readonly files: Readonly<Record<string, object>>;
    readonly expected: Readonly<
      Record<string, { readonly rows: readonly Row[] } | { readonly error: string }>
    >;
  }[];
}

const FIXTURE = 'test/fixtures/tokenizers/auto/folders.json.gz';

describe('tokenizer folders against AutoTokenizer', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = JSON.parse(gunzipSync(await readFile(FIXTURE)).toString('utf8')) as Fixture;
  });

  /** Opens a folder of the fixture that a version of `transformers` wrote. */
  async function open(name: string, version: string | undefined) {
    const files = fixture.folders.find(each => each.name === name)?.files ?? {};
    const folder = await mkdtemp(join(tmpdir(), 'folder-'));
    for (const [file, content] of Object.entries(files)) {
      const isConfig = file === 'config.json' && version !== undefined;
      const whole = isConfig ? { ...content, transformers_version: version } : content;
      await writeFile(join(folder, file), JSON.stringify(whole));
    }
    return openTokenizer(folder).finally(() => rm(folder, { recursive: true }));
  }

  for (const major of ['4', '5']) {
    it(`splits every text as transformers ${major} does`, async function () {
      this.timeout(300_000);
      const version = fixture.versions[major]?.transformers;
      assert.equal(version?.split('.')[0], major);
      const differing: string[] = [];
      let compared = 0;
      for (const { name, expected } of fixture.folders) {
        const wanted = expected[major];
        if (!wanted || 'error' in wanted) continue;
        compared++;
        const tokenizer = await open(name, version);
        for (const [i, text] of fixture.texts.entries()) {
          const { tokens } = tokenizer.encode(text);
          const row = [
            tokens.map(({ id }) => id),
            tokens.flatMap(({ start, end }) => [start, end]),
          ];
          const [ids, ranges] = wanted.rows[i] ?? [];
          for (const [what, ours, theirs] of [
            ['ids', row[0], ids],
            ['ranges', row[1], ranges],
          ] as const) {
            if (JSON.stringify(ours) === JSON.stringify(theirs)) continue;
            differing.push(
              `${name}, ${what} of ${JSON.stringify(text)}: ${JSON.stringify(ours)} for ${JSON.stringify(theirs)}`,
            );
          }
        }
      }
      assert.ok(compared >= 55, `${compared} folders`);
      assert.deepEqual(differing, []);
    });
  }

  it('say which files decided', async () => {
    const source = async (name: string, version?: string) =>
      (await open(name, version)).trace('a').source;
    assert.equal(await source('gpt2'), 'tokenizer.json');
    assert.equal(
      await source('bert_cased_by_setting'),
      'tokenizer.json, with do_lower_case from tokenizer_config.json',
    );
    assert.equal(
      await source('bert_cased_file_no_setting'),
      'tokenizer.json, with the defaults of BertTokenizer',
    );
    assert.equal(
      await source('additional_special'),
      'tokenizer.json, with 2 added tokens from tokenizer_config.json',
    );
    assert.equal(
      await source('added_tokens_file'),
      'tokenizer.json, with 2 added tokens from added_tokens.json',
    );
    assert.equal(
      await source('llama_byte_level', '4.57.6'),
      'tokenizer.json, with add_bos_token from tokenizer_config.json (as transformers 4 reads it; 5 may differ)',
    );
    assert.equal(
      await source('llama_byte_level', '5.24.0'),
      'tokenizer.json (as transformers 5 reads it; 4 may differ)',
    );
  });

  it('follow a file that was written again, also where it was chosen for a model', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'folder-'));
    const { files } = fixture.folders.find(({ name }) => name === 'llama_byte_level') ?? {};
    const settings = (files?.['tokenizer_config.json'] ?? {}) as Record<string, unknown>;
    const write = (name: string, content: unknown) =>
      writeFile(join(folder, name), JSON.stringify(content));
    await write('tokenizer.json', files?.['tokenizer.json']);
    const inspector = createInspector({ storage: folder });
    const signal = new AbortController().signal;
    const first = async (model: string) => {
      const params = { model, text: 'Who?', maximumTokens: 8 };
      const { tokens } = await inspector.tokenize(params, () => undefined, signal);
      return tokens[0]?.id;
    };
    const chosen = resolve('models/encoder');
    await write('tokenizers.json', { [chosen]: join(folder, 'tokenizer.json') });
    for (const model of [folder, chosen]) {
      await write('tokenizer_config.json', settings);
      assert.equal(await first(model), 0, 'the first token that add_bos_token asks for');
      await write('tokenizer_config.json', { ...settings, add_bos_token: false });
      assert.notEqual(await first(model), 0);
    }
    await rm(folder, { recursive: true });
  });

  it('read the bundled decoder alike in both versions', async () => {
    const bundled = JSON.parse(
      await readFile('models/decoder/tokenizer_config.json', 'utf8'),
    ) as Record<string, unknown>;
    // Version 4 takes the setting, and false where it is missing; version 5 takes the file.
    assert.equal(bundled.add_prefix_space, true);
    assert.equal((await openTokenizer('models/decoder')).trace('a').source, 'tokenizer.json');
  });
});
