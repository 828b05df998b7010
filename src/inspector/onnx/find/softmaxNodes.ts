import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import type { TensorView } from '../graph/site';

/** A softmax, as one node or spelled out. */
export interface Softmax {
  readonly node: Node;
  /** The scores of the keys. */
  readonly input: string;
  readonly output: string;
  /** What takes a part of each row beside the keys. */
  readonly sink?: Sink;
}

/**
 * `learned`: a score that is no key's is joined to the scores, and its column is cut off after the
 * softmax (gpt-oss). `one`: the exponentials are divided by 1 + Σ exp, as if there were a key of score 0
 * (Miller 2023, “Attention is off by one”).
 */
export type Sink =
  { readonly kind: 'learned'; readonly view: TensorView } | { readonly kind: 'one' };

/** Recognises `Softmax`, `exp(x) / sum(exp(x))` and `exp(log-softmax(x))`, each with a sink or without. */
export function softmaxAt(analysis: Analysis, node: Node): Softmax | undefined {
  const plain = plainSoftmax(analysis, node);
  return plain && withoutSink(analysis, plain);
}

function plainSoftmax({ index, constants }: Analysis, node: Node): Softmax | undefined {
  const [first, second] = node.inputs;
  const [output] = node.outputs;
  if (!first || !output || node.domain) return undefined;
  if (node.operator === 'Softmax') return { node, input: first, output };
  if (node.operator === 'Exp') {
    const logSoftmax = index.producer(first);
    const input = logSoftmax?.inputs[0];
    return logSoftmax?.operator === 'LogSoftmax' && input ? { node, input, output } : undefined;
  }
  if (node.operator !== 'Div' && node.operator !== 'Mul') return undefined;
  const exponential = index.producer(first);
  let divisor = index.producer(second);
  if (node.operator === 'Mul') {
    if (divisor?.operator !== 'Reciprocal') return undefined;
    divisor = index.producer(divisor.inputs[0]);
  }
  if (exponential?.operator !== 'Exp' || !divisor) return undefined;
  const shifted = index.producer(exponential.inputs[0]);
  const isShifted = shifted?.operator === 'Sub';
  const input = isShifted ? shifted.inputs[0] : exponential.inputs[0];
  if (!input) return undefined;
  const isSum = (one: Node | undefined) => one?.operator === 'ReduceSum' && one.inputs[0] === first;
  if (isSum(divisor)) return { node, input, output };
  if (divisor.operator !== 'Add') return undefined;
  const other = divisor.inputs.find(operand => !isSum(index.producer(operand)));
  const hasSum = divisor.inputs.some(operand => isSum(index.producer(operand)));
  const isOne = isShifted
    ? isNegated(index.producer(other), shifted.inputs[1])
    : constants.scalar(other) === 1;
  return hasSum && isOne ? { node, input, output, sink: { kind: 'one' } } : undefined;

  /** exp(−m), which is 1 where m was taken from every score. */
  function isNegated(power: Node | undefined, shift: string | undefined): boolean {
    const negative = power?.operator === 'Exp' ? index.producer(power.inputs[0]) : undefined;
    return negative?.operator === 'Neg' && negative.inputs[0] === shift;
  }
}

/** Takes the scores of the keys out of those that a sink's are joined to. */
function withoutSink(analysis: Analysis, softmax: Softmax): Softmax {
  const { index, labels } = analysis;
  const input = unshifted(analysis, softmax.input);
  const joined = index.producer(input);
  if (joined?.operator !== 'Concat' || joined.inputs.length !== 2) {
    return input === softmax.input ? softmax : { ...softmax, input };
  }
  const axis = joined.attributes.get('axis')?.int ?? 0;
  const [left = '', right = ''] = joined.inputs;
  const isOfText = (tensor: string) => labels.isHiddenOrPast(tensor);
  if ((axis !== -1 && axis < 2) || isOfText(left) === isOfText(right)) return softmax;
  const isLast = isOfText(left);
  const view: TensorView = {
    tensor: softmax.output,
    layout: { kind: 'column', at: isLast ? 'last' : 'first' },
  };
  const scores = isLast ? left : right;
  return { ...softmax, input: scores, sink: { kind: 'learned', view } };
}

/** What a softmax reads before the largest of each row is taken off, which changes nothing. */
function unshifted({ index }: Analysis, input: string): string {
  const difference = index.producer(input);
  const [scores = '', largest] = difference?.inputs ?? [];
  const maximum = difference?.operator === 'Sub' ? index.producer(largest) : undefined;
  return maximum?.operator === 'ReduceMax' && maximum.inputs[0] === scores ? scores : input;
}
