import type { Weights } from '../weights/weights';
import { headSize, layerNorms, layersOf, mustBe, paddingOf, separate } from './common';
import type { Config } from './config';
import type { Architecture, Layer, Norm, Positions, ScoreBias, Stack } from './graph/spec';
import { maskedHead, taskHeads } from './maskedHead';
import { prefixOf } from './prefix';

/** What the parts of an encoder's layer are called, below the layer. */
interface LayerNames {
  readonly attention: string;
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly output: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly mlpNorm: string;
}

const bertNames: LayerNames = {
  attention: 'attention.self',
  query: 'query',
  key: 'key',
  value: 'value',
  output: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  mlpNorm: 'output.LayerNorm',
};

const distilbertNames: LayerNames = {
  attention: 'attention',
  query: 'q_lin',
  key: 'k_lin',
  value: 'v_lin',
  output: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  up: 'ffn.lin1',
  down: 'ffn.lin2',
  mlpNorm: 'output_layer_norm',
};

const albertNames: LayerNames = {
  attention: 'attention',
  query: 'query',
  key: 'key',
  value: 'value',
  output: 'attention.dense',
  attentionNorm: 'attention.LayerNorm',
  up: 'ffn',
  down: 'ffn_output',
  mlpNorm: 'full_layer_layer_norm',
};

const mpnetNames: LayerNames = {
  ...bertNames,
  attention: 'attention.attn',
  query: 'q',
  key: 'k',
  value: 'v',
  output: 'attention.attn.o',
  attentionNorm: 'attention.LayerNorm',
};

/** The sizes of a layer. */
export interface Sizes {
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly activation: string;
}

/** BERT's layer: every query sees every key, norms follow the residual sums. */
function layerOf(at: string, names: LayerNames, s: Sizes, norm: (name: string) => Norm): Layer {
  const headDim = headSize(s.width, s.heads);
  return {
    order: 'post',
    attention: {
      heads: s.heads,
      keyHeads: s.heads,
      headDim,
      scale: headDim ** -0.5,
      mask: { causal: false },
      projections: separate(`${at}.${names.attention}`, names.query, names.key, names.value),
      output: { name: `${at}.${names.output}` },
    },
    attentionNorm: norm(`${at}.${names.attentionNorm}`),
    mlp: {
      up: { name: `${at}.${names.up}` },
      down: { name: `${at}.${names.down}` },
      inner: s.inner,
      activation: s.activation,
    },
    mlpNorm: norm(`${at}.${names.mlpNorm}`),
  };
}

/** A layer of BERT whose projections have other names. */
export function bertLayer(
  at: string,
  sizes: Sizes,
  norm: (name: string) => Norm,
  [query, key, value]: readonly [string, string, string],
): Layer {
  return layerOf(at, { ...bertNames, query, key, value }, sizes, norm);
}

const sizesOf = (c: Config, activation: string): Sizes => ({
  width: c.size('hidden_size'),
  heads: c.size('num_attention_heads'),
  inner: c.size('intermediate_size'),
  activation: c.text(activation, 'hidden_act'),
});

/** What all of them begin with: words, segments, positions, a norm. */
function embeddingsOf(root: string, c: Config, norm: (name: string) => Norm) {
  return {
    tokens: `${root}embeddings.word_embeddings`,
    vocabulary: c.size('vocab_size'),
    positions: { table: { name: `${root}embeddings.position_embeddings` } } as Positions,
    norm: norm(`${root}embeddings.LayerNorm`),
  };
}

/** An encoder with the head of its checkpoint, where there is one that gives logits of tokens. */
function encoderOf(
  c: Config,
  weights: Weights,
  norm: (name: string) => Norm,
  stack: Omit<Stack, 'kind'>,
): Architecture {
  const head = maskedHead(c, weights, stack.embeddings.tokens, norm);
  return { encoder: { kind: 'encoder', ...stack }, ...(head ? { head } : {}), unused: taskHeads };
}

/** Positions that are counted from the ids, as fairseq does; the table begins with the padding's. */
const countsTokens = new Set(['roberta', 'xlm-roberta', 'camembert', 'data2vec-text']);

/** BERT, ELECTRA, RoBERTa, XLM-RoBERTa, CamemBERT, data2vec, ERNIE: they differ in names, positions and heads. */
export function bert(c: Config, weights: Weights): Architecture {
  mustBe(c, 'position_embedding_type', 'absolute');
  mustBe(c, 'is_decoder', false);
  mustBe(c, 'use_task_id', false);
  const root = prefixOf(weights, 'embeddings.word_embeddings.weight');
  const norm = layerNorms(c.optional('layer_norm_eps') ?? 1e-12);
  const sizes = sizesOf(c, 'gelu');
  const embeddings = embeddingsOf(root, c, norm);
  const padding = paddingOf(c);
  const project = `${root}embeddings_project`;
  return encoderOf(c, weights, norm, {
    width: sizes.width,
    embeddings: {
      ...embeddings,
      positions: {
        ...embeddings.positions,
        ...(countsTokens.has(c.type) ? { from: { kind: 'ids', padding } } : {}),
      },
      types: `${root}embeddings.token_type_embeddings`,
      ...(weights.get(`${project}.weight`) ? { projection: { name: project } } : {}),
    },
    layers: layersOf(c.size('num_hidden_layers'), i =>
      layerOf(`${root}encoder.layer.${i}`, bertNames, sizes, norm),
    ),
  });
}

/** DistilBERT: BERT without segments, under names of its own. */
export function distilbert(c: Config, weights: Weights): Architecture {
  const root = prefixOf(weights, 'embeddings.word_embeddings.weight');
  const norm = layerNorms(1e-12);
  const sizes: Sizes = {
    width: c.size('dim'),
    heads: c.size('n_heads'),
    inner: c.size('hidden_dim'),
    activation: c.text('gelu', 'activation'),
  };
  const embeddings = embeddingsOf(root, c, norm);
  return encoderOf(c, weights, norm, {
    width: sizes.width,
    embeddings,
    layers: layersOf(c.size('n_layers'), i =>
      layerOf(`${root}transformer.layer.${i}`, distilbertNames, sizes, norm),
    ),
  });
}

/** MPNet: RoBERTa's positions, and biases by distance from one table. */
export function mpnet(c: Config, weights: Weights): Architecture {
  mustBe(c, 'relative_attention_num_buckets', 32);
  const root = prefixOf(weights, 'embeddings.word_embeddings.weight');
  const norm = layerNorms(c.optional('layer_norm_eps') ?? 1e-12);
  const sizes = sizesOf(c, 'gelu');
  const embeddings = embeddingsOf(root, c, norm);
  const padding = paddingOf(c);
  const bias: ScoreBias = {
    kind: 'buckets',
    name: `${root}encoder.relative_attention_bias`,
    buckets: 32,
    maxDistance: 128,
    bidirectional: true,
  };
  return encoderOf(c, weights, norm, {
    width: sizes.width,
    embeddings: {
      ...embeddings,
      positions: { ...embeddings.positions, from: { kind: 'ids', padding } },
    },
    layers: layersOf(c.size('num_hidden_layers'), i => {
      const layer = layerOf(`${root}encoder.layer.${i}`, mpnetNames, sizes, norm);
      return { ...layer, attention: { ...layer.attention, bias } };
    }),
  });
}

/** ALBERT: narrow embeddings, and layers that use the weights of their group again. */
export function albert(c: Config, weights: Weights): Architecture {
  mustBe(c, 'position_embedding_type', 'absolute');
  const root = prefixOf(weights, 'embeddings.word_embeddings.weight');
  const norm = layerNorms(c.optional('layer_norm_eps') ?? 1e-12);
  const sizes = sizesOf(c, 'gelu_new');
  const inner = c.optionalSize('inner_group_num') ?? 1;
  const groups = c.optionalSize('num_hidden_groups') ?? 1;
  const count = c.size('num_hidden_layers');
  const embeddings = embeddingsOf(root, c, norm);
  return encoderOf(c, weights, norm, {
    width: sizes.width,
    embeddings: {
      ...embeddings,
      types: `${root}embeddings.token_type_embeddings`,
      projection: { name: `${root}encoder.embedding_hidden_mapping_in` },
    },
    layers: layersOf(count * inner, i => {
      const group = Math.floor(Math.floor(i / inner) / (count / groups));
      const at = `${root}encoder.albert_layer_groups.${group}.albert_layers.${i % inner}`;
      return layerOf(at, albertNames, sizes, norm);
    }),
  });
}
