import { InspectorError } from '../../protocol/errors';
import type { Weights } from '../weights/weights';
import { mptSlopes, slopes, toBfloat16 } from './alibi';
import { headSize, layerNorms, layersOf, mustBe } from './common';
import { Config } from './config';
import type { Architecture, Layer } from './graph/spec';
import { outputHead } from './outputHead';
import { prefixOf } from './prefix';
import { rope } from './rope';

/** BLOOM: a norm after the embeddings, ALiBi, queries, keys and values of a head side by side. */
export function bloom(c: Config, weights: Weights): Architecture {
  mustBe(c, 'apply_residual_connection_post_layernorm', false);
  const root = prefixOf(weights, 'word_embeddings.weight');
  const norm = layerNorms(c.optional('layer_norm_epsilon') ?? 1e-5);
  const width = c.size('hidden_size', 'n_embed');
  const heads = c.size('n_head', 'num_attention_heads');
  const headDim = headSize(width, heads);
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: {
        tokens: `${root}word_embeddings`,
        vocabulary: c.size('vocab_size'),
        norm: norm(`${root}word_embeddings_layernorm`),
      },
      layers: layersOf(c.size('n_layer', 'num_hidden_layers'), i => {
        const at = `${root}h.${i}`;
        return {
          order: 'pre',
          attentionNorm: norm(`${at}.input_layernorm`),
          attention: {
            heads,
            keyHeads: heads,
            headDim,
            scale: headDim ** -0.5,
            mask: { causal: true },
            bias: { kind: 'alibi', slopes: slopes(heads) },
            projections: { kind: 'heads', fused: { name: `${at}.self_attention.query_key_value` } },
            output: { name: `${at}.self_attention.dense` },
          },
          mlpNorm: norm(`${at}.post_attention_layernorm`),
          mlp: {
            up: { name: `${at}.mlp.dense_h_to_4h` },
            down: { name: `${at}.mlp.dense_4h_to_h` },
            inner: 4 * width,
            activation: 'gelu_new',
          },
        };
      }),
      finalNorm: norm(`${root}ln_f`),
    },
    head: outputHead(c, weights, `${root}word_embeddings.weight`),
  };
}

/** Falcon: shared key heads, one or two norms beside each other, rotary positions or ALiBi. */
export function falcon(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'word_embeddings.weight');
  const norm = layerNorms(c.optional('layer_norm_epsilon') ?? 1e-5);
  const width = c.size('hidden_size', 'n_embed');
  const heads = c.size('num_attention_heads', 'n_head');
  const headDim = headSize(width, heads);
  const isNew = c.flag('new_decoder_architecture', false);
  const grouped = c.optionalSize('num_kv_heads', 'n_head_kv') ?? heads;
  const keyHeads = isNew ? grouped : c.flag('multi_query', true) ? 1 : heads;
  const isParallel = c.flag('parallel_attn', true) || isNew;
  const scale = headDim ** -0.5;
  const inner = c.optionalSize('ffn_hidden_size') ?? 4 * width;
  const activation = c.text('gelu', 'activation');
  const positions = c.flag('alibi', false)
    ? // Computed in bfloat16, and scaled with the scores.
      ({
        bias: {
          kind: 'alibi',
          slopes: slopes(heads).map(toBfloat16),
          rounded: true,
          factor: scale,
        },
      } as const)
    : { rope: rope(c, headDim) };
  const layerOf = (i: number): Layer => {
    const at = `${root}h.${i}`;
    const hasTwo = weights.get(`${at}.ln_attn.weight`) !== undefined;
    const first = hasTwo ? `${at}.ln_attn` : `${at}.input_layernorm`;
    const shared = hasTwo ? `${at}.ln_mlp` : first;
    return {
      order: isParallel ? 'parallel' : 'pre',
      attentionNorm: norm(first),
      attention: {
        heads,
        keyHeads,
        headDim,
        scale,
        mask: { causal: true },
        ...positions,
        projections: { kind: 'heads', fused: { name: `${at}.self_attention.query_key_value` } },
        output: { name: `${at}.self_attention.dense` },
      },
      mlpNorm: norm(isParallel ? shared : `${at}.post_attention_layernorm`),
      mlp: {
        up: { name: `${at}.mlp.dense_h_to_4h` },
        down: { name: `${at}.mlp.dense_4h_to_h` },
        inner,
        activation,
      },
    };
  };
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: { tokens: `${root}word_embeddings`, vocabulary: c.size('vocab_size') },
      layers: layersOf(c.size('num_hidden_layers', 'n_layer'), layerOf),
      finalNorm: norm(`${root}ln_f`),
    },
    head: outputHead(c, weights, `${root}word_embeddings.weight`),
  };
}

/** MPT: no biases, ALiBi that is counted from the last token. */
export function mpt(c: Config, weights: Weights): Architecture {
  mustBe(c, 'logit_scale');
  const root = prefixOf(weights, 'wte.weight');
  const norm = layerNorms(c.optional('layer_norm_epsilon') ?? 1e-5);
  const [width, heads] = [c.size('d_model'), c.size('n_heads')];
  const headDim = headSize(width, heads);
  const attention = attentionFields(c);
  for (const field of ['qk_ln', 'prefix_lm', 'attn_uses_sequence_id']) {
    mustBe(attention, field, false);
  }
  mustBe(attention, 'attn_type', 'multihead_attention');
  mustBe(attention, 'alibi', true);
  mustBe(attention, 'alibi_bias_max', 8);
  const clip = attention.optional('clip_qkv');
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: { tokens: `${root}wte`, vocabulary: c.size('vocab_size') },
      layers: layersOf(c.size('n_layers'), i => {
        const at = `${root}blocks.${i}`;
        return {
          order: 'pre',
          attentionNorm: norm(`${at}.norm_1`),
          attention: {
            heads,
            keyHeads: heads,
            headDim,
            scale: attention.optional('softmax_scale') ?? headDim ** -0.5,
            mask: { causal: true },
            bias: { kind: 'alibi', slopes: mptSlopes(heads), from: 'end' },
            ...(clip ? { clip } : {}),
            projections: { kind: 'columns', fused: { name: `${at}.attn.Wqkv` } },
            output: { name: `${at}.attn.out_proj` },
          },
          mlpNorm: norm(`${at}.norm_2`),
          mlp: {
            up: { name: `${at}.ffn.up_proj` },
            down: { name: `${at}.ffn.down_proj` },
            inner: 4 * width,
            activation: 'gelu',
          },
        };
      }),
      finalNorm: norm(`${root}norm_f`),
    },
    head: outputHead(c, weights, `${root}wte.weight`),
  };
}

/** MPT says what is special about its attention in a section of its own. */
function attentionFields(c: Config): Config {
  const fields = c.raw('attn_config') ?? {};
  if (typeof fields === 'object' && !Array.isArray(fields)) {
    return new Config({ ...fields, model_type: c.type });
  }
  throw new InspectorError(
    'model-unsupported',
    '“attn_config” of config.json must be a section: check the file.',
  );
}
