import type { Weights } from '../weights/weights';
import { distancesUpTo, layersOf, separate } from './common';
import type { Config } from './config';
import type { Architecture, Attention, Layer, Mlp, Norm, Stack } from './graph/spec';
import { prefixOf } from './prefix';

/** T5 (and Flan-T5), mT5, UMT5: biases by distance, scores that are not scaled, RMS norms. */
export function t5(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'encoder.block.0.layer.0.SelfAttention.q.weight');
  const [width, heads, headDim] = [c.size('d_model'), c.size('num_heads'), c.size('d_kv')];
  const epsilon = c.optional('layer_norm_epsilon') ?? 1e-6;
  const norm = (name: string): Norm => ({ name, kind: 'rms', epsilon });
  const isStored = (name: string) => weights.get(`${name}.weight`) !== undefined;
  const shared = isStored(`${root}shared`) ? `${root}shared` : `${root}encoder.embed_tokens`;
  const mlp = feedForward(c);

  const attention = (at: string, isDecoder: boolean): Attention => ({
    heads,
    keyHeads: heads,
    headDim,
    scale: 1,
    mask: { causal: isDecoder },
    projections: separate(at, 'q', 'k', 'v'),
    output: { name: `${at}.o` },
  });
  const self = (stack: string, i: number, isDecoder: boolean): Attention => {
    const tableOf = (layer: number) =>
      `${stack}.block.${layer}.layer.0.SelfAttention.relative_attention_bias`;
    return {
      ...attention(`${stack}.block.${i}.layer.0.SelfAttention`, isDecoder),
      bias: {
        kind: 'buckets',
        // One for all layers, stored in the first; UMT5 has one in each.
        name: tableOf(isStored(tableOf(i)) ? i : 0),
        buckets: c.optionalSize('relative_attention_num_buckets') ?? 32,
        maxDistance: distancesUpTo(c.optionalSize('relative_attention_max_distance') ?? 128),
        bidirectional: !isDecoder,
      },
    };
  };
  const stack = (kind: Stack['kind']): Stack => {
    const isDecoder = kind === 'decoder';
    const at = `${root}${kind}`;
    const layerOf = (i: number): Layer => {
      const layer = `${at}.block.${i}.layer`;
      const last = `${layer}.${isDecoder ? 2 : 1}`;
      return {
        order: 'pre',
        attention: self(at, i, isDecoder),
        attentionNorm: norm(`${layer}.0.layer_norm`),
        ...(isDecoder
          ? {
              cross: attention(`${layer}.1.EncDecAttention`, false),
              crossNorm: norm(`${layer}.1.layer_norm`),
            }
          : {}),
        mlp: mlp(`${last}.DenseReluDense`),
        mlpNorm: norm(`${last}.layer_norm`),
      };
    };
    const counts = isDecoder ? ['num_decoder_layers', 'num_layers'] : ['num_layers'];
    return {
      kind,
      width,
      embeddings: { tokens: shared, vocabulary: c.size('vocab_size') },
      layers: layersOf(c.size(...counts), layerOf),
      finalNorm: norm(`${at}.final_layer_norm`),
    };
  };
  // The embeddings once more; a table in cross-attention that nothing reads.
  const unused = [
    /^(encoder|decoder)\.embed_tokens\.weight$/,
    /EncDecAttention\.relative_attention_bias\.weight$/,
  ];
  if (!isStored(`${root}decoder.final_layer_norm`)) return { encoder: stack('encoder'), unused };
  return {
    encoder: stack('encoder'),
    decoder: stack('decoder'),
    head: {
      weight: isStored('lm_head') ? 'lm_head.weight' : `${shared}.weight`,
      ...(scalesOutput(c) ? { inputScale: width ** -0.5 } : {}),
    },
    unused,
  };
}

/**
 * Whether states × width^-½ go into the head: where it is tied to the embeddings. Transformers 5
 * writes that all are tied and has kept the truth of T5 in a field of its own.
 */
function scalesOutput(c: Config): boolean {
  if (c.type === 'mt5') return false;
  return c.flag('scale_decoder_outputs', c.flag('tie_word_embeddings', true));
}

function feedForward(c: Config): (at: string) => Mlp {
  const kind = c.text(c.type === 't5' ? 'relu' : 'gated-gelu', 'feed_forward_proj');
  const isGated = c.flag('is_gated_act', kind.startsWith('gated-'));
  const usual = kind === 'gated-gelu' ? 'gelu_new' : kind.replace('gated-', '');
  const common = { inner: c.size('d_ff'), activation: c.text(usual, 'dense_act_fn') };
  return at => ({
    ...(isGated ? { gate: { name: `${at}.wi_0` } } : {}),
    up: { name: isGated ? `${at}.wi_1` : `${at}.wi` },
    down: { name: `${at}.wo` },
    ...common,
  });
}
