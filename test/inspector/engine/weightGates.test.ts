import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '../../../src/inspector/model/openModel';
import { InspectorError } from '../../../src/protocol/errors';
import { readCase } from './support/cases';
import { compare, everything } from './support/compare';
import { respelled, type Spelling } from './support/respell';

const fixtures = join(import.meta.dirname, '../../fixtures/weights');

type Fields = Record<string, unknown>;
const setting = (more: Fields) => (fields: Fields) => void Object.assign(fields, more);
const inRope = (more: Fields) => (fields: Fields) =>
  void Object.assign(fields.rope_parameters as Fields, more);
const without = (pattern: RegExp) => (name: string) => (pattern.test(name) ? undefined : name);
const ofType = (type: string) => setting({ model_type: type });

/** What is not what the family builds, and what the sentence about it must name. */
const refused: Readonly<Record<string, Spelling & { of: string; says: RegExp }>> = {
  'Qwen 3 that calls itself Llama': {
    of: 'qwen3',
    config: ofType('llama'),
    says: /“model\.layers\.0\.self_attn\.[qk]_norm\.weight” that models of the type “llama”/,
  },
  'Gemma 2 that calls itself Gemma': {
    of: 'gemma2',
    config: ofType('gemma'),
    says: /“layer_types”/,
  },
  'OLMo 2 that calls itself Llama': {
    of: 'olmo2',
    config: ofType('llama'),
    says: /“model\.layers\.0\.input_layernorm\.weight” are missing/,
  },
  'a norm that is missing': {
    of: 'llama',
    rename: without(/layers\.1\.input_layernorm/),
    says: /“model\.layers\.1\.input_layernorm\.weight” are missing/,
  },
  'an output matrix that is missing and not tied': {
    of: 'llama',
    rename: without(/lm_head/),
    config: setting({ tie_word_embeddings: false }),
    says: /“lm_head\.weight” are missing/,
  },
  'a tensor more': {
    of: 'llama',
    add: { 'model.layers.0.self_attn.gate.weight': [4, 16] },
    says: /“model\.layers\.0\.self_attn\.gate\.weight” that models of the type “llama” do not/,
  },
  'a layer fewer than is stored': {
    of: 'llama',
    config: setting({ num_hidden_layers: 1 }),
    says: /holds “model\.layers\.1\./,
  },
  'a layer more than is stored': {
    of: 'llama',
    config: setting({ num_hidden_layers: 3 }),
    says: /“model\.layers\.2\..*” are missing/,
  },
  'other key heads than are stored': {
    of: 'llama',
    config: setting({ num_key_value_heads: 4 }),
    says: /k_proj\.weight” has the shape \[12, 16\].*\[24, 16\]/,
  },
  'another vocabulary than is stored': {
    of: 'llama',
    config: setting({ vocab_size: 30 }),
    says: /embed_tokens\.weight” has the shape \[29, 16\].*\[30, 16\]/,
  },
  'rows of a fused matrix that nothing takes': {
    of: 'phi3',
    config: setting({ num_key_value_heads: 1 }),
    says: /a part of “model\.layers\.0\.self_attn\.qkv_proj\.weight”/,
  },
  'a type that nobody knows': {
    of: 'llama',
    config: ofType('llama_2000'),
    says: /“llama_2000” is not built.*not known/,
  },
  'no type': {
    of: 'llama',
    config: fields => delete fields.model_type,
    says: /“model_type”/,
  },
  'a type that reads audio': { of: 'llama', config: ofType('whisper'), says: /reads audio/ },
  'a type with compressed keys': {
    of: 'llama',
    config: ofType('deepseek_v3'),
    says: /multi-head latent attention/,
  },
  'rotary positions of an unknown type': {
    of: 'llama',
    config: inRope({ rope_type: 'spiral' }),
    says: /the type “spiral”/,
  },
  'rotary positions with an unknown field': {
    of: 'llama',
    config: inRope({ llama_4_scaling_beta: 0.1 }),
    says: /“llama_4_scaling_beta”/,
  },
  'rotary positions without what their type needs': {
    of: 'llama_linear',
    config: fields => delete (fields.rope_parameters as Fields).factor,
    says: /lacks “factor”/,
  },
  'rotary scaling in a family without rotary positions': {
    of: 'gpt2',
    config: setting({ rope_scaling: { type: 'linear', factor: 2 } }),
    says: /“rope_scaling”/,
  },
  'an unknown activation': {
    of: 'llama',
    config: setting({ hidden_act: 'xielu' }),
    says: /“xielu”/,
  },
  'a layer of another kind': {
    of: 'gemma2',
    config: setting({ layer_types: ['linear_attention', 'full_attention'] }),
    says: /type "linear_attention"/,
  },
  'layers with a window in a family without': {
    of: 'llama',
    config: setting({ layer_types: ['sliding_attention', 'full_attention'], sliding_window: 2 }),
    says: /“layer_types”/,
  },
  'attention in both directions': {
    of: 'gemma3',
    config: setting({ use_bidirectional_attention: true }),
    says: /“use_bidirectional_attention”/,
  },
  'a soft-cap where there is none': {
    of: 'gpt2',
    config: setting({ attn_logit_softcapping: 30 }),
    says: /“attn_logit_softcapping”/,
  },
  'BERT as a decoder': {
    of: 'bert',
    config: setting({ is_decoder: true }),
    says: /“is_decoder”/,
  },
  'heads that were removed': {
    of: 'bert',
    config: setting({ pruned_heads: { 0: [1] } }),
    says: /“pruned_heads”/,
  },
  'weights in a quantised form': {
    of: 'llama',
    config: setting({ quantization_config: { quant_method: 'bitsandbytes' } }),
    says: /bitsandbytes.*“quantization_config”/,
  },
  'a size that is none': {
    of: 'llama',
    config: setting({ hidden_size: -16 }),
    says: /“hidden_size”/,
  },
  'a field of another kind': {
    of: 'llama',
    config: setting({ num_hidden_layers: '2' }),
    says: /“num_hidden_layers” of config\.json must be a number/,
  },
};

async function refusal(folder: string): Promise<string> {
  try {
    await (await openModel(folder, { threads: 1 })).dispose();
  } catch (error) {
    if (error instanceof InspectorError) {
      assert.match(error.code, /^model-(unsupported|broken)$/);
      return error.message;
    }
    throw error;
  }
  return 'it was opened';
}

describe('what is not built is refused with its name', () => {
  for (const [name, { of, says, ...spelling }] of Object.entries(refused)) {
    it(name, async () => {
      const folder = respelled(join(fixtures, of), spelling);
      try {
        const message = await refusal(folder);
        assert.match(message, says);
        // One sentence, two at most, without line breaks.
        assert.doesNotMatch(message, /\n/);
        assert.ok(message.length < 400, `${message.length} characters`);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }

  it('an adapter beside the weights', async () => {
    const folder = respelled(join(fixtures, 'llama'), {});
    try {
      writeFileSync(join(folder, 'adapter_config.json'), '{}');
      assert.match(await refusal(folder), /adapter_config\.json/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** What no gate can see: the numbers are others, and the references tell. */
const different: Readonly<Record<string, Spelling & { of: string }>> = {
  'gate and up, exchanged': {
    of: 'llama',
    rename: name =>
      name.replace(/gate_proj|up_proj/, part => (part === 'up_proj' ? 'gate_proj' : 'up_proj')),
  },
  'queries’ and keys’ norms, exchanged': {
    of: 'qwen3',
    rename: name => name.replace(/[qk]_norm/, part => (part === 'q_norm' ? 'k_norm' : 'q_norm')),
  },
  'rotary positions of another type': {
    of: 'llama_linear',
    config: inRope({ rope_type: 'default' }),
  },
  'rotary positions of another base': { of: 'qwen3', config: inRope({ rope_theta: 5000 }) },
  'another window': { of: 'mistral', config: setting({ sliding_window: 2 }) },
  'another soft-cap': { of: 'gemma2', config: setting({ final_logit_softcapping: 2 }) },
};

describe('another model is not the one of the reference', () => {
  for (const [name, { of, ...spelling }] of Object.entries(different)) {
    it(name, async () => {
      const example = readCase(join(fixtures, of));
      const folder = respelled(example.folder, spelling);
      const model = await openModel(folder, { threads: 1 });
      try {
        const { logits } = compare(example, await model.run(example.feeds, everything));
        assert.ok(logits > 1e-3, `logits differ by ${logits}`);
      } finally {
        await model.dispose();
        rmSync(folder, { recursive: true });
      }
    });
  }
});
