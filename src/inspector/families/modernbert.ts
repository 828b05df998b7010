import type { Weights } from '../weights/weights';
import { headSize, layerNorms, layersOf } from './common';
import type { Config } from './config';
import type { Architecture, Head, Layer, Linear, Norm } from './graph/spec';
import { taskHeads } from './maskedHead';
import { prefixOf } from './prefix';
import { rope } from './rope';

/** ModernBERT: fused projections, rotary positions, two of three layers see their neighbourhood. */
export function modernbert(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'embeddings.tok_embeddings.weight');
  const norm = layerNorms(c.optional('norm_eps') ?? 1e-5);
  const [width, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const headDim = headSize(width, heads);
  const inner = c.size('intermediate_size');
  const every = c.optionalSize('global_attn_every_n_layers') ?? 3;
  const reach = Math.floor((c.optionalSize('local_attention') ?? 128) / 2);
  const activation = c.text('gelu', 'hidden_activation');
  const tokens = `${root}embeddings.tok_embeddings`;
  const part = (name: string, size: number, index: number): Linear => ({
    name,
    rows: [index * size, (index + 1) * size],
  });
  const layerOf = (i: number): Layer => {
    const at = `${root}layers.${i}`;
    const isLocal =
      (c.list('layer_types')?.[i] ?? (i % every ? 'sliding_attention' : '')) ===
      'sliding_attention';
    const qkv = (index: number) => part(`${at}.attn.Wqkv`, width, index);
    const half = (index: number) => part(`${at}.mlp.Wi`, inner, index);
    return {
      order: 'pre',
      // The norm of the embeddings is the first layer's.
      ...(i > 0 ? { attentionNorm: norm(`${at}.attn_norm`) } : {}),
      attention: {
        heads,
        keyHeads: heads,
        headDim,
        scale: headDim ** -0.5,
        mask: { causal: false, ...(isLocal ? { window: reach } : {}) },
        rope: rope(c, headDim, {
          layerType: isLocal ? 'sliding_attention' : 'full_attention',
          theta: isLocal ? 10_000 : 160_000,
        }),
        projections: { kind: 'separate', query: qkv(0), key: qkv(1), value: qkv(2) },
        output: { name: `${at}.attn.Wo` },
      },
      mlpNorm: norm(`${at}.mlp_norm`),
      mlp: { gate: half(0), up: half(1), down: { name: `${at}.mlp.Wo` }, inner, activation },
    };
  };
  const head = headOf(c, weights, `${tokens}.weight`, norm);
  return {
    encoder: {
      kind: 'encoder',
      width,
      embeddings: {
        tokens,
        vocabulary: c.size('vocab_size'),
        norm: norm(`${root}embeddings.norm`),
      },
      layers: layersOf(c.size('num_hidden_layers'), layerOf),
      finalNorm: norm(`${root}final_norm`),
    },
    ...(head ? { head } : {}),
    // A classifier has the same transform, over one state.
    unused: weights.get('classifier.weight') ? [...taskHeads, /^head\./] : taskHeads,
  };
}

function headOf(
  c: Config,
  weights: Weights,
  tied: string,
  norm: (name: string) => Norm,
): Head | undefined {
  if (!weights.get('head.dense.weight') || weights.get('classifier.weight')) return undefined;
  return {
    transform: {
      dense: { name: 'head.dense' },
      activation: c.text('gelu', 'classifier_activation'),
      norm: norm('head.norm'),
    },
    weight: weights.get('decoder.weight') ? 'decoder.weight' : tied,
    ...(weights.get('decoder.bias') ? { bias: 'decoder.bias' } : {}),
  };
}
