import type { Node } from '../../file/types';
import type { Analysis } from '../../graph/analysis';
import { isProjection } from '../../graph/origin';

/** What lies between a router's projection and its choice. */
const scoring = new Set([
  'Add',
  'Cast',
  'CastLike',
  'Clip',
  'Div',
  'Dropout',
  'Expand',
  'Flatten',
  'GatherElements',
  'Identity',
  'LogSoftmax',
  'Mul',
  'Not',
  'ReduceMax',
  'ReduceSum',
  'Reshape',
  'ScatterElements',
  'Sigmoid',
  'Softmax',
  'Softplus',
  'Sqrt',
  'Squeeze',
  'Sub',
  'Tanh',
  'TopK',
  'Transpose',
  'Unsqueeze',
  'Where',
]);
/** More nodes than these lie between no projection and its choice. */
const maximumNodes = 60;

/** The one projection that a tensor is computed from by scoring alone: its output. */
export function projectedBy(analysis: Analysis, tensor: string): string | undefined {
  const { index, labels } = analysis;
  const found = new Set<string>();
  const seen = new Set([tensor]);
  for (const current of seen) {
    const node = index.producer(current);
    if (!node || seen.size > maximumNodes) return undefined;
    if (isProjection(analysis, node)) found.add(node.outputs[0] ?? '');
    else if (!scoring.has(node.operator)) return undefined;
    else for (const input of node.inputs) if (labels.isHidden(input)) seen.add(input);
  }
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

/** What is computed from one tensor and from nothing else that the text has a say in. */
export class Lineage {
  readonly #tensors: Set<string>;

  constructor(analysis: Analysis, root: string) {
    const { index, labels } = analysis;
    this.#tensors = new Set([root]);
    for (const tensor of this.#tensors) {
      for (const node of index.consumers(tensor)) {
        const isOwn = node.inputs.every(
          input => !labels.isHidden(input) || this.#tensors.has(input),
        );
        if (isOwn) for (const output of node.outputs.filter(Boolean)) this.#tensors.add(output);
      }
    }
  }

  has(tensor: string | undefined): boolean {
    return tensor !== undefined && this.#tensors.has(tensor);
  }

  /** Whether a node computes something of it. */
  makes({ outputs }: Node): boolean {
    return outputs.some(output => this.#tensors.has(output));
  }
}
