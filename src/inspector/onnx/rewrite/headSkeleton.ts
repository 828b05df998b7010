import { shortened } from '../../files/shortened';
import { elementsToBytes } from '../file/elements';
import { ElementType, type Node, type StoredTensor } from '../file/types';
import { makeNode, writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import { inputsOf } from '../graph/graphIndex';
import { isSkipNormalization } from '../graph/operatorKinds';
import type { Streams } from '../stream/residualStream';
import { widenHalfInputs } from './halfInputs';
import { weightsFolder } from './instrument';

/** A part of a model as a model of its own. */
export interface CutOut {
  readonly skeleton: Uint8Array;
  /** The tensor that it reads, the only input. */
  readonly input: string;
  readonly elementType: number;
}

/** Why a part cannot stand alone, to be read after “…, because ”. */
export interface NotCutOut {
  readonly reason: string;
}

/**
 * The part of a graph between two of its tensors, with its weights left in their files.
 * @param from hidden state `[rows, tokens, modelDim]`, the only input of the result
 * @param to tensors computed from it, the outputs of the result
 */
export function headSkeleton(
  analysis: Analysis,
  streams: Streams,
  from: string,
  to: readonly string[],
): CutOut | NotCutOut {
  const cut = new Cut(analysis, streams, from);
  const reason = cut.collect(to);
  if (reason !== undefined) return { reason };
  const { model, index } = analysis;
  // A sum that is put out for us alone has the type of what its node gives.
  const [adding] = [...streams.exposedSums].find(([, sum]) => sum === from) ?? [];
  const elementType = elementTypeOf(index, adding?.outputs[0] ?? from);
  const graph = {
    nodes: cut.nodes,
    initializers: cut.initializers,
    inputs: [{ name: from, elementType }],
    outputs: to.map(name => ({ name, elementType: ElementType.undefined })),
  };
  const { opsets, irVersion, functions } = model;
  const skeleton = writeModel(
    widenHalfInputs({ graph, opsets, irVersion, functions }),
    weightsFolder(model),
  );
  return { skeleton, input: from, elementType };
}

/** Walks back from the outputs to the one tensor where the part begins. */
class Cut {
  readonly nodes: Node[] = [];
  readonly initializers = new Map<string, StoredTensor>();
  readonly #dependent = new Set<string>();
  readonly #rows: string;

  constructor(
    private readonly analysis: Analysis,
    private readonly streams: Streams,
    private readonly from: string,
  ) {
    this.#rows = `${from}/rows`;
    const begin = analysis.index.producer(from);
    this.#dependent.add(from);
    for (const node of analysis.index.nodes) {
      if (node !== begin && inputsOf(node).some(input => this.#dependent.has(input))) {
        for (const output of node.outputs) this.#dependent.add(output);
      }
    }
  }

  /** Collects nodes and weights; answers why that cannot be done. */
  collect(to: readonly string[]): string | undefined {
    const { index } = this.analysis;
    const nodes = new Set<Node>();
    const seen = new Set([this.from, ...to]);
    for (const tensor of seen) {
      const stored = index.graph.initializers.get(tensor);
      const producer = index.producer(tensor);
      if (tensor === this.from || tensor === '') continue;
      if (stored) this.initializers.set(tensor, stored);
      else if (!producer) return `it also reads the input “${shortened(tensor)}”`;
      else if (!nodes.has(producer)) {
        nodes.add(producer);
        const own = this.#ownInputs(producer);
        if (!own) return `it also depends on the shape of “${shortened(producer.inputs[0] ?? '')}”`;
        for (const input of own) seen.add(input);
      }
    }
    for (const node of index.nodes) if (nodes.has(node)) this.nodes.push(...this.#replaced(node));
    if (this.nodes.some(({ inputs }) => inputs.includes(this.#rows))) this.#addRows();
    return undefined;
  }

  /** What a node of the part reads inside it; undefined where it cannot be made to read that alone. */
  #ownInputs(node: Node): readonly string[] | undefined {
    if (this.#isForeignShape(node)) return this.#like(node.inputs[0] ?? '') ? [] : undefined;
    return this.#isFused(node) ? normScales(node) : inputsOf(node);
  }

  #replaced(node: Node): readonly Node[] {
    if (this.#isForeignShape(node)) {
      return [{ ...node, inputs: [this.#like(node.inputs[0] ?? '') ?? ''] }];
    }
    if (!this.#isFused(node)) return [node];
    // The addition happened: what is left is the normalisation of its sum.
    const zeros = `${this.from}/zeros`;
    return [
      makeNode('Sub', [this.from, this.from], [zeros]),
      {
        ...node,
        inputs: [this.from, zeros, ...normScales(node)],
        outputs: node.outputs.slice(0, 1),
      },
    ];
  }

  /** Looks at the shape of something outside the part, such as the token ids. */
  #isForeignShape(node: Node): boolean {
    return node.operator === 'Shape' && !this.#dependent.has(node.inputs[0] ?? '');
  }

  /** A node that adds to the residual stream and normalises it in one. */
  #isFused(node: Node): boolean {
    if (!isSkipNormalization(node.operator)) return false;
    return node.outputs[3] === this.from || this.streams.exposedSums.get(node) === this.from;
  }

  /** A tensor of the part that is shaped like one outside it. */
  #like(tensor: string): string | undefined {
    const { index, labels } = this.analysis;
    const declared = index.graph.inputs.find(({ name }) => name === tensor);
    const rank = declared?.dims?.length ?? (labels.isHidden(tensor) ? 3 : undefined);
    if (rank === 3) return this.from;
    return rank === 2 ? this.#rows : undefined;
  }

  /** One number of each token's state, shaped as token ids are. */
  #addRows(): void {
    const first = `${this.#rows}/first`;
    const bytes = elementsToBytes([0], ElementType.int64) ?? new Uint8Array();
    const data = { kind: 'inline', bytes } as const;
    this.initializers.set(first, { name: first, dims: [], elementType: ElementType.int64, data });
    const options = { attributes: { axis: 2 } };
    this.nodes.unshift(makeNode('Gather', [this.from, first], [this.#rows], options));
  }
}

/** Weights of a fused normalisation: without the bias of what it adds. */
function normScales({ operator, inputs }: Node): readonly string[] {
  return inputs.slice(2, operator === 'SkipLayerNormalization' ? 4 : 3);
}
