import { ElementType, type Graph } from '../../onnx/file/types';
import { activation } from './activation';
import { contextOf, type Context, type Memory } from './context';
import type { Value } from './graphBuilder';
import { layer } from './layer';
import type { ModelBuilder } from './modelBuilder';
import { norm } from './norm';
import type { Architecture, Embeddings, Head, Positions, Stack } from './spec';

/**
 * Token ids in, logits or the last hidden states out, with the names that exporters use.
 * @throws InspectorError `model-unsupported` where the stored tensors are not what is described
 */
export function buildGraph(g: ModelBuilder, architecture: Architecture): Graph {
  const { encoder, decoder, head } = architecture;
  const last = encoder && stackStates(g, encoder, decoder ? 'encoder' : '', '');
  const states = decoder
    ? stackStates(g, decoder, last ? 'decoder' : '', last ? 'decoder_' : '', last)
    : last;
  const vocabulary = (decoder ?? encoder)?.embeddings.vocabulary ?? 0;
  if (states && head) g.output(logits(g, states, head, vocabulary), 'logits');
  else if (states) g.output(states.states, 'last_hidden_state');
  return g.graph;
}

/** @param scope of the names of its nodes; empty for a stack on its own */
function stackStates(
  g: ModelBuilder,
  stack: Stack,
  scope: string,
  prefix: '' | 'decoder_',
  memory?: Memory,
): Memory {
  const context = contextOf(g, stack, prefix);
  const { width, projection, embeddings } = stack;
  const make = () => {
    const first = g.in('embeddings', () => embed(g, embeddings, width, context));
    const last = stack.layers.reduce(
      (x, each, i) => g.in(`layers.${i}`, () => layer(g, x, each, width, context, memory)),
      first,
    );
    const normed = norm(g, last, stack.finalNorm, width);
    return projection ? g.linear(normed, projection, tableWidth(g, embeddings), width) : normed;
  };
  const states = scope ? g.in(scope, make) : make();
  return { states, width: projection ? tableWidth(g, embeddings) : width, context };
}

/** The embeddings' own width, which is that of the layers unless they are projected. */
function tableWidth(g: ModelBuilder, { tokens }: Embeddings): number {
  return g.dimsOf(`${tokens}.weight`)[1] ?? 0;
}

function embed(g: ModelBuilder, e: Embeddings, width: number, context: Context): Value {
  const own = e.projection ? tableWidth(g, e) : width;
  const add = (to: Value, more: Value) => g.op('Add', [to, more]);
  const rows = g.lookUp(`${e.tokens}.weight`, [e.vocabulary, own], context.ids);
  let x = e.scale === undefined ? rows : g.op('Mul', [rows, g.float(e.scale)]);
  // Segments first: the order in which BERT adds them.
  if (e.types !== undefined) {
    const name = `${e.types}.weight`;
    const table = g.stored(name, [g.dimsOf(name)[0] ?? 0, own]);
    x = add(x, g.op('Gather', [table, context.types ?? g.ints([0], [])]));
  }
  const place = (to: Value, size: number) =>
    e.positions && context.positions !== undefined
      ? add(to, g.op('Gather', [positionTable(g, e.positions, size), context.positions]))
      : to;
  const normed = norm(g, e.positionsLast ? x : place(x, own), e.norm, own);
  const wide = e.projection ? g.linear(normed, e.projection, width, own) : normed;
  const placed = e.positionsLast ? place(wide, width) : wide;
  if (!e.clearsPadding) return placed;
  const kept = g.op('Cast', [context.keep], { to: ElementType.float });
  return g.op('Mul', [placed, g.op('Unsqueeze', [kept, g.ints([2])])]);
}

function positionTable(g: ModelBuilder, { table }: Positions, width: number): Value {
  if ('values' in table) return g.floats(table.values, table.dims);
  const name = `${table.name}.weight`;
  return g.stored(name, [g.dimsOf(name)[0] ?? 0, width]);
}

function logits(g: ModelBuilder, { states, width }: Memory, h: Head, vocabulary: number): Value {
  const x = transformed(g, states, h, width);
  const input =
    h.inputScale === undefined ? x.value : g.op('Mul', [x.value, g.float(h.inputScale)]);
  const rows = h.outputs ?? vocabulary;
  const product = g.product(input, h.weight, [rows, x.width]);
  const biased = h.bias === undefined ? product : g.op('Add', [product, biasOf(g, h.bias, rows)]);
  const scaled =
    h.outputScale === undefined ? biased : g.op('Mul', [biased, g.float(h.outputScale)]);
  if (h.softCap === undefined) return scaled;
  const cap = g.float(h.softCap);
  return g.op('Mul', [g.op('Tanh', [g.op('Div', [scaled, cap])]), cap]);
}

/** A bias `[vocabulary]`, or `[1, vocabulary]` as BART has it. */
function biasOf(g: ModelBuilder, name: string, rows: number): Value {
  const leading = g
    .dimsOf(name)
    .slice(0, -1)
    .map(() => 1);
  return g.stored(name, [...leading, rows]);
}

function transformed(
  g: ModelBuilder,
  states: Value,
  { transform, weight }: Head,
  width: number,
): { readonly value: Value; readonly width: number } {
  if (!transform) return { value: states, width };
  const to = g.dimsOf(weight)[1] ?? 0;
  const dense = g.linear(states, transform.dense, to, width);
  const active =
    transform.activation === undefined ? dense : activation(g, dense, transform.activation);
  return { value: norm(g, active, transform.norm, to), width: to };
}
