import { InspectorError } from '../../protocol/errors';
import type { Weights } from '../weights/weights';
import { headSize, layerNorms, layersOf, mustBe, separate } from './common';
import type { Config } from './config';
import type { Architecture, Layer, Projections } from './graph/spec';
import { outputHead } from './outputHead';
import { prefixOf } from './prefix';

interface Parts {
  readonly heads: number;
  readonly keyHeads?: number;
  readonly headDim: number;
  readonly scale: number;
  readonly window?: number;
  readonly projections: Projections;
  /** Below `attn`. */
  readonly output: string;
  readonly inner: number;
  readonly activation: string;
  readonly isConv1D?: boolean;
}

/** What GPT-2's descendants call their parts, and what GPT calls them. */
const gpt2Names = { tokens: 'wte', positions: 'wpe', order: 'pre', last: 'ln_f' } as const;
const gptNames = { tokens: 'tokens_embed', positions: 'positions_embed', order: 'post' } as const;

/** Sizes and norms that they share, by whichever name. */
function begin(c: Config, weights: Weights, names: typeof gpt2Names | typeof gptNames = gpt2Names) {
  const root = prefixOf(weights, `${names.tokens}.weight`);
  const norm = layerNorms(c.optional('layer_norm_epsilon') ?? 1e-5);
  const width = c.size('n_embd', 'hidden_size');
  const heads = c.size('n_head', 'num_heads', 'num_attention_heads');
  const inner = c.optionalSize('n_inner', 'intermediate_size') ?? 4 * width;
  const layer = (at: string, p: Parts): Layer => {
    const linear = (name: string) => ({ name, ...(p.isConv1D ? { isConv1D: true } : {}) });
    return {
      order: names.order,
      attentionNorm: norm(`${at}.ln_1`),
      attention: {
        heads: p.heads,
        keyHeads: p.keyHeads ?? p.heads,
        headDim: p.headDim,
        scale: p.scale,
        mask: { causal: true, ...(p.window === undefined ? {} : { window: p.window }) },
        projections: p.projections,
        output: linear(`${at}.attn.${p.output}`),
      },
      mlpNorm: norm(`${at}.ln_2`),
      mlp: {
        up: linear(`${at}.mlp.c_fc`),
        down: linear(`${at}.mlp.c_proj`),
        inner: p.inner,
        activation: p.activation,
      },
    };
  };
  const whole = (layers: readonly Layer[]): Architecture => ({
    decoder: {
      kind: 'decoder',
      width,
      embeddings: {
        tokens: `${root}${names.tokens}`,
        vocabulary: c.size('vocab_size'),
        positions: { table: { name: `${root}${names.positions}` } },
      },
      layers,
      ...('last' in names ? { finalNorm: norm(`${root}${names.last}`) } : {}),
    },
    head: outputHead(c, weights, `${root}${names.tokens}.weight`),
  });
  return { root, width, heads, headDim: headSize(width, heads), inner, layer, whole };
}

/** GPT-2: matrices are stored `[in, out]`, queries, keys and values as columns of one. */
export function gpt2(c: Config, weights: Weights): Architecture {
  mustBe(c, 'add_cross_attention', false);
  const { root, heads, headDim, inner, layer, whole } = begin(c, weights);
  const activation = c.text('gelu_new', 'activation_function');
  const divides = c.flag('scale_attn_by_inverse_layer_idx', false);
  const scale = c.flag('scale_attn_weights', true) ? headDim ** -0.5 : 1;
  return whole(
    layersOf(c.size('n_layer'), i => {
      const at = `${root}h.${i}`;
      return layer(at, {
        heads,
        headDim,
        scale: divides ? scale / (i + 1) : scale,
        projections: {
          kind: 'columns',
          fused: { name: `${at}.attn.c_attn`, isConv1D: true },
        },
        output: 'c_proj',
        inner,
        activation,
        isConv1D: true,
      });
    }),
  );
}

/** GPT: GPT-2 with norms after its parts; what it calls GELU is the approximation. */
export function gpt(c: Config, weights: Weights): Architecture {
  const { root, heads, headDim, inner, layer, whole } = begin(c, weights, gptNames);
  const name = c.text('gelu', 'afn');
  return whole(
    layersOf(c.size('n_layer'), i => {
      const at = `${root}h.${i}`;
      return layer(at, {
        heads,
        headDim,
        scale: headDim ** -0.5,
        projections: {
          kind: 'columns',
          fused: { name: `${at}.attn.c_attn`, isConv1D: true },
        },
        output: 'c_proj',
        inner,
        activation: name === 'gelu' ? 'gelu_new' : name,
        isConv1D: true,
      });
    }),
  );
}

/** GPTBigCode (StarCoder): GPT-2 whose heads share one key head, with matrices `[out, in]`. */
export function gptBigCode(c: Config, weights: Weights): Architecture {
  mustBe(c, 'add_cross_attention', false);
  const { root, heads, headDim, inner, layer, whole } = begin(c, weights);
  const activation = c.text('gelu_pytorch_tanh', 'activation_function');
  const isShared = c.flag('multi_query', true);
  return whole(
    layersOf(c.size('n_layer', 'num_hidden_layers'), i => {
      const at = `${root}h.${i}`;
      return layer(at, {
        heads,
        keyHeads: isShared ? 1 : heads,
        headDim,
        scale: c.flag('scale_attn_weights', true) ? headDim ** -0.5 : 1,
        projections: {
          kind: isShared ? 'columns' : 'heads',
          fused: { name: `${at}.attn.c_attn` },
        },
        output: 'c_proj',
        inner,
        activation,
      });
    }),
  );
}

/** GPT-Neo: scores are not scaled; some layers see a window only. */
export function gptNeo(c: Config, weights: Weights): Architecture {
  const { root, heads, headDim, inner, layer, whole } = begin(c, weights);
  const activation = c.text('gelu_new', 'activation_function');
  const count = c.size('num_layers');
  const kinds = c.list('attention_layers') ?? expand(c.list('attention_types') ?? standardTypes);
  if (kinds.length !== count || kinds.some(kind => kind !== 'global' && kind !== 'local')) {
    throw new InspectorError(
      'model-unsupported',
      `config.json does not say of its ${count} layers which are “global” and which “local” ` +
        '(“attention_layers”, “attention_types”): check the file.',
    );
  }
  const window = c.optionalSize('window_size') ?? 256;
  return whole(
    layersOf(count, i => {
      const at = `${root}h.${i}`;
      return layer(at, {
        heads,
        headDim,
        scale: 1,
        ...(kinds[i] === 'local' ? { window } : {}),
        projections: separate(`${at}.attn.attention`, 'q_proj', 'k_proj', 'v_proj'),
        output: 'attention.out_proj',
        inner,
        activation,
      });
    }),
  );
}

const standardTypes = [[['global', 'local'], 12]];

/** `[[["global", "local"], 12]]` → the kind of each layer. */
function expand(types: readonly unknown[]): unknown[] {
  return types.flatMap(entry => {
    if (!Array.isArray(entry)) return [];
    const [kinds, times] = entry as unknown[];
    if (!Array.isArray(kinds) || !Number.isInteger(times) || (times as number) > 1024) return [];
    return Array.from({ length: times as number }, () => kinds as unknown[]).flat();
  });
}
