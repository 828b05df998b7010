import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openTokenizer } from '../../../src/inspector/huggingface/openTokenizer';

/** Ids and UTF-16 ranges (start and end by turns) of a text. */
type Row = readonly [ids: readonly number[], ranges: readonly number[]];
type Expected =
  { readonly rows: readonly Row[]; readonly pair: readonly number[] } | { readonly error: string };

/** See test/fixtures/tokenizers/older/generate.py. */
interface Fixture {
  readonly texts: readonly string[];
  readonly pair: readonly [string, string];
  readonly versions: Readonly<Record<string, { readonly transformers?: string }>>;
  /** Bytes in base64. */
  readonly blobs: Readonly<Record<string, string>>;
  readonly folders: readonly {
    readonly name: string;
    /** JSON, text, or for `*.model` the name of a blob. */
    readonly files: Readonly<Record<string, object | string>>;
    readonly expected: Readonly<Record<string, Expected>>;
  }[];
}

const FIXTURE = 'test/fixtures/tokenizers/older/folders.json.gz';

describe('folders without tokenizer.json against AutoTokenizer', () => {
  let fixture: Fixture;
  before(async () => {
    fixture = JSON.parse(gunzipSync(await readFile(FIXTURE)).toString('utf8')) as Fixture;
  });

  /** Opens a folder of the fixture that a version of `transformers` wrote. */
  async function open(name: string, version?: string) {
    const files = fixture.folders.find(each => each.name === name)?.files ?? {};
    const folder = await mkdtemp(join(tmpdir(), 'older-'));
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(folder, file), bytesOf(file, content, version));
    }
    return openTokenizer(folder).finally(() => rm(folder, { recursive: true }));
  }

  for (const [major, least] of [
    ['4', 45],
    ['5', 24],
  ] as const) {
    it(`splits every text as transformers ${major} does`, async function () {
      this.timeout(300_000);
      const version = fixture.versions[major]?.transformers;
      assert.equal(version?.split('.')[0], major);
      const differing: string[] = [];
      let compared = 0;
      for (const { name, expected } of fixture.folders) {
        const wanted = expected[major];
        if (!wanted || 'error' in wanted) continue;
        const tokenizer = await open(name, version);
        const { source } = tokenizer.trace('a');
        if (major === '5' && source.endsWith('(as transformers 4 reads it)')) continue;
        compared++;
        const compare = (what: string, ours: unknown, theirs: unknown) => {
          if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
          differing.push(`${name}, ${what}: ${JSON.stringify(ours)} for ${JSON.stringify(theirs)}`);
        };
        for (const [i, text] of fixture.texts.entries()) {
          const { tokens } = tokenizer.encode(text);
          const [ids, ranges] = wanted.rows[i] ?? [];
          const of = JSON.stringify(text);
          compare(
            `ids of ${of}`,
            tokens.map(({ id }) => id),
            ids,
          );
          compare(
            `ranges of ${of}`,
            tokens.flatMap(({ start, end }) => [start, end]),
            ranges,
          );
        }
        const [text, pair] = fixture.pair;
        const { tokens } = tokenizer.encode(text, { pair });
        compare(
          'ids of the pair',
          tokens.map(({ id }) => id),
          wanted.pair,
        );
      }
      assert.ok(compared >= least, `${compared} folders`);
      assert.deepEqual(differing, []);
    });
  }

  function bytesOf(file: string, content: object | string, version: string | undefined) {
    if (typeof content === 'string') {
      const blob = file.endsWith('.model') ? fixture.blobs[content] : undefined;
      return blob === undefined ? content : Buffer.from(blob, 'base64');
    }
    const isMarked = file === 'config.json' && version !== undefined;
    return JSON.stringify(isMarked ? { ...content, transformers_version: version } : content);
  }
});
