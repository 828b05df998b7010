import { ElementType, type Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import type { Derivation, FoundSite, Layout, SiteViews } from '../../graph/site';
import { DerivationGraph } from './derivationGraph';
import { fusedSite, intAttribute } from './fusedSite';

/** Batch and key heads come first, then the query heads of a group: `[batch, keyHeads, group, …]`. */
const heads: Layout = { kind: 'heads' };
const plain: Layout = { kind: 'plain' };

/**
 * `com.microsoft.GroupQueryAttention`: query, key, value, past key, past value, last positions, total
 * length, cosines, sines, position ids, attention bias, head sink, scales of keys and values, weights of
 * the norms of query and key, lengths of the queries. What the operator returns of its scores is
 * undefined outside its window and has no room for a sink, so that the definition is computed beside it,
 * in float32; the self-check holds its head output against the operator's.
 */
export function groupQueryAttentionSite(analysis: Analysis, node: Node): FoundSite {
  const refusal = refusalOf(node);
  if (refusal !== undefined) return fusedSite(analysis, node, { views: {}, refusal });
  const sink = node.inputs[11] ? 'learned' : isSmooth(node) ? 'one' : undefined;
  return fusedSite(analysis, node, {
    views: {},
    derived: takenApart(node),
    ...(sink ? { sink } : {}),
    // A bias may block more.
    ...(node.inputs[10] ? {} : { statedReach: window(node) - 1 }),
  });
}

/** Keys that a query may read, up to its own; Infinity without a window. */
function window(node: Node): number {
  const size = intAttribute(node, 'local_window_size');
  return isCausal(node) && size > 0 ? size : Infinity;
}

function isCausal(node: Node): boolean {
  return (node.attributes.get('causal')?.int ?? 1) === 1;
}

/** Whether the operator divides by 1 + Σ exp. */
function isSmooth(node: Node): boolean {
  return intAttribute(node, 'smooth_softmax') === 1;
}

function refusalOf({ inputs, attributes }: Node): string | undefined {
  const quantised = ['k_quant_type', 'v_quant_type'].some(name => {
    const type = attributes.get(name)?.string;
    return type !== undefined && type !== 'NONE';
  });
  if (quantised || inputs[12] || inputs[13]) {
    return 'it quantises its keys and values inside, where nothing shows them';
  }
  if (inputs[14] || inputs[15]) {
    return 'the norms of its query and key are computed by the runtime on a GPU only';
  }
  if (inputs[16]) return 'its queries have lengths of their own, which is not supported';
  return undefined;
}

function takenApart(node: Node): Derivation {
  const graph = new DerivationGraph(node.outputs[0] ?? '');
  const [packed = '', , , pastKey, pastValue, last = '', total = ''] = node.inputs;
  const unrotated = projected(graph, node);
  const queries = graph.dims(packed, 1, 2);
  const all = toInt64(graph, total);
  const past = graph.op('Sub', [all, queries]);
  const turned = rotated(graph, node, unrotated, past, queries);

  const { keyHeads, group } = counts(node);
  const query = byHeads(graph, turned.query, [keyHeads, group]);
  // A buffer that slides holds the last keys of the past, in their order.
  const slides = pastKey && intAttribute(node, 'sliding_window_cache') === 1;
  const kept = slides ? graph.op('Min', [past, graph.dims(pastKey, 2, 3)]) : past;
  const key = withPast(graph, byHeads(graph, turned.key, [keyHeads, 1]), pastKey, kept);
  const value = withPast(graph, byHeads(graph, turned.value, [keyHeads, 1]), pastValue, kept);

  const scale = node.attributes.get('scale')?.float;
  const factor = scale ? graph.float(scale) : perRootHeadDim(graph, query);
  const transposed = graph.op('Transpose', [key], { attributes: { perm: [0, 1, 2, 4, 3] } });
  const product = graph.op('Mul', [graph.op('MatMul', [query, transposed]), factor]);
  const biased = withBias(graph, node, capped(graph, node, product));
  const allowed = visible(graph, node, queries, past, kept, last);
  const masked = graph.op('Where', [allowed, biased, graph.float(-Infinity)]);
  const softmax = withSink(graph, node, masked);

  const views = { query, key, value, maskedScores: masked, ...softmax };
  const surroundings =
    turned === unrotated ? {} : { unrotatedQuery: unrotated.query, unrotatedKey: unrotated.key };
  const viewsOf = (tensors: Readonly<Record<string, string>>, layout: Layout): SiteViews =>
    Object.fromEntries(
      Object.entries(tensors).map(([quantity, tensor]) => [
        quantity,
        { tensor: graph.named(quantity, tensor), layout },
      ]),
    );
  return graph.derivation({ ...viewsOf(views, heads), ...viewsOf(surroundings, plain) });
}

function counts(node: Node) {
  const queryHeads = intAttribute(node, 'num_heads');
  const keyHeads = intAttribute(node, 'kv_num_heads');
  return { queryHeads, keyHeads, group: queryHeads / keyHeads };
}

/** Three of a kind, `[batch, tokens, heads · headDim]` each. */
interface Parts {
  readonly query: string;
  readonly key: string;
  readonly value: string;
}

/** Query, key and value, which may come as one tensor. */
function projected(graph: DerivationGraph, node: Node): Parts {
  const [first = '', key, value] = node.inputs;
  if (key && value) {
    return { query: graph.float32(first), key: graph.float32(key), value: graph.float32(value) };
  }
  const { queryHeads, keyHeads } = counts(node);
  const packed = graph.float32(first);
  const width = graph.dims(packed, 2, 3);
  const headDim = graph.op('Div', [width, graph.ints(queryHeads + 2 * keyHeads)]);
  const sizes = graph.op('Mul', [headDim, graph.ints(queryHeads, keyHeads, keyHeads)]);
  const options = { attributes: { axis: -1 } };
  const [q = '', k = '', v = ''] = graph.ops('Split', [packed, sizes], 3, options);
  return { query: q, key: k, value: v };
}

/**
 * Rotary encoding (Su et al. 2021) of the first `2 · width of the cosines` numbers of each head. The
 * runtime counts positions by itself, whatever position ids it is given.
 */
function rotated(
  graph: DerivationGraph,
  node: Node,
  parts: Parts,
  past: string,
  queries: string,
): Parts {
  const [cosines, sines] = [7, 8].map(input => node.inputs[input]);
  if (!intAttribute(node, 'do_rotary') || !cosines || !sines) return parts;
  const { queryHeads, keyHeads } = counts(node);
  const counted = graph.op('Add', [countTo(graph, queries), past]);
  const positions = graph.op('Unsqueeze', [counted, graph.ints(0)]);
  const looked = (table: string) =>
    graph.op('Unsqueeze', [graph.float32(graph.op('Gather', [table, positions])), graph.ints(2)]);
  const [cosine, sine] = [looked(cosines), looked(sines)];
  const half = graph.dims(cosines, 1, 2);
  const whole = graph.op('Add', [half, half]);
  const isInterleaved = intAttribute(node, 'rotary_interleaved') === 1;

  const turn = (tensor: string, count: number) => {
    const split = graph.op('Reshape', [tensor, graph.ints(0, 0, count, -1)]);
    const zero = graph.ints(0);
    const one = graph.ints(1);
    const [a, b] = isInterleaved
      ? [graph.slice(split, zero, whole, -1, 2), graph.slice(split, one, whole, -1, 2)]
      : [graph.slice(split, zero, half), graph.slice(split, half, whole)];
    const times = (x: string, y: string) => graph.op('Mul', [x, y]);
    const first = graph.op('Sub', [times(a, cosine), times(b, sine)]);
    const second = graph.op('Add', [times(b, cosine), times(a, sine)]);
    const rest = graph.slice(split, whole, graph.ints(LAST));
    const pairs = isInterleaved
      ? interleaved(graph, first, second, count)
      : graph.concat(-1, first, second);
    return graph.op('Reshape', [graph.concat(-1, pairs, rest), graph.ints(0, 0, -1)]);
  };
  return {
    query: turn(parts.query, queryHeads),
    key: turn(parts.key, keyHeads),
    value: parts.value,
  };
}

/** An end of a slice that lies beyond every dimension. */
const LAST = 2 ** 31 - 1;

/** `[batch, tokens, heads, 2 · width]` whose neighbours come from one tensor and the other. */
function interleaved(graph: DerivationGraph, first: string, second: string, count: number): string {
  const [a, b] = [first, second].map(tensor => graph.op('Unsqueeze', [tensor, graph.ints(-1)]));
  return graph.op('Reshape', [graph.concat(-1, a ?? '', b ?? ''), graph.ints(0, 0, count, -1)]);
}

/** `[batch, tokens, heads · headDim]` as `[batch, keyHeads, group, tokens, headDim]`. */
function byHeads(
  graph: DerivationGraph,
  tensor: string,
  [keyHeads, group]: readonly [number, number],
): string {
  const split = graph.op('Reshape', [tensor, graph.ints(0, 0, keyHeads, group, -1)]);
  return graph.op('Transpose', [split], { attributes: { perm: [0, 2, 3, 1, 4] } });
}

/** Puts what earlier runs left before the keys or values of this one; a buffer has room behind them. */
function withPast(
  graph: DerivationGraph,
  tensor: string,
  buffer: string | undefined,
  past: string,
): string {
  if (!buffer) return tensor;
  const filled = graph.float32(graph.slice(buffer, graph.ints(0), past, 2));
  return graph.concat(3, graph.op('Unsqueeze', [filled, graph.ints(2)]), tensor);
}

function perRootHeadDim(graph: DerivationGraph, query: string): string {
  const headDim = graph.float32(graph.dims(query, 4, 5));
  return graph.op('Reciprocal', [graph.op('Sqrt', [headDim])]);
}

function capped(graph: DerivationGraph, node: Node, scores: string): string {
  const cap = node.attributes.get('softcap')?.float;
  if (!cap) return scores;
  const limit = graph.float(cap);
  const small = graph.op('Tanh', [graph.op('Div', [scores, limit])]);
  return graph.op('Mul', [small, limit]);
}

/** Adds a bias `[batch or 1, heads or 1, queries, keys]`. */
function withBias(graph: DerivationGraph, node: Node, scores: string): string {
  const bias = node.inputs[10];
  if (!bias) return scores;
  const { queryHeads, keyHeads, group } = counts(node);
  const each = graph.op('Expand', [graph.float32(bias), graph.ints(1, queryHeads, 1, 1)]);
  const shape = graph.concat(
    0,
    graph.dims(each, 0, 1),
    graph.ints(keyHeads, group),
    graph.dims(each, 2, 4),
  );
  return graph.op('Add', [scores, graph.op('Reshape', [each, shape])]);
}

/**
 * Which keys each query may read, `[batch, 1, 1, queries, keys]`: none after itself unless the operator
 * says so, none before its window, none after the last valid one.
 * @param kept keys of the past that are there, its last ones
 */
function visible(
  graph: DerivationGraph,
  node: Node,
  queries: string,
  past: string,
  kept: string,
  last: string,
): string {
  const places = countTo(graph, graph.op('Add', [kept, queries]));
  const first = graph.op('Sub', [past, kept]);
  const key = graph.op('Unsqueeze', [graph.op('Add', [places, first]), graph.ints(0)]);
  const query = graph.op('Unsqueeze', [
    graph.op('Add', [countTo(graph, queries), past]),
    graph.ints(1),
  ]);
  const lastOfRow = graph.op('Reshape', [
    graph.op('Cast', [last], { attributes: { to: ElementType.int64 } }),
    graph.ints(-1, 1, 1, 1, 1),
  ]);
  const and = (a: string, b: string) => graph.op('And', [a, b]);
  let allowed = graph.op('LessOrEqual', [key, lastOfRow]);
  if (isCausal(node)) allowed = and(allowed, graph.op('LessOrEqual', [key, query]));
  const size = window(node);
  if (size < Infinity) {
    const before = graph.op('Sub', [query, graph.ints(size)]);
    allowed = and(allowed, graph.op('Greater', [key, before]));
  }
  return allowed;
}

/** The softmax, and what a sink takes of it, `[batch, keyHeads, group, queries, 1]`. */
function withSink(graph: DerivationGraph, node: Node, scores: string) {
  const sink = node.inputs[11];
  const options = { attributes: { axis: -1 } };
  if (!sink && !isSmooth(node)) {
    return { weights: graph.op('Softmax', [scores], options) };
  }
  const { keyHeads, group } = counts(node);
  const score = sink
    ? graph.op('Reshape', [graph.float32(sink), graph.ints(1, keyHeads, group, 1, 1)])
    : graph.float(0);
  const column = graph.op('Expand', [
    score,
    graph.concat(0, graph.dims(scores, 0, 4), graph.ints(1)),
  ]);
  const softmax = graph.op('Softmax', [graph.concat(-1, scores, column)], options);
  return {
    weights: graph.slice(softmax, graph.ints(0), graph.ints(-1)),
    sink: graph.slice(softmax, graph.ints(-1), graph.ints(LAST)),
  };
}

/** 0, 1, … up to a count that is a vector of one. */
function countTo(graph: DerivationGraph, count: string): string {
  const scalar = (tensor: string) => graph.op('Squeeze', [tensor]);
  return graph.op('Range', [scalar(graph.ints(0)), scalar(count), scalar(graph.ints(1))]);
}

function toInt64(graph: DerivationGraph, tensor: string): string {
  const whole = graph.op('Cast', [tensor], { attributes: { to: ElementType.int64 } });
  return graph.op('Reshape', [whole, graph.ints(1)]);
}
