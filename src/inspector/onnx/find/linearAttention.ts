import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { convolutionBefore } from './convolutionBefore';
import type { FoundRecurrence, RecurrenceNames, UpdateRule } from '../graph/recurrence';

const RULES: readonly UpdateRule[] = ['linear', 'gated', 'delta', 'gated_delta'];
/** The runtime's own, and the one of ONNX. */
const DOMAINS: readonly string[] = ['com.microsoft', '', 'ai.onnx'];

/** The operators `LinearAttention` of a graph, in the order of computation. */
export function findRecurrences(analysis: Analysis): readonly FoundRecurrence[] {
  const { nodes } = analysis.index;
  return nodes.flatMap(node => recurrenceOf(analysis, node) ?? []);
}

function recurrenceOf(analysis: Analysis, node: Node): FoundRecurrence | undefined {
  if (node.operator !== 'LinearAttention' || !DOMAINS.includes(node.domain)) return undefined;
  const { attributes, inputs, outputs } = node;
  const [query = '', key = '', value = '', state = '', decay = '', beta = ''] = inputs;
  const given = attributes.get('update_rule')?.string ?? 'gated_delta';
  const rule = RULES.find(one => one === given);
  const queryHeads = attributes.get('q_num_heads')?.int ?? 0;
  const valueHeads = attributes.get('kv_num_heads')?.int ?? 0;
  const [output = ''] = outputs;
  const takes = { decay: given.startsWith('gated'), beta: given.endsWith('delta') };
  // What an operator is given without its rule's asking for it, it does not read.
  const names: RecurrenceNames = {
    query,
    key,
    value,
    output,
    ...(state && !isZero(analysis, state) ? { state } : {}),
    ...(takes.decay && decay ? { decay } : {}),
    ...(takes.beta && beta ? { beta } : {}),
  };
  const stored = Object.entries(names).find(([, name]) => isStored(analysis, name as string));
  const refusal =
    rule === undefined
      ? `its rule “${given}” is not known`
      : !query || !key || !value || !output || queryHeads < 1 || valueHeads < 1
        ? 'it lacks queries, keys, values or a number of heads'
        : stored
          ? `its ${stored[0]} is stored in the graph and does not follow from the text`
          : undefined;
  const convolution = convolutionBefore(analysis, value);
  const scale = attributes.get('scale')?.float ?? 0;
  return {
    node,
    rule: rule ?? 'linear',
    queryHeads,
    valueHeads,
    ...(scale === 0 ? {} : { scale }),
    names,
    ...(convolution === undefined ? {} : { convolution }),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

function isStored({ model }: Analysis, name: string): boolean {
  return model.graph.initializers.has(name);
}

function isZero({ constants }: Analysis, name: string): boolean {
  return constants.of(name)?.values?.every(value => value === 0) ?? false;
}
