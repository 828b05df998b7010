import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import type { FoundRecurrence, RecurrenceNames, RecurrencePart } from '../../graph/recurrence';
import { convolutionBefore } from '../convolutionBefore';
import { coreOf, type Core } from './core';
import { decays, ends, upstream } from './reach';
import { beforeChunks, isShaping, swapsHeads } from './way';

/**
 * Linear attentions that a graph spells out, in the order of computation: Mamba-2 and gated delta nets as
 * exporters write them, in chunks. Each is found by the cumulative sum of its decay. What is found here is
 * a guess; whether the recurrence of these tensors gives the layer's outputs is for its check to say.
 * @param output the tensor that the model leads to
 */
export function findSpelledOut(
  analysis: Analysis,
  output: string | undefined,
): readonly FoundRecurrence[] {
  const wanted = upstream(analysis, output);
  return [...decays(analysis)].flatMap(([decay, sums]) => {
    const [node] = sums;
    if (!node || !wanted.has(node)) return [];
    for (const reach of ends(analysis, decay, sums, wanted)) {
      const core = coreOf(analysis, decay, reach);
      if (core.vectors.size >= 3)
        return [recurrenceOf(analysis, node, decay, core, reach.end, wanted)];
    }
    return [];
  });
}

/** What the parts of a core are to the recurrence. */
interface Roles {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly beta?: string;
  readonly step?: string;
}

function recurrenceOf(
  analysis: Analysis,
  node: Node,
  decay: string,
  core: Core,
  end: Node,
  wanted: ReadonlySet<Node>,
): FoundRecurrence {
  const output = outputOf(analysis, end, wanted);
  const roles = rolesOf(core);
  const common = { node, queryHeads: 0, valueHeads: 0 };
  if (typeof roles === 'string') {
    const names = { query: '', key: '', value: '', output };
    return { ...common, rule: 'gated', names, refusal: roles };
  }
  const headsFirst = new Set<RecurrencePart>();
  const vector = (part: 'query' | 'key' | 'value') => {
    const way = core.vectors.get(roles[part]) ?? { base: roles[part], nodes: [] };
    const { tensor, isHeadsFirst } = beforeChunks(analysis, way);
    if (isHeadsFirst) headsFirst.add(part);
    return tensor;
  };
  const names: RecurrenceNames = {
    query: vector('query'),
    key: vector('key'),
    value: vector('value'),
    output,
    decay,
    ...(roles.beta === undefined ? {} : { beta: roles.beta }),
    ...(roles.step === undefined ? {} : { step: roles.step }),
  };
  const convolution = convolutionBefore(analysis, roles.value);
  const rule = roles.beta === undefined ? 'gated' : 'gated_delta';
  return { ...common, rule, scale: 1, names, headsFirst, ...(convolution ? { convolution } : {}) };
}

/** Which is the query, the key and the value, by what meets in which product; else why not. */
function rolesOf({ vectors, rates, products }: Core): Roles | string {
  if (vectors.size > 3) {
    return `the graph spells it out, and ${vectors.size} vectors of each head go into it where queries, keys and values are known`;
  }
  const unclear = 'the graph spells it out in a way in which queries and keys cannot be told apart';
  const only = (set: ReadonlySet<string>) => (set.size === 1 ? [...set][0] : undefined);
  const pairs = products.flatMap(({ left, right, isDecayed }) => {
    const [a, b] = [only(left), only(right)];
    return a === undefined || b === undefined ? [] : [{ a, b, isDecayed }];
  });
  const third = (...two: readonly string[]) => [...vectors.keys()].find(one => !two.includes(one));
  const own = pairs.find(({ a, b }) => a === b)?.a;
  const plain = pairs.filter(({ a, b, isDecayed }) => a !== b && !isDecayed);
  if (own !== undefined) {
    // By the delta rule, keys meet keys.
    const pair = plain.find(({ a, b }) => a === own || b === own);
    const query = pair && (pair.a === own ? pair.b : pair.a);
    const value = query === undefined ? undefined : third(query, own);
    const [beta] = [...rates].find(([, by]) => value !== undefined && by.has(value)) ?? [];
    if (query === undefined || value === undefined || beta === undefined) return unclear;
    return rates.size > 1 ? unclear : { query, key: own, value, beta };
  }
  const [pair, ...others] = plain;
  const value = pair && others.length === 0 ? third(pair.a, pair.b) : undefined;
  if (!pair || value === undefined || rates.size > 1) return unclear;
  // The state is made of keys and values alone.
  const state = pairs.find(({ a, b }) => a === value || b === value);
  const key = state && (state.a === value ? state.b : state.a);
  if (key === undefined) return unclear;
  const [step] = rates.keys();
  const query = key === pair.a ? pair.b : pair.a;
  return { query, key, value, ...(step === undefined ? {} : { step }) };
}

/** What comes out of the core, once its heads stand after its tokens. */
function outputOf({ index, labels }: Analysis, end: Node, wanted: ReadonlySet<Node>): string {
  let [tensor = ''] = end.outputs;
  for (;;) {
    const readers = index
      .consumers(tensor)
      .filter(node => wanted.has(node) && node.outputs.some(name => labels.isHidden(name)));
    const [next] = readers;
    const keeps = next && (isShaping(next) || next.operator === 'Slice' || writesAll(next, tensor));
    if (readers.length !== 1 || !keeps || !next.outputs[0]) return tensor;
    tensor = next.outputs[0];
    if (swapsHeads(next)) return tensor;
  }
}

/** Whether a node writes a tensor over zeros: a chunk into the text. */
function writesAll({ operator, inputs }: Node, tensor: string): boolean {
  return (operator === 'ScatterND' || operator === 'ScatterElements') && inputs[2] === tensor;
}
