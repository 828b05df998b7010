import type { Weights } from '../weights/weights';
import { fairseqAttention, fairseqLayer, type FairseqParts } from './bart';
import { layerNorms, layersOf, mustBe, paddingOf } from './common';
import type { Config } from './config';
import type { Architecture, Layer } from './graph/spec';
import { outputHead } from './outputHead';
import { prefixOf } from './prefix';
import { fairseqSinusoids } from './sinusoids';

const norm = layerNorms(1e-5);

/** Makes causal layers of fairseq's names below `root`. */
function layerOf(root: string, width: number, heads: number, parts: FairseqParts) {
  return (layer: number): Layer => {
    const at = `${root}layers.${layer}`;
    return fairseqLayer(at, fairseqAttention(`${at}.self_attn`, width, heads, true), parts);
  };
}

/** OPT: positions are counted over the mask; the 350m model has post-norms and narrow embeddings. */
export function opt(c: Config, weights: Weights): Architecture {
  mustBe(c, 'layer_norm_elementwise_affine', true);
  const root = prefixOf(weights, 'layers.0.self_attn.q_proj.weight');
  const width = c.size('hidden_size');
  const heads = c.size('num_attention_heads');
  const isStored = (name: string) => weights.get(`${root}${name}.weight`) !== undefined;
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: {
        tokens: `${root}embed_tokens`,
        vocabulary: c.size('vocab_size'),
        positions: {
          table: { name: `${root}embed_positions` },
          offset: 2,
          from: { kind: 'mask' },
        },
        positionsLast: true,
        ...(isStored('project_in') ? { projection: { name: `${root}project_in` } } : {}),
      },
      layers: layersOf(
        c.size('num_hidden_layers'),
        layerOf(root, width, heads, {
          order: c.flag('do_layer_norm_before', true) ? 'pre' : 'post',
          inner: c.size('ffn_dim'),
          activation: c.text('relu', 'activation_function'),
        }),
      ),
      ...(isStored('final_layer_norm') ? { finalNorm: norm(`${root}final_layer_norm`) } : {}),
      ...(isStored('project_out') ? { projection: { name: `${root}project_out` } } : {}),
    },
    head: outputHead(c, weights, `${root}embed_tokens.weight`),
  };
}

/** BioGPT: pre-norms, embeddings × √width, positions by their places. */
export function bioGpt(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'layers.0.self_attn.q_proj.weight');
  const width = c.size('hidden_size');
  const heads = c.size('num_attention_heads');
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: {
        tokens: `${root}embed_tokens`,
        vocabulary: c.size('vocab_size'),
        ...(c.flag('scale_embedding', true) ? { scale: Math.sqrt(width) } : {}),
        positions: { table: { name: `${root}embed_positions` }, offset: 2 },
      },
      layers: layersOf(
        c.size('num_hidden_layers'),
        layerOf(root, width, heads, {
          order: 'pre',
          inner: c.size('intermediate_size'),
          activation: c.text('gelu', 'hidden_act'),
        }),
      ),
      finalNorm: norm(`${root}layer_norm`),
    },
    head: outputHead(c, weights, `${root}embed_tokens.weight`, 'output_projection'),
  };
}

/** XGLM: pre-norms, sinusoids that are not stored, embeddings × √width. */
export function xglm(c: Config, weights: Weights): Architecture {
  mustBe(c, 'add_cross_attention', false);
  const root = prefixOf(weights, 'layers.0.self_attn.q_proj.weight');
  const width = c.size('d_model');
  const heads = c.size('attention_heads');
  const padding = paddingOf(c);
  const rows = c.size('max_position_embeddings') + 2;
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: {
        tokens: `${root}embed_tokens`,
        vocabulary: c.size('vocab_size'),
        ...(c.flag('scale_embedding', true) ? { scale: Math.sqrt(width) } : {}),
        positions: { table: fairseqSinusoids(rows, width, padding), offset: 2 },
      },
      layers: layersOf(
        c.size('num_layers'),
        layerOf(root, width, heads, {
          order: 'pre',
          inner: c.size('ffn_dim'),
          activation: c.text('gelu', 'activation_function'),
        }),
      ),
      finalNorm: norm(`${root}layer_norm`),
    },
    head: outputHead(c, weights, `${root}embed_tokens.weight`),
    unused: [/embed_positions\.weights$/],
  };
}
