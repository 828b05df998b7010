import type { Weights } from '../weights/weights';
import { headSize, layerNorms, layersOf, separate } from './common';
import type { Config } from './config';
import type { Architecture, Projections } from './graph/spec';
import { outputHead } from './outputHead';
import { prefixOf } from './prefix';
import { rope } from './rope';

/** GPT-NeoX (Pythia): part of each head is rotated, attention and MLP stand side by side. */
export function gptNeoX(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'embed_in.weight');
  const norm = layerNorms(c.optional('layer_norm_eps') ?? 1e-5);
  const [width, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  const headDim = headSize(width, heads);
  // A quarter is rotated where old configurations say nothing, other than in all other families.
  const turn = rope(c, headDim, c.raw('rope_parameters') ? {} : { part: 0.25 });
  const activation = c.text('gelu', 'hidden_act');
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: { tokens: `${root}embed_in`, vocabulary: c.size('vocab_size') },
      layers: layersOf(c.size('num_hidden_layers'), i => {
        const at = `${root}layers.${i}`;
        return {
          order: c.flag('use_parallel_residual', true) ? 'parallel' : 'pre',
          attentionNorm: norm(`${at}.input_layernorm`),
          attention: {
            heads,
            keyHeads: heads,
            headDim,
            scale: headDim ** -0.5,
            mask: { causal: true },
            rope: turn,
            projections: { kind: 'heads', fused: { name: `${at}.attention.query_key_value` } },
            output: { name: `${at}.attention.dense` },
          },
          mlpNorm: norm(`${at}.post_attention_layernorm`),
          mlp: {
            up: { name: `${at}.mlp.dense_h_to_4h` },
            down: { name: `${at}.mlp.dense_4h_to_h` },
            inner: c.size('intermediate_size'),
            activation,
          },
        };
      }),
      finalNorm: norm(`${root}final_layer_norm`),
    },
    head: outputHead(c, weights, `${root}embed_in.weight`, 'embed_out'),
  };
}

/** GPT-J and CodeGen: neighbouring dimensions are rotated, one norm for attention and MLP. */
export function gptJ(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'wte.weight');
  const norm = layerNorms(c.optional('layer_norm_epsilon') ?? 1e-5);
  const [width, heads] = [c.size('n_embd'), c.size('n_head')];
  const headDim = headSize(width, heads);
  const dims = c.optionalSize('rotary_dim') ?? headDim;
  // The share is cut to whole dimensions: half a one more, whatever the division makes of it.
  const turn = rope(c, headDim, { part: (dims + 0.5) / headDim, interleaved: true });
  const activation = c.text('gelu_new', 'activation_function');
  const projectionsOf = (at: string): Projections =>
    c.type === 'codegen'
      ? // Stored as it was spread over four machines.
        { kind: 'blocks', fused: { name: `${at}.qkv_proj` }, blocks: 4 }
      : separate(at, 'q_proj', 'k_proj', 'v_proj');
  return {
    decoder: {
      kind: 'decoder',
      width,
      embeddings: { tokens: `${root}wte`, vocabulary: c.size('vocab_size') },
      layers: layersOf(c.size('n_layer'), i => {
        const at = `${root}h.${i}`;
        return {
          order: 'parallel',
          attentionNorm: norm(`${at}.ln_1`),
          attention: {
            heads,
            keyHeads: heads,
            headDim,
            scale: headDim ** -0.5,
            mask: { causal: true },
            rope: turn,
            projections: projectionsOf(`${at}.attn`),
            output: { name: `${at}.attn.out_proj` },
          },
          mlpNorm: norm(`${at}.ln_1`),
          mlp: {
            up: { name: `${at}.mlp.fc_in` },
            down: { name: `${at}.mlp.fc_out` },
            inner: c.optionalSize('n_inner') ?? 4 * width,
            activation,
          },
        };
      }),
      finalNorm: norm(`${root}ln_f`),
    },
    head: outputHead(c, weights, `${root}wte.weight`),
    unused: [/\.attn\.causal_mask$/],
  };
}
