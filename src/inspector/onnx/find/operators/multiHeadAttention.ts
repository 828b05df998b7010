import type { Attribute, Node } from '../../file/types';
import { makeNode } from '../../file/writeModel';
import type { Analysis } from '../../graph/analysis';
import type { Derivation, FoundSite, Layout } from '../../graph/site';
import { fusedSite, intAttribute } from './fusedSite';

const heads: Layout = { kind: 'heads' };

/** `com.microsoft.MultiHeadAttention`: query, key, value, bias, key mask, attention bias, past key, past value. */
export function multiHeadAttentionSite(analysis: Analysis, node: Node): FoundSite {
  const [query = '', key, value, bias] = node.inputs;
  if (!key || !value) return fusedSite(analysis, node, { views: {}, refusal: packedReason });
  const prefix = node.outputs[0] ?? '';
  const derived = expose(prefix, node.inputs, [...node.attributes.values()]);
  const queryHeads = intAttribute(node, 'num_heads');
  const packed: Layout = { kind: 'packed', heads: queryHeads };
  if (!bias) {
    return fusedSite(analysis, node, {
      views: { query: { tensor: query, layout: packed } },
      derived,
    });
  }
  // The operator adds the first third of the bias to the query.
  const third = (analysis.constants.of(bias)?.dims[0] ?? 0) / 3;
  return fusedSite(analysis, node, {
    views: {},
    derived: {
      ...derived,
      constants: [
        { name: `${prefix}/from`, ints: [0] },
        { name: `${prefix}/to`, ints: [third] },
      ],
      nodes: [
        ...derived.nodes,
        makeNode('Slice', [bias, `${prefix}/from`, `${prefix}/to`], [`${prefix}/queryBias`]),
        makeNode('Add', [query, `${prefix}/queryBias`], [`${prefix}/query`]),
      ],
      views: { ...derived.views, query: { tensor: `${prefix}/query`, layout: packed } },
    },
  });
}

const packedReason = 'its query, key and value are packed into one tensor';

/**
 * `com.microsoft.Attention` projects by itself: input, weights, bias, mask, past, attention bias.
 * It returns no scores, so the same is computed by a projection and a `MultiHeadAttention`.
 */
export function selfProjectingAttentionSite(analysis: Analysis, node: Node): FoundSite {
  const [input = '', weights = '', bias, mask = '', past, attentionBias = ''] = node.inputs;
  const { stored, dims } = analysis.constants.of(weights) ?? {};
  const width = stored && dims?.[1];
  const sizes = node.attributes.get('qkv_hidden_sizes')?.ints;
  const refusal = intAttribute(node, 'do_rotary')
    ? 'it rotates queries and keys internally'
    : width === undefined
      ? 'its weights are not stored in the graph'
      : undefined;
  if (refusal || width === undefined) {
    return fusedSite(analysis, node, { views: {}, refusal: refusal ?? '' });
  }
  const prefix = node.outputs[0] ?? '';
  const parts = ['query', 'projectedKey', 'projectedValue'].map(part => `${prefix}/${part}`);
  const projected = `${prefix}/projected`;
  const kept = [...node.attributes.values()].filter(({ name }) => shared.has(name));
  const pasts = past ? [`${prefix}/pastKey`, `${prefix}/pastValue`] : [];
  const inputs = [...parts, '', mask, attentionBias, ...pasts];
  while (inputs.at(-1) === '') inputs.pop();
  const derived = expose(prefix, inputs, kept);
  const packed: Layout = { kind: 'packed', heads: intAttribute(node, 'num_heads') };
  return fusedSite(analysis, node, {
    views: {},
    derived: {
      ...derived,
      constants: [
        { name: `${prefix}/sizes`, ints: sizes ?? [width / 3, width / 3, width / 3] },
        ...pasts.map((_, i) => ({ name: `${prefix}/${i}`, ints: [i] })),
      ],
      nodes: [
        makeNode('MatMul', [input, weights], [`${prefix}/product`]),
        bias
          ? makeNode('Add', [`${prefix}/product`, bias], [projected])
          : makeNode('Identity', [`${prefix}/product`], [projected]),
        makeNode('Split', [projected, `${prefix}/sizes`], parts, { attributes: { axis: -1 } }),
        // Keys and values of earlier runs come as one tensor `[2, batch, heads, past, headDim]`.
        ...(past
          ? pasts.flatMap((part, i) => [
              makeNode('Gather', [past, `${prefix}/${i}`], [`${part}/kept`], {
                attributes: { axis: 0 },
              }),
              makeNode('Squeeze', [`${part}/kept`, `${prefix}/0`], [part]),
            ])
          : []),
        ...derived.nodes,
      ],
      views: { ...derived.views, query: { tensor: `${prefix}/query`, layout: packed } },
    },
  });
}

/** Attributes that both operators have. */
const shared = new Set(['num_heads', 'unidirectional', 'scale', 'mask_filter_value']);

/** A `MultiHeadAttention` that also returns keys, values and the masked scores; a softmax makes the weights. */
function expose(
  prefix: string,
  inputs: readonly string[],
  copied: readonly Attribute[],
): Derivation {
  const name = (part: string) => `${prefix}/${part}`;
  const outputs = ['output', 'key', 'value', 'maskedScores'].map(name);
  return {
    constants: [],
    nodes: [
      makeNode('MultiHeadAttention', inputs, outputs, { copied, domain: 'com.microsoft' }),
      makeNode('Softmax', [name('maskedScores')], [name('weights')], { attributes: { axis: -1 } }),
    ],
    untyped: [name('maskedScores')],
    views: {
      key: { tensor: name('key'), layout: heads },
      value: { tensor: name('value'), layout: heads },
      maskedScores: { tensor: name('maskedScores'), layout: heads },
      weights: { tensor: name('weights'), layout: heads },
    },
  };
}
