import type { Node } from '../../file/types';
import { makeNode } from '../../file/writeModel';
import type { Analysis } from '../../graph/analysis';
import type { FoundSite, Layout } from '../../graph/site';
import { fusedSite, intAttribute } from './fusedSite';

const heads: Layout = { kind: 'heads' };
/** What `qk_output` can return. */
const OutputMode = { maskedScores: 1, weights: 2 } as const;

/**
 * `com.microsoft.GroupQueryAttention`: query, key, value, past key, past value, last positions,
 * total length, cosines, sines, position ids. Its present keys are rotated already.
 */
export function groupQueryAttentionSite(analysis: Analysis, node: Node): FoundSite {
  const [query = '', key] = node.inputs;
  const [prefix = '', presentKey, presentValue] = node.outputs;
  const refusal = !key
    ? 'its query, key and value are packed into one tensor'
    : intAttribute(node, 'local_window_size') > 0
      ? 'the operator leaves its weights undefined outside its window'
      : node.inputs[11] || intAttribute(node, 'smooth_softmax') > 0
        ? 'attention sinks take a part of its weights'
        : undefined;
  if (refusal) return fusedSite(analysis, node, { views: {}, refusal });
  const copied = [...node.attributes.values()].filter(({ name }) => name !== 'qk_output');
  const nodes = Object.entries(OutputMode).map(([quantity, mode]) =>
    makeNode(
      'GroupQueryAttention',
      node.inputs,
      ['output', 'key', 'value', ''].map(part => `${prefix}/${quantity}${part && `/${part}`}`),
      { copied, attributes: { qk_output: mode }, domain: 'com.microsoft' },
    ),
  );
  const rotation = rotatedQuery(node, prefix);
  const derivedView = (name: string) => ({ tensor: `${prefix}/${name}`, layout: heads });
  const packed: Layout = { kind: 'packed', heads: intAttribute(node, 'num_heads') };
  return fusedSite(analysis, node, {
    views: {
      ...(rotation ? {} : { query: { tensor: query, layout: packed } }),
      ...(presentKey ? { key: { tensor: presentKey, layout: heads } } : {}),
      ...(presentValue ? { value: { tensor: presentValue, layout: heads } } : {}),
    },
    derived: {
      nodes: [...nodes, ...(rotation?.nodes ?? [])],
      constants: rotation?.constants ?? [],
      untyped: [`${prefix}/maskedScores`, `${prefix}/weights`],
      uninitialisedFuture: true,
      views: {
        maskedScores: derivedView('maskedScores'),
        weights: derivedView('weights'),
        ...(rotation ? { query: { tensor: `${prefix}/query`, layout: packed } } : {}),
        ...(presentKey ? {} : { key: derivedView('weights/key') }),
        ...(presentValue ? {} : { value: derivedView('weights/value') }),
      },
    },
  });
}

/** Rotates the query as the operator does: positions count on from the past. */
function rotatedQuery(node: Node, prefix: string) {
  if (!intAttribute(node, 'do_rotary')) return undefined;
  const [query = '', , , pastKey, , , , cosines = '', sines = '', positionIds] = node.inputs;
  const name = (part: string) => `${prefix}/${part}`;
  const positions = positionIds || name('positions');
  const rotary = makeNode('RotaryEmbedding', [query, positions, cosines, sines], [name('query')], {
    domain: 'com.microsoft',
    attributes: {
      num_heads: intAttribute(node, 'num_heads'),
      interleaved: intAttribute(node, 'rotary_interleaved'),
    },
  });
  if (positionIds) return { nodes: [rotary], constants: [] };
  const constants = [
    { name: name('0'), ints: [0] },
    { name: name('1'), ints: [1] },
    { name: name('2'), ints: [2] },
  ];
  const nodes = [
    makeNode('Shape', [query], [name('queryShape')]),
    makeNode('Slice', [name('queryShape'), name('0'), name('2')], [name('batchAndLength')]),
    makeNode('Gather', [name('queryShape'), name('1')], [name('length1')]),
    makeNode('Squeeze', [name('length1')], [name('length')]),
    makeNode('Squeeze', [name('0')], [name('zero')]),
    makeNode('Squeeze', [name('1')], [name('one')]),
    makeNode('Range', [name('zero'), name('length'), name('one')], [name('range')]),
    makeNode('Expand', [name('range'), name('batchAndLength')], [name('fromZero')]),
    ...(pastKey
      ? [
          makeNode('Shape', [pastKey], [name('pastShape')]),
          makeNode('Gather', [name('pastShape'), name('2')], [name('pastLength')]),
          makeNode('Add', [name('fromZero'), name('pastLength')], [positions]),
        ]
      : [makeNode('Identity', [name('fromZero')], [positions])]),
    rotary,
  ];
  return { nodes, constants };
}
