import assert from 'node:assert/strict';
import { InspectorError } from '../../../src/protocol/errors';
import { ggufTokenizer } from '../../../src/inspector/huggingface/convert/gguf/ggufTokenizer';
import { createTokenizer } from '../../../src/inspector/tokenizer/createTokenizer';
import { GgufMetadata } from '../../../src/inspector/weights/gguf/ggufMetadata';
import type { MetadataValue } from '../../../src/inspector/weights/gguf/ggufReader';
import { FOLDERS, testStrings, tokenizersOf } from './fixtures';
import { Oracle, wellFormed } from './oracle';

type Json = Readonly<Record<string, unknown>>;
type Values = Readonly<Record<string, MetadataValue>>;

const key = (name: string) => `tokenizer.ggml.${name}`;
const metadataOf = (architecture: string, values: Values) =>
  new GgufMetadata(
    new Map<string, MetadataValue>([
      ['general.architecture', architecture],
      ...Object.entries(values).map(([name, value]) => [key(name), value] as const),
    ]),
    '/models/model.gguf',
  );

/** A vocabulary as llama.cpp's converter stores it, with the kinds of its tokens. */
function stored(json: Json, respell: (token: string) => string = token => token) {
  const model = json.model as { readonly vocab: Readonly<Record<string, number>> };
  const added = json.added_tokens as readonly {
    readonly id: number;
    readonly content: string;
    readonly special: boolean;
  }[];
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(model.vocab)) tokens[id] = respell(token);
  for (const { content, id } of added) tokens[id] = content;
  const kinds = new Map(added.map(({ id, special }) => [id, special ? 3 : 4]));
  const isByte = (token: string) => /^<0x[\dA-F]{2}>$/.test(token);
  const types = tokens.map((token, id) => kinds.get(id) ?? (isByte(token) ? 6 : 1));
  return { tokens, token_type: types };
}

/** Merges with a space between their parts. */
function mergesOf(json: Json): string[] {
  const { merges } = json.model as { readonly merges: readonly (string | readonly string[])[] };
  return merges.map(merge => (typeof merge === 'string' ? merge : merge.join(' ')));
}

/** A score for each piece from the merges that it was made of: the first one of a piece is its rank. */
function scoresOf(json: Json, tokens: readonly string[]): number[] {
  const ranks = new Map<string, number>();
  for (const [rank, merge] of mergesOf(json).entries()) {
    const piece = merge.replace(' ', '');
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  return tokens.map(token => -(ranks.get(token) ?? 0));
}

describe('tokenizers inside GGUF files', () => {
  const jsons = new Map<string, Json>();
  before(() => {
    for (const folder of FOLDERS) {
      for (const { name, json } of tokenizersOf(folder)) jsons.set(name, json);
    }
  });
  const originalOf = (name: string) => {
    const json = jsons.get(name);
    assert.ok(json, name);
    return json;
  };

  /** Compares with what the Rust library makes of the original, on all texts of the set. */
  async function compare(
    original: Json,
    metadata: GgufMetadata,
    except?: (text: string) => boolean,
  ) {
    const reference = new Oracle({ ...original, post_processor: null });
    const tokenizer = createTokenizer(ggufTokenizer(metadata));
    const differing: string[] = [];
    let compared = 0;
    for (const { text } of testStrings()) {
      if (text.length > 3000 || except?.(text)) continue;
      const { ids } = await reference.encode(text);
      const got = tokenizer.encode(wellFormed(text), { addSpecialTokens: false });
      const gotIds = got.tokens.map(({ id }) => id);
      compared++;
      if (gotIds.join() !== ids.join())
        differing.push(`${JSON.stringify(text)}: ${gotIds.join()} ${ids.join()}`);
    }
    assert.deepEqual(differing, []);
    assert.ok(compared > 150, String(compared));
  }

  it('with GPT-2’s words split as the original does', async () => {
    const original = originalOf('gpt2');
    const values = { model: 'gpt2', pre: 'gpt-2', ...stored(original), merges: mergesOf(original) };
    await compare(original, metadataOf('gpt2', values));
    // Files that are older than the names of rules.
    await compare(original, metadataOf('gpt2', { ...values, pre: 'default' }));
  });

  it('of SentencePiece split as the original does', async () => {
    const original = originalOf('mistral-v3-metaspace');
    const vocabulary = stored(original);
    const scores = scoresOf(original, vocabulary.tokens);
    const values = { model: 'llama', ...vocabulary, scores, unknown_token_id: 0 };
    // The original lets a text that begins with a space be; SentencePiece and llama.cpp do not.
    const legacy = {
      ...original,
      pre_tokenizer: null,
      normalizer: {
        type: 'Sequence',
        normalizers: [
          { type: 'Prepend', prepend: '▁' },
          { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
        ],
      },
    };
    await compare(legacy, metadataOf('llama', values));
  });

  it('of SentencePiece without a space before the text split as the original does', async () => {
    const original = originalOf('made-gemma');
    const vocabulary = stored(original);
    const scores = scoresOf(original, vocabulary.tokens);
    const values = { model: 'llama', ...vocabulary, scores, unknown_token_id: 3 };
    await compare(original, metadataOf('gemma', { ...values, add_space_prefix: false }));
  });

  for (const name of ['bert-base-uncased', 'made-mbert-cased']) {
    it(`of WordPiece split as ${name} does`, async () => {
      const original = originalOf(name);
      const respelled = stored(original, token =>
        token.startsWith('##') ? token.slice(2) : `▁${token}`,
      );
      const { tokens } = respelled;
      const ids = {
        bos_token_id: tokens.indexOf('[CLS]'),
        seperator_token_id: tokens.indexOf('[SEP]'),
        unknown_token_id: tokens.indexOf('[UNK]'),
      };
      const metadata = metadataOf('bert', { model: 'bert', ...respelled, ...ids });
      await compare(original, metadata);
      const around = createTokenizer(ggufTokenizer(metadata)).encode('a').tokens;
      assert.deepEqual(
        around.map(({ token }) => token),
        ['[CLS]', 'a', '[SEP]'],
      );
    });
  }

  describe('made small', () => {
    const tokens = ['<s>', '</s>', 'a', 'b', 'ab', '<tool>', 'Ġ', '1', '2'];
    const token_type = [3, 3, 1, 1, 1, 4, 1, 1, 1];
    const small = { model: 'gpt2', tokens, token_type, merges: ['a b'] };
    const ends = { bos_token_id: 0, eos_token_id: 1 };
    const split = (values: Values, text: string, architecture = 'llama') =>
      createTokenizer(ggufTokenizer(metadataOf(architecture, values)))
        .encode(text)
        .tokens.map(({ token }) => token);

    it('put the first and the last token around where the file, or the rules, say so', () => {
      assert.deepEqual(split({ ...small, pre: 'gpt-2', ...ends }, 'ab'), ['ab']);
      assert.deepEqual(split({ ...small, pre: 'llama-bpe', ...ends }, 'ab'), ['<s>', 'ab']);
      const said = { ...small, ...ends, add_bos_token: false, add_eos_token: true };
      assert.deepEqual(split({ ...said, pre: 'llama-bpe' }, 'ab'), ['ab', '</s>']);
    });

    it('keep tokens whole that users defined', () => {
      assert.deepEqual(split({ ...small, pre: 'gpt-2' }, 'a<tool>b'), ['a', '<tool>', 'b']);
    });

    it('cut digits as their rules say', () => {
      const merged = { ...small, tokens: [...tokens, '12'], merges: ['a b', '1 2'] };
      assert.deepEqual(split({ ...merged, pre: 'smollm' }, '12'), ['1', '2']);
      assert.deepEqual(split({ ...merged, pre: 'gpt-2' }, '12'), ['12']);
      assert.deepEqual(split({ ...merged, pre: 'qwen2' }, '12'), ['1', '2']);
      assert.deepEqual(split({ ...merged, pre: 'llama-bpe' }, '12'), ['12']);
    });

    const refused = (values: Values, code: string, what: RegExp) => {
      assert.throws(
        () => ggufTokenizer(metadataOf('llama', values)),
        (error: unknown) => {
          assert.ok(error instanceof InspectorError, String(error));
          assert.equal(error.code, code);
          assert.match(error.message, what);
          return true;
        },
      );
    };

    it('are refused by name where they are not known', () => {
      const missing = 'tokenizer-missing';
      refused({}, missing, /^model\.gguf holds no tokenizer: choose a tokenizer\.json/);
      refused({ ...small, model: 'rwkv' }, missing, /model\.gguf is of the kind “rwkv”/);
      refused({ ...small, pre: 'nobody' }, missing, /by the rules “nobody” in model\.gguf/);
      refused(small, missing, /does not say by which rules texts are cut/);
    });

    it('are refused where they are broken', () => {
      const broken = 'tokenizer-broken';
      const { merges, ...others } = { ...small, pre: 'gpt-2' };
      assert.ok(merges);
      refused(others, broken, /model\.gguf cannot be used: its tokenizer has no merges/);
      refused({ ...others, merges: ['a b', 'ab'] }, broken, /its merge 1 is not two tokens/);
      refused({ ...others, model: 'llama' }, broken, /has no score for each token/);
      refused({ ...small, tokens: 'abc' }, 'model-broken', /must be a list of texts/);
    });
  });
});
