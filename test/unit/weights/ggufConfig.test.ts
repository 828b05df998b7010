import assert from 'node:assert/strict';
import { InspectorError, type ErrorCode } from '../../../src/protocol/errors';
import { ggufArchitecture } from '../../../src/inspector/weights/gguf/ggufArchitectures';
import { ggufConfig } from '../../../src/inspector/weights/gguf/ggufConfig';
import { GgufMetadata } from '../../../src/inspector/weights/gguf/ggufMetadata';
import type { MetadataValue } from '../../../src/inspector/weights/gguf/ggufReader';
import {
  ggufGeneration,
  ggufTokenizerSettings,
} from '../../../src/inspector/weights/gguf/ggufSettings';
import { unknownKeys } from '../../../src/inspector/weights/gguf/unknownKeys';
import type { StoredWeight } from '../../../src/inspector/weights/weights';

type Values = Readonly<Record<string, MetadataValue>>;

const NUMBERS: Values = {
  block_count: 2,
  embedding_length: 32,
  feed_forward_length: 64,
  'attention.head_count': 4,
  'attention.layer_norm_rms_epsilon': 1e-5,
};
const embeddings: StoredWeight = { dtype: 'F32', dims: [96, 32], path: '/m', offset: 0, length: 1 };
const tensors = new Map(
  ['token_embd.weight', 'output_norm.weight', 'a'].map(name => [name, embeddings]),
);

function metadataOf(architecture: string, own: Values, others: Values = {}): GgufMetadata {
  const entries = Object.entries(own).map(([key, value]): [string, MetadataValue] => [
    `${architecture}.${key}`,
    value,
  ]);
  const values: [string, MetadataValue][] = [
    ['general.architecture', architecture],
    ...entries,
    ...Object.entries(others),
  ];
  return new GgufMetadata(new Map(values), '/models/model.gguf');
}

function configOf(architecture: string, own: Values) {
  const metadata = metadataOf(architecture, { ...NUMBERS, ...own });
  const known = ggufArchitecture(metadata);
  assert.ok(known);
  return ggufConfig(metadata, known, tensors);
}

describe('the configuration of a GGUF file', () => {
  it('says all that families have defaults of their own for', () => {
    const config = configOf('qwen3', {});
    assert.equal(config.head_dim, 8);
    assert.equal(config.vocab_size, 96);
    assert.equal(config.tie_word_embeddings, true);
    assert.deepEqual(config.rope_parameters, {
      rope_theta: 10_000,
      partial_rotary_factor: 1,
      rope_type: 'default',
    });
    assert.equal(configOf('granite', {}).attention_multiplier, 8 ** -0.5);
  });

  it('takes numbers for each layer that are all the same', () => {
    assert.equal(configOf('llama', { 'attention.head_count_kv': [2, 2] }).num_key_value_heads, 2);
  });

  it('tells OLMo 3 from OLMo 2 by its windows', () => {
    assert.equal(configOf('olmo2', {}).model_type, 'olmo2');
    assert.equal(configOf('olmo2', { 'attention.sliding_window': 4096 }).model_type, 'olmo3');
  });

  it('knows which scale the largest Gemmas have', () => {
    const scalarOf = (layers: number, architecture: string) => {
      const many = new Map(Array.from({ length: layers }, (_, i) => [String(i), embeddings]));
      const own = { ...NUMBERS, block_count: layers, 'attention.key_length': 16 };
      const metadata = metadataOf(architecture, own);
      const known = ggufArchitecture(metadata);
      assert.ok(known);
      return ggufConfig(metadata, known, many).query_pre_attn_scalar;
    };
    assert.equal(scalarOf(26, 'gemma2'), 16);
    assert.equal(scalarOf(46, 'gemma2'), 8);
    assert.equal(scalarOf(62, 'gemma3'), 8);
  });

  it('has the bases of Gemma 3 as llama.cpp, Ollama or nobody says them', () => {
    const bases = (own: Values) => {
      const rope = configOf('gemma3', { ...own, 'attention.key_length': 8 }).rope_parameters;
      const { full_attention: full, sliding_attention: sliding } = rope as Record<
        string,
        { rope_theta: number }
      >;
      return [full?.rope_theta, sliding?.rope_theta];
    };
    assert.deepEqual(bases({ 'rope.freq_base': 5e5, 'rope.freq_base_swa': 2e4 }), [5e5, 2e4]);
    assert.deepEqual(
      bases({ 'rope.global.freq_base': 7e5, 'rope.local.freq_base': 3e4 }),
      [7e5, 3e4],
    );
    assert.deepEqual(bases({}), [1e6, 1e4]);
  });

  it('keeps what is scaled of rotary positions', () => {
    const yarn = configOf('qwen2', {
      'rope.freq_base': 1e6,
      'rope.dimension_count': 4,
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': 4,
      'rope.scaling.original_context_length': 32768,
    });
    assert.deepEqual(yarn.rope_parameters, {
      rope_theta: 1e6,
      partial_rotary_factor: 0.5,
      factor: 4,
      original_max_position_embeddings: 32768,
      rope_type: 'yarn',
    });
  });

  const refused = (architecture: string, own: Values, code: ErrorCode, what: RegExp) => {
    assert.throws(
      () => configOf(architecture, own),
      (error: unknown) => {
        assert.ok(error instanceof InspectorError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, what);
        return true;
      },
    );
  };

  it('is refused where it asks for what is not built', () => {
    const refusedAs = (own: Values, what: RegExp) =>
      refused('llama', own, 'model-unsupported', what);
    refusedAs({ expert_count: 8 }, /has 8 experts in a layer/);
    refusedAs({ 'attention.causal': false }, /attends in both directions/);
    refusedAs(
      { 'attention.key_length': 8, 'attention.value_length': 4 },
      /keys of 8 and values of 4/,
    );
    refusedAs({ 'rope.scaling.type': 'new' }, /of the type “new” in model\.gguf are not known/);
    refusedAs(
      { 'attention.head_count': [4, 2] },
      /layers of model\.gguf differ in “attention\.head_count”/,
    );
  });

  it('is refused where it is broken', () => {
    const broken = (own: Values, what: RegExp) => refused('llama', own, 'model-broken', what);
    broken({ block_count: 'two' }, /“llama\.block_count” of model\.gguf must be a number/);
    broken({ block_count: 4 }, /claims 4 layers and holds 3 tensors/);
    const without = metadataOf('llama', { ...NUMBERS, 'attention.layer_norm_rms_epsilon': 'x' });
    assert.throws(() => without.ofModel('attention.layer_norm_rms_epsilon'), /must be a number/);
  });

  it('names the keys that nobody knows', () => {
    const own = { ...NUMBERS, 'rope.freq_base': 1e6, 'attention.new_thing': 1, 'vision.width': 2 };
    assert.deepEqual(unknownKeys(metadataOf('llama', own, { 'general.name': 'x' })), [
      'attention.new_thing',
    ]);
  });

  it('has special tokens, ends and the template of conversations', () => {
    const key = (name: string) => `tokenizer.ggml.${name}`;
    const metadata = metadataOf('llama', NUMBERS, {
      [key('model')]: 'gpt2',
      [key('tokens')]: ['<s>', '</s>', '<turn>', 'a'],
      [key('bos_token_id')]: 0,
      [key('eos_token_id')]: 1,
      [key('eot_token_id')]: 2,
      // There is no such token.
      [key('padding_token_id')]: 99,
      [key('add_bos_token')]: true,
      'tokenizer.chat_template': '{{ messages }}',
      'tokenizer.chat_template.tool_use': '{{ tools }}',
    });
    assert.deepEqual(ggufTokenizerSettings(metadata), {
      bos_token: '<s>',
      eos_token: '</s>',
      add_bos_token: true,
      chat_template: [
        { name: 'default', template: '{{ messages }}' },
        { name: 'tool_use', template: '{{ tools }}' },
      ],
    });
    assert.deepEqual(ggufGeneration(metadata), { eos_token_id: [1, 2], bos_token_id: 0 });
  });
});
