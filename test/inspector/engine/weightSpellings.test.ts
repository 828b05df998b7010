import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import { readCase, type Case } from './support/cases';
import { checkCard, checkErrors, compare, everything } from './support/compare';
import { respelled, type Spelling } from './support/respell';

const fixtures = join(import.meta.dirname, '../../fixtures/weights');

type Fields = Record<string, unknown>;
const without =
  (...names: readonly string[]) =>
  (fields: Fields) => {
    for (const name of names) {
      assert.ok(name in fields, `config.json has no “${name}”`);
      fields[name] = undefined;
    }
  };
const renamed = (pattern: RegExp | string, to: string) => (name: string) =>
  name.replace(pattern, to);

/** Rotary positions as transformers 4 wrote them. */
function rope4(fields: Fields): void {
  const { rope_type, rope_theta, ...rest } = fields.rope_parameters as Fields;
  delete fields.rope_parameters;
  fields.rope_theta = rope_theta;
  fields.rope_scaling = rope_type === 'default' ? null : { type: rope_type, ...rest };
}

const all =
  (...changes: readonly ((fields: Fields) => void)[]) =>
  (fields: Fields) => {
    for (const change of changes) change(fields);
  };
const setting = (more: Fields) => (fields: Fields) => void Object.assign(fields, more);

/** Each writes what a case holds in another way that checkpoints have: nothing may differ. */
const spellings: Readonly<Record<string, Spelling & { readonly of: string }>> = {
  'rotary scaling of transformers 4: llama3': {
    of: 'llama',
    config: all(rope4, fields => {
      const { type, ...rest } = fields.rope_scaling as Fields;
      fields.rope_scaling = { rope_type: type, ...rest };
    }),
  },
  'rotary scaling of transformers 4: yarn': { of: 'llama_yarn', config: rope4 },
  'rotary scaling of transformers 4: linear': { of: 'llama_linear', config: rope4 },
  'rotary scaling of transformers 4: longrope': { of: 'phi3_long', config: rope4 },
  'longrope under its first name': {
    of: 'phi3',
    config: all(rope4, fields => Object.assign(fields.rope_scaling as Fields, { type: 'su' })),
  },
  'rotary base of transformers 4': { of: 'qwen3', config: rope4 },
  'Gemma 3 of transformers 4, without types of layers': {
    of: 'gemma3',
    config: all(without('rope_parameters', 'layer_types', '_sliding_window_pattern'), fields =>
      Object.assign(fields, {
        rope_theta: 1e6,
        rope_local_base_freq: 1e4,
        rope_scaling: { rope_type: 'linear', factor: 8 },
        sliding_window_pattern: 3,
      }),
    ),
  },
  'Gemma 3 as part of a model that also sees': {
    of: 'gemma3',
    rename: renamed(/^model\./, 'language_model.model.'),
  },
  'Gemma 2 of transformers 4, without types of layers': {
    of: 'gemma2',
    config: all(rope4, without('layer_types')),
  },
  'ModernBERT of transformers 4, without types of layers': {
    of: 'modernbert',
    config: all(
      without('rope_parameters', 'layer_types'),
      setting({ global_rope_theta: 160_000, local_rope_theta: 10_000 }),
    ),
  },
  'Pythia of transformers 4': {
    of: 'gpt_neox',
    config: all(without('rope_parameters'), setting({ rotary_pct: 0.5, rotary_emb_base: 10_000 })),
  },
  'GPT-NeoX that does not say how much is rotated: a quarter': {
    of: 'gpt_neox_serial',
    config: without('rope_parameters'),
  },
  'GPT-2 without a prefix, with its masks': {
    of: 'gpt2',
    rename: renamed('transformer.', ''),
    add: { 'h.0.attn.bias': [1, 1, 16, 16], 'h.1.attn.masked_bias': [1] },
  },
  'BERT from TensorFlow': {
    of: 'bert',
    rename: name =>
      name
        .replace(/LayerNorm\.weight$/, 'LayerNorm.gamma')
        .replace(/LayerNorm\.bias$/, 'LayerNorm.beta'),
  },
  'BERT with positions, a pooler, a second head and its own output matrix': {
    of: 'bert',
    add: {
      'bert.embeddings.position_ids': [1, 16],
      'bert.pooler.dense.weight': [16, 16],
      'bert.pooler.dense.bias': [16],
      'cls.seq_relationship.weight': [2, 16],
      'cls.seq_relationship.bias': [2],
    },
    again: {
      'cls.predictions.decoder.weight': 'bert.embeddings.word_embeddings.weight',
      'cls.predictions.decoder.bias': 'cls.predictions.bias',
    },
  },
  'a plain BERT within another model': {
    of: 'bert_plain',
    rename: name => `encoder.bert.${name}`,
  },
  'CodeGen with its masks': {
    of: 'codegen',
    add: { 'transformer.h.0.attn.causal_mask': [1, 1, 16, 16] },
  },
  'T5 that does not say what is scaled': {
    of: 't5',
    config: without('scale_decoder_outputs', 'is_gated_act', 'dense_act_fn'),
  },
  'Flan-T5 of transformers 4': {
    of: 'flan_t5',
    config: all(
      without('scale_decoder_outputs', 'is_gated_act', 'dense_act_fn'),
      setting({ tie_word_embeddings: false }),
    ),
  },
  'mT5 without what is usual': {
    of: 'mt5',
    config: without('feed_forward_proj', 'is_gated_act', 'dense_act_fn'),
  },
  'M2M-100 without what is usual': {
    of: 'm2m_100',
    config: without('scale_embedding', 'activation_function'),
  },
  'T5 that stores its embeddings three times': {
    of: 't5',
    again: {
      'encoder.embed_tokens.weight': 'shared.weight',
      'decoder.embed_tokens.weight': 'shared.weight',
    },
  },
  'SmolLM3 without a list of layers': {
    of: 'smollm3',
    config: without('no_rope_layers', 'layer_types'),
  },
  'Qwen 2 with a window that it does not use': {
    of: 'qwen2',
    config: all(without('layer_types'), setting({ sliding_window: 3 })),
  },
  'Qwen 2 with a window in its last layers': {
    of: 'qwen2_window',
    config: without('layer_types'),
  },
  'biases that are stored and that the configuration denies': {
    of: 'llama_biased',
    config: setting({ attention_bias: false, mlp_bias: false }),
  },
  'an output matrix that is stored and that the configuration ties': {
    of: 'llama_linear',
    config: setting({ tie_word_embeddings: true }),
  },
  'Falcon with its first names': {
    of: 'falcon_new',
    config: all(without('num_hidden_layers', 'num_attention_heads', 'num_kv_heads'), fields =>
      Object.assign(fields, { n_layer: 1, n_head: 4, n_head_kv: 2 }),
    ),
  },
  'BLOOM without a prefix, with its first names': {
    of: 'bloom',
    rename: renamed('transformer.', ''),
    config: all(without('hidden_size'), setting({ n_embed: 12 })),
  },
  'OPT without a head of its own': { of: 'opt', rename: renamed(/^model\./, '') },
  'GPT-Neo with pairs of layers': { of: 'gpt_neo', config: without('attention_layers') },
  'BART that stores its embeddings for each side': {
    of: 'bart',
    again: {
      'model.encoder.embed_tokens.weight': 'model.shared.weight',
      'model.decoder.embed_tokens.weight': 'model.shared.weight',
      'lm_head.weight': 'model.shared.weight',
    },
    add: { 'model.encoder.version': [1] },
  },
};

/** Models that were trained for another task: they give hidden states instead of logits. */
const classifiers: Readonly<Record<string, Spelling & { readonly of: string }>> = {
  BERT: {
    of: 'bert',
    rename: name => (name.startsWith('cls.') ? undefined : name),
    add: { 'classifier.weight': [3, 16], 'bert.pooler.dense.weight': [16, 16] },
  },
  DistilBERT: {
    of: 'distilbert',
    rename: name => (name.startsWith('vocab_') ? undefined : name),
    add: { 'pre_classifier.weight': [16, 16], 'classifier.weight': [3, 16] },
  },
  ModernBERT: {
    of: 'modernbert',
    rename: name => (name === 'decoder.bias' ? undefined : name),
    add: { 'classifier.weight': [3, 16] },
  },
  BART: { of: 'bart', add: { 'classification_head.dense.weight': [12, 12] } },
};

describe('models of one meaning, spelled otherwise', () => {
  for (const [name, { of, ...spelling }] of Object.entries(spellings)) {
    it(name, () =>
      opened(of, spelling, async (example, model) => {
        checkCard(example, model);
        checkErrors(example, compare(example, await model.run(example.feeds, everything)));
      }),
    );
  }
});

describe('classifiers attend as the models that they were made of', () => {
  for (const [name, { of, ...spelling }] of Object.entries(classifiers)) {
    it(name, () =>
      opened(of, spelling, async (example, model) => {
        checkCard(example, model);
        const run = await model.run(example.feeds, everything);
        assert.equal(run.logits, undefined);
        checkErrors(example, compare(example, run));
      }),
    );
  }
});

async function opened(
  of: string,
  spelling: Spelling,
  check: (example: Case, model: InstrumentedModel) => Promise<void>,
): Promise<void> {
  const example = readCase(join(fixtures, of));
  const folder = respelled(example.folder, spelling);
  try {
    const model = await openModel(folder, { threads: 1 });
    try {
      await check(example, model);
    } finally {
      await model.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
