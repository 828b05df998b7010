import { InspectorError } from '../../protocol/errors';
import type { Weights } from '../weights/weights';
import { distancesUpTo, headSize, layerNorms, layersOf, mustBe } from './common';
import type { Config } from './config';
import { bertLayer } from './bert';
import type { Architecture, Distances, Linear } from './graph/spec';
import { maskedHead, taskHeads } from './maskedHead';
import { prefixOf } from './prefix';

/** DeBERTa-v2 and v3: BERT's layers, whose scores also come from distances. */
export function debertaV2(c: Config, weights: Weights): Architecture {
  mustBe(c, 'conv_kernel_size', 0);
  mustBe(c, 'relative_attention', true);
  const root = prefixOf(weights, 'embeddings.word_embeddings.weight');
  const norm = layerNorms(c.optional('layer_norm_eps') ?? 1e-7);
  const [width, heads] = [c.size('hidden_size'), c.size('num_attention_heads')];
  mustBe(c, 'attention_head_size', headSize(width, heads));
  mustBe(c, 'embedding_size', width);
  const isStored = (name: string) => weights.get(`${root}${name}.weight`) !== undefined;
  const tokens = `${root}embeddings.word_embeddings`;
  const activation = c.text('gelu', 'hidden_act');
  const kinds = kindsOf(c);
  const headDim = headSize(width, heads);
  const scale = (headDim * (1 + kinds.length)) ** -0.5;
  const head = maskedHead(c, weights, tokens, norm);
  const positions = `${root}embeddings.position_embeddings`;
  const types = `${root}embeddings.token_type_embeddings`;
  return {
    encoder: {
      kind: 'encoder',
      width,
      embeddings: {
        tokens,
        vocabulary: c.size('vocab_size'),
        ...(c.flag('position_biased_input', true)
          ? { positions: { table: { name: positions } } }
          : {}),
        ...(isStored('embeddings.token_type_embeddings') ? { types } : {}),
        norm: norm(`${root}embeddings.LayerNorm`),
        clearsPadding: true,
      },
      layers: layersOf(c.size('num_hidden_layers'), i => {
        const at = `${root}encoder.layer.${i}`;
        const sizes = { width, heads, inner: c.size('intermediate_size'), activation };
        const layer = bertLayer(at, sizes, norm, ['query_proj', 'key_proj', 'value_proj']);
        return {
          ...layer,
          attention: {
            ...layer.attention,
            scale,
            mask: { causal: false, hidesPadding: true },
            distances: distancesOf(c, root, `${at}.attention.self`, kinds),
          },
        };
      }),
    },
    ...(head ? { head } : {}),
    unused: [...taskHeads, /^mask_predictions\./],
  };
}

type Kind = 'c2p' | 'p2c';

/** What is multiplied with distances: `pos_att_type` is a list, or was a text with bars. */
function kindsOf(c: Config): readonly Kind[] {
  const given = c.raw('pos_att_type') ?? [];
  const names = typeof given === 'string' ? given.split('|') : Array.isArray(given) ? given : [];
  return (['c2p', 'p2c'] as const).filter(kind => names.includes(kind));
}

function distancesOf(c: Config, root: string, at: string, kinds: readonly Kind[]): Distances {
  const most = distancesUpTo(
    positive(c, 'max_relative_positions') ?? c.size('max_position_embeddings'),
  );
  const buckets = positive(c, 'position_buckets');
  if (buckets !== undefined && (buckets < 2 || most - 1 <= buckets / 2)) {
    throw new InspectorError(
      'model-unsupported',
      `config.json rounds distances of up to ${most} tokens to ${buckets} buckets, which cannot be: ` +
        'check the file.',
    );
  }
  const isShared = c.flag('share_att_key', false);
  const linear = (own: string, shared: string): Linear => ({
    name: `${at}.${isShared ? shared : own}`,
  });
  const isNormed = c.text('none', 'norm_rel_ebd').toLowerCase().includes('layer_norm');
  const norm = layerNorms(c.optional('layer_norm_eps') ?? 1e-7);
  return {
    table: `${root}encoder.rel_embeddings`,
    ...(isNormed ? { norm: norm(`${root}encoder.LayerNorm`) } : {}),
    span: buckets ?? most,
    ...(buckets ? { bucketsUpTo: most } : {}),
    ...(kinds.includes('c2p') ? { key: linear('pos_key_proj', 'key_proj') } : {}),
    ...(kinds.includes('p2c') ? { query: linear('pos_query_proj', 'query_proj') } : {}),
  };
}

/** A size; −1 stands for none. */
function positive(c: Config, name: string): number | undefined {
  return (c.optional(name) ?? -1) < 1 ? undefined : c.size(name);
}
