import type { Weights } from '../weights/weights';
import { headSize, layerNorms, layersOf, paddingOf, separate } from './common';
import type { Config } from './config';
import type { Architecture, Attention, Embeddings, Layer, Positions, Stack } from './graph/spec';
import { outputHead } from './outputHead';
import { prefixOf } from './prefix';
import { fairseqSinusoids, halfSinusoids } from './sinusoids';

/** How fairseq's encoder–decoders differ. */
interface Variant {
  /** Whether norms stand before the parts, with one more at the end. */
  readonly isPre?: boolean;
  /** Rows of the position table that no position uses; left out: none. */
  readonly offset?: number;
  /** Positions that are not learned: `half` counts places, `fairseq` counts what is no padding. */
  readonly sinusoids?: 'half' | 'fairseq';
  /** What its configuration means where it says nothing. */
  readonly scales?: boolean;
  readonly activation?: string;
  /** The decoder adds positions after the norm of its embeddings. */
  readonly positionsLast?: boolean;
}

const variants: Readonly<Record<string, Variant>> = {
  bart: { offset: 2 },
  mbart: { isPre: true, offset: 2 },
  plbart: { offset: 2, scales: true },
  marian: { sinusoids: 'half' },
  pegasus: { isPre: true, sinusoids: 'half' },
  m2m_100: { isPre: true, sinusoids: 'fairseq', scales: true, activation: 'relu' },
  blenderbot: { isPre: true },
  'blenderbot-small': { positionsLast: true },
};

/** Heads for other tasks. */
const taskHead = /^(classification_head|qa_outputs)\./;

/** The norms of all of them. */
const norm = layerNorms(1e-5);

/** An attention of fairseq's, below `at`. */
export function fairseqAttention(
  at: string,
  width: number,
  heads: number,
  causal: boolean,
): Attention {
  const headDim = headSize(width, heads);
  return {
    heads,
    keyHeads: heads,
    headDim,
    scale: headDim ** -0.5,
    mask: { causal },
    projections: separate(at, 'q_proj', 'k_proj', 'v_proj'),
    output: { name: `${at}.out_proj` },
  };
}

/** What a layer of fairseq's names has besides its attention. */
export interface FairseqParts extends Pick<Layer, 'order' | 'cross'> {
  readonly inner: number;
  readonly activation: string;
}

/** A layer of fairseq's, with attention on an encoder's states where `cross` is given. */
export function fairseqLayer(at: string, self: Attention, rest: FairseqParts): Layer {
  const { order, cross, inner, activation } = rest;
  return {
    order,
    attention: self,
    attentionNorm: norm(`${at}.self_attn_layer_norm`),
    ...(cross ? { cross, crossNorm: norm(`${at}.encoder_attn_layer_norm`) } : {}),
    mlp: { up: { name: `${at}.fc1` }, down: { name: `${at}.fc2` }, inner, activation },
    mlpNorm: norm(`${at}.final_layer_norm`),
  };
}

/** BART, mBART, PLBART, Marian, Pegasus, M2M-100 (NLLB), Blenderbot. */
export function bart(c: Config, weights: Weights): Architecture {
  const variant = variants[c.type] ?? {};
  const root = prefixOf(weights, 'decoder.layers.0.self_attn.q_proj.weight');
  const width = c.size('d_model');
  const activation = c.text(variant.activation ?? 'gelu', 'activation_function');
  const padding = paddingOf(c);
  const isStored = (name: string) => weights.get(`${name}.weight`) !== undefined;
  const shared = [`${root}shared`, `${root}decoder.embed_tokens`].find(isStored) ?? `${root}shared`;

  const embeddingsOf = (kind: Stack['kind']): Embeddings => {
    const at = `${root}${kind}`;
    const afterwards = `${at}.layernorm_embedding`;
    const own = kind === 'decoder' ? ['decoder_vocab_size', 'vocab_size'] : ['vocab_size'];
    return {
      tokens: isStored(`${at}.embed_tokens`) ? `${at}.embed_tokens` : shared,
      vocabulary: c.size(...own),
      ...(c.flag('scale_embedding', variant.scales ?? false) ? { scale: Math.sqrt(width) } : {}),
      positions: positionsOf(`${at}.embed_positions`),
      ...(isStored(afterwards) ? { norm: norm(afterwards) } : {}),
      ...(variant.positionsLast && kind === 'decoder' ? { positionsLast: true } : {}),
    };
  };
  const positionsOf = (name: string): Positions => {
    const count = c.size('max_position_embeddings');
    if (variant.sinusoids === 'fairseq') {
      const table = fairseqSinusoids(count + 2, width, padding);
      return { table, from: { kind: 'ids', padding } };
    }
    if (variant.sinusoids && !isStored(name)) return { table: halfSinusoids(count, width) };
    return { table: { name }, ...(variant.offset ? { offset: variant.offset } : {}) };
  };
  const stack = (kind: Stack['kind']): Stack => {
    const at = `${root}${kind}`;
    const isDecoder = kind === 'decoder';
    const heads = c.size(`${kind}_attention_heads`);
    const attention = (name: string, causal: boolean) =>
      fairseqAttention(name, width, heads, causal);
    return {
      kind,
      width,
      embeddings: embeddingsOf(kind),
      layers: layersOf(c.size(`${kind}_layers`), i => {
        const layer = `${at}.layers.${i}`;
        return fairseqLayer(layer, attention(`${layer}.self_attn`, isDecoder), {
          order: variant.isPre ? 'pre' : 'post',
          ...(isDecoder ? { cross: attention(`${layer}.encoder_attn`, false) } : {}),
          inner: c.size(`${kind}_ffn_dim`),
          activation,
        });
      }),
      ...(variant.isPre ? { finalNorm: norm(`${at}.layer_norm`) } : {}),
    };
  };
  const bias = weights.get('final_logits_bias') ? { bias: 'final_logits_bias' } : {};
  const head = { ...outputHead(c, weights, `${shared}.weight`), ...bias };
  // What was made a classifier gives no logits of tokens any more.
  const isClassifier = weights.names.some(name => taskHead.test(name));
  return {
    encoder: stack('encoder'),
    decoder: stack('decoder'),
    ...(isClassifier ? {} : { head }),
    // Embeddings that are stored once more, sinusoids that are computed, fairseq's version.
    unused: [
      /(^|\.)(shared|embed_tokens)\.weight$/,
      /embed_positions\.weights$/,
      /(^|\.)version$/,
      taskHead,
      ...(isClassifier ? [/^final_logits_bias$/] : []),
    ],
  };
}
