import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, fixtures, Planted, toyText, toyTokenizer } from './support';

/** Exports of every kind: exporters, operators, precisions, with a past and in two files. */
const EXPORTS = [
  'albert__legacy_eager_op14',
  'bart__legacy_sdpa_op17',
  'bert__fp16_legacy_eager_op14',
  'bert__fusedAttention_handbuilt_op17',
  'bert__int8dyn_legacy_eager_op14',
  'bloom__dynamo_eager_op18',
  'gemma2__legacy_eager_op17',
  'gpt2__dynamo_sdpa_op23',
  'gpt2__past_legacy_sdpa_op17',
  'marian__dynamo_sdpa_op18',
  'modernbert__legacy_eager_op17',
  'opt__legacy_eager_op14',
].map(name => join('onnx', name));

/** Every other type of stored weights: their graphs are built, and tested against Hugging Face. */
const WEIGHTS = readdirSync(join(fixtures, 'weights'))
  .filter(name => existsSync(join(fixtures, 'weights', name, 'config.json')))
  .filter((_, i) => i % 2 === 0)
  .map(name => join('weights', name));

/** Words of the text, fewer where a model takes no more. */
const MOST_WORDS = 20;

const LENGTHS = ['max_position_embeddings', 'n_positions', 'max_seq_len'];

type Fields = Readonly<Record<string, unknown>>;

describe('findings about models with nothing wrong', function () {
  this.timeout(300_000);

  it('are no errors and no warnings, but that random weights predict worse than chance', async () => {
    const planted = new Planted();
    const all = [...EXPORTS, ...WEIGHTS];
    assert.ok(all.length >= 40, `${all.length} models`);
    const told: string[] = [];
    let checked = 0;
    for (const name of all) {
      const source = join(fixtures, name);
      const config = JSON.parse(readFileSync(join(source, 'config.json'), 'utf8')) as Fields;
      const { vocab_size: vocabulary } = config;
      assert.ok(typeof vocabulary === 'number', name);
      const words = Math.min(
        MOST_WORDS,
        ...LENGTHS.map(field => Number(config[field] ?? NaN) - 4 || MOST_WORDS),
      );
      const folder = planted.plant(source, { files: toyTokenizer(config, vocabulary) });
      const { findings, passed } = await check(folder, toyText(words, vocabulary));
      told.push(
        ...findings
          // True of them: nobody trained these.
          .filter(({ severity, code }) => severity !== 'note' && code !== 'worse-than-chance')
          .map(({ code, sentence }) => `${name}: ${code}. ${sentence}`),
      );
      checked += passed.length;
      planted.drop(folder);
    }
    planted.dispose();
    assert.deepEqual(told, []);
    // A check that decides nothing finds nothing.
    assert.ok(checked > 15 * all.length, `${checked} codes were decided`);
  });
});
