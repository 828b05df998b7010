import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelFinding, ModelFindingCode } from '../../../src/protocol/findings';
import { check, fixtures, models, Planted, toyText, toyTokenizer } from './support';

const SOURCE = join(fixtures, 'onnx/gpt2__legacy_eager_op14');
const VOCABULARY = 53;

describe('findings of a text', function () {
  this.timeout(300_000);
  const planted = new Planted();
  after(() => planted.dispose());
  const config = JSON.parse(readFileSync(join(SOURCE, 'config.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const toy = toyTokenizer(config, VOCABULARY);

  /** What is said of a text by a model of random weights, whose predictions are of no interest. */
  async function told(text: string, files: Record<string, object> = {}): Promise<ModelFinding[]> {
    const folder = planted.plant(SOURCE, { files: { ...toy, ...files } });
    const { findings } = await check(folder, text);
    return findings.filter(
      ({ severity, code }) => severity !== 'note' && code !== 'worse-than-chance',
    );
  }

  const codesOf = (findings: readonly ModelFinding[]): ModelFindingCode[] =>
    findings.map(({ code }) => code);

  it('unknown tokens, with the characters of the first', async () => {
    const [found, ...others] = await told('w6 w7 nobody w8 w9 w10 w11 w12');
    assert.equal(others.length, 0);
    assert.ok(found);
    assert.deepEqual(
      [found.code, found.severity, found.about],
      ['unknown-tokens', 'warning', 'text'],
    );
    assert.deepEqual(found.range, { start: 6, end: 12 });
    const [worse] = await told('w6 no body is here w7');
    assert.deepEqual([worse?.code, worse?.severity], ['unknown-tokens', 'error']);
    assert.deepEqual(await told('w6 w7 w8 w9 w10'), []);
  });

  it('more tokens than the model takes, with the characters that are not read', async () => {
    const text = toyText(40, VOCABULARY);
    const [found, ...others] = await told(text);
    assert.equal(others.length, 0);
    assert.deepEqual([found?.code, found?.about, found?.measure], ['text-overrun', 'text', 41]);
    // 24 positions, one of which is the first special token's.
    const read = text.split(' ').slice(0, 23).join(' ');
    assert.equal(text.slice(0, found?.range?.start).trim(), read);
    assert.equal(found?.range?.end, text.length);
  });

  it('a special token that stands twice', async () => {
    const { post_processor: own, ...tokenizer } = toy['tokenizer.json'];
    const [first, ...rest] = own.single;
    const post_processor = { ...own, single: [first, first, ...rest] };
    const findings = await told(toyText(9, VOCABULARY), {
      'tokenizer.json': { ...tokenizer, post_processor },
    });
    assert.deepEqual(codesOf(findings), ['special-tokens-doubled']);
    assert.deepEqual(findings[0]?.place, { token: 1 });
  });

  it('characters that are not seen', async () => {
    const { findings } = await check(join(models, 'decoder'), 'The old\u200b dog saw a bird.');
    const found = findings.find(({ code }) => code === 'invisible-characters');
    assert.deepEqual([found?.severity, found?.range], ['warning', { start: 7, end: 8 }]);
  });

  it('heads that rest on one token are a note', async () => {
    const { findings } = await check(join(models, 'decoder'));
    const [found, ...others] = findings;
    assert.equal(others.length, 0);
    assert.deepEqual([found?.code, found?.severity, found?.about], ['sinks', 'note', 'text']);
    const [evidence] = found?.evidence ?? [];
    assert.ok(evidence?.kind === 'bars' && evidence.rows.every(({ value }) => value > 0.42));
  });

  it('and values that would mend a file', async () => {
    const findings = await told(toyText(9, VOCABULARY), {
      'config.json': { eos_token_id: 17 },
      'tokenizer_config.json': { ...toy['tokenizer_config.json'], model_max_length: 512 },
    });
    assert.deepEqual(
      findings.map(({ code, fix }) => ({ code, fix })),
      [
        {
          code: 'wrong-special-ids',
          fix: { file: 'config.json', path: ['eos_token_id'], value: config.eos_token_id },
        },
        {
          code: 'positions-overrun',
          fix: { file: 'tokenizer_config.json', path: ['model_max_length'], value: 24 },
        },
      ],
    );
  });
});
