import assert from 'node:assert/strict';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { tokenizerJson } from './fixtures';
import { Oracle } from './oracle';
import { seededRandom } from '../../support/seededRandom';
import { randomText } from './randomText';

const NAMES = [
  'bert-base-uncased',
  'bert-base-chinese',
  'gpt2',
  'clip',
  'roberta-base',
  't5-small',
  'nmt-marian-like',
  'mistral-v3-metaspace',
  'made-added-tokens',
  'made-modernbert',
  'made-nmt-unicodescripts',
  'made-wordpiece-nfd-seq',
];
const STRINGS_EACH = 425;

describe('tokenizers against the native library on random texts', function () {
  this.timeout(600_000);
  const seed = Number(process.env.TOKENIZER_SEED ?? Date.now() % 2 ** 31);
  const random = seededRandom(seed);
  let texts = 0;
  let sameIds = 0;
  let sameOffsets = 0;
  const differences: string[] = [];

  for (const name of NAMES) {
    it(name, async () => {
      const json = tokenizerJson(name);
      const tokenizer = createTokenizer(json);
      const oracle = new Oracle(json);
      const added = (json.added_tokens as { content: string }[]).map(({ content }) => content);
      for (let i = 0; i < STRINGS_EACH; i++) {
        const text = randomText(random, added);
        const { tokens } = tokenizer.encode(text);
        const expected = await oracle.encode(text);
        texts++;
        const ids = JSON.stringify(tokens.map(token => token.id));
        const offsets = JSON.stringify(tokens.flatMap(({ start, end }) => [start, end]));
        const isSame = ids === JSON.stringify(expected.ids);
        const isAligned = offsets === JSON.stringify(expected.offsets);
        if (isSame) sameIds++;
        if (isAligned) sameOffsets++;
        if (!isSame || !isAligned) {
          const got = isSame ? offsets : ids;
          const wanted = JSON.stringify(isSame ? expected.offsets : expected.ids);
          differences.push(`${name}: ${JSON.stringify(text)} gives ${got}, not ${wanted}`);
        }
      }
    });
  }

  it('agrees on at least 99.9 % of ids and of offsets', () => {
    const percent = (count: number) => `${((100 * count) / texts).toFixed(2)} %`;
    console.log(
      `      seed ${seed}: ${texts} texts, ids ${percent(sameIds)}, offsets ${percent(sameOffsets)}`,
    );
    for (const difference of differences) console.log(`      ${difference}`);
    assert.ok(texts >= 5000);
    assert.ok(sameIds / texts >= 0.999, `ids ${percent(sameIds)}`);
    assert.ok(sameOffsets / texts >= 0.999, `offsets ${percent(sameOffsets)}`);
  });
});
