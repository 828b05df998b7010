import { shortened } from '../../files/shortened';
import { elementsToBytes } from '../file/elements';
import { ElementType, type Node, type StoredTensor, type ValueInfo } from '../file/types';
import { makeNode } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import { elementTypeOf } from '../graph/elementTypes';
import { inputsOf } from '../graph/graphIndex';
import { isSkipNormalization } from '../graph/operatorKinds';
import type { Lineage } from '../graph/lineage';
import type { Streams } from '../stream/residualStream';

/** Nodes that are followed back to a state whose shape a tensor has. */
const MOST_STEPS = 40;
/** Operators whose result has the axes of the state that goes in. */
const tokenwise = new Set([
  'Add',
  'Cast',
  'Div',
  'Dropout',
  'Identity',
  'LayerNormalization',
  'Mul',
  'RMSNormalization',
  'SimplifiedLayerNormalization',
  'Sub',
]);

/** What a part of a graph may read. */
export interface CutOptions {
  /** The graph's own inputs, too: masks, positions, token ids. */
  readonly inputs?: boolean;
  /** States that the part may be computed from through what it reads alone. */
  readonly notPast?: readonly string[];
  /** Tells which text a shape is of, where the part reads states of two. */
  readonly lineage?: Lineage;
}

/** Walks back from some tensors of a graph to those where a part of it begins. */
export class Cut {
  readonly #nodes: Node[] = [];
  readonly initializers = new Map<string, StoredTensor>();
  /** Inputs of the graph that the part reads. */
  readonly inputs = new Set<string>();
  readonly #dependent: ReadonlySet<string>;
  readonly #past: ReadonlySet<string>;
  readonly #rows: string;

  /** @param from hidden states `[rows, tokens, modelDim]`, the stream first */
  constructor(
    private readonly analysis: Analysis,
    private readonly streams: Streams,
    private readonly from: readonly string[],
    private readonly options: CutOptions = {},
  ) {
    const { notPast = [] } = options;
    this.#rows = `${from[0] ?? ''}/rows`;
    this.#dependent = this.#dependents(from);
    this.#past = this.#dependents(notPast);
  }

  /** Element type of a state that the part reads. */
  typeOf(from: string): number {
    // A sum that is put out for us alone has the type of what its node gives.
    const [adding] = [...this.streams.exposedSums].find(([, sum]) => sum === from) ?? [];
    return elementTypeOf(this.analysis.index, adding?.outputs[0] ?? from);
  }

  /** The graph's own inputs among what the part reads, as it declares them. */
  get declared(): readonly ValueInfo[] {
    return this.analysis.model.graph.inputs.filter(({ name }) => this.inputs.has(name));
  }

  /** Collects nodes and weights; answers why that cannot be done, to be read after “…: ”. */
  collect(to: readonly string[]): string | undefined {
    const { index } = this.analysis;
    const nodes = new Set<Node>();
    const reason = this.#reach(new Set(to), nodes, false);
    if (reason !== undefined) return reason;
    this.#nodes.push(...index.nodes.filter(node => nodes.has(node)));
    return undefined;
  }

  has(node: Node | undefined): boolean {
    return node !== undefined && this.#nodes.includes(node);
  }

  /**
   * What the part is made of, in the order of computation.
   * @param edited a node as it is by now
   */
  nodes(edited: (node: Node) => Node = node => node): readonly Node[] {
    const nodes = this.#nodes.flatMap(node => this.#replaced(node, edited(node)));
    return nodes.some(({ inputs }) => inputs.includes(this.#rows))
      ? [this.#rowsNode(), ...nodes]
      : nodes;
  }

  /** @param isShape only the shapes of the tensors count: they may be of an earlier layer */
  #reach(seen: Set<string>, nodes: Set<Node>, isShape: boolean): string | undefined {
    const { index } = this.analysis;
    const shapes = new Set<string>();
    for (const tensor of seen) {
      if (this.from.includes(tensor) || tensor === '') continue;
      const stored = index.graph.initializers.get(tensor);
      const producer = this.#producer(tensor);
      if (stored) this.initializers.set(tensor, stored);
      else if (!producer) {
        if (!this.options.inputs) return `it also reads the input “${shortened(tensor)}”`;
        this.inputs.add(tensor);
      } else {
        if (!isShape && this.#isOfPast(tensor) && !this.#isFused(producer)) {
          return `it also reads “${shortened(tensor)}” of an earlier layer`;
        }
        nodes.add(producer);
        const own = this.#ownInputs(producer);
        if (!own) return `it also depends on the shape of “${shortened(producer.inputs[0] ?? '')}”`;
        for (const input of own) (producer.operator === 'Shape' ? shapes : seen).add(input);
      }
    }
    return shapes.size > 0 ? this.#reach(shapes, nodes, true) : undefined;
  }

  /** Carries on a state from before the part past what it reads; shapes and masks carry none. */
  #isOfPast(tensor: string): boolean {
    const isHidden = this.analysis.labels.isHidden(tensor);
    return isHidden && this.#past.has(tensor) && !this.#dependent.has(tensor);
  }

  /** Everything that is computed from some tensors, and they themselves. */
  #dependents(from: readonly string[]): ReadonlySet<string> {
    const { index } = this.analysis;
    const dependent = new Set(from);
    const begins = new Set(from.map(tensor => this.#producer(tensor)));
    for (const node of index.nodes) {
      if (begins.has(node)) {
        const [normed] = node.outputs;
        if (normed && from.some(tensor => isSumOf(node, tensor, this.streams)))
          dependent.add(normed);
        continue;
      }
      if (!inputsOf(node).some(input => dependent.has(input))) continue;
      for (const output of node.outputs.filter(Boolean)) dependent.add(output);
      const sum = this.streams.exposedSums.get(node);
      if (sum !== undefined) dependent.add(sum);
    }
    return dependent;
  }

  #producer(tensor: string): Node | undefined {
    return (
      this.analysis.index.producer(tensor) ??
      [...this.streams.exposedSums].find(([, sum]) => sum === tensor)?.[0]
    );
  }

  /** What a node of the part reads inside it; undefined where it cannot be made to read that alone. */
  #ownInputs(node: Node): readonly string[] | undefined {
    if (this.#isForeignShape(node)) return this.#like(node.inputs[0] ?? '') ? [] : undefined;
    return this.#isFused(node) ? normScales(node) : inputsOf(node);
  }

  #replaced(node: Node, edited: Node): readonly Node[] {
    if (this.#isForeignShape(node)) {
      return [{ ...node, inputs: [this.#like(node.inputs[0] ?? '') ?? ''] }];
    }
    if (!this.#isFused(node)) {
      // What the part reads is not made in it again, where the node is there for another of its results.
      const own = edited.outputs.map(name => (this.from.includes(name) ? `${name}/unused` : name));
      return [{ ...edited, outputs: own }];
    }
    // The addition happened: what is left is the normalisation of its sum.
    const from = this.#fusedWith(node) ?? '';
    const zeros = `${from}/zeros`;
    return [
      makeNode('Sub', [from, from], [zeros]),
      { ...node, inputs: [from, zeros, ...normScales(node)], outputs: node.outputs.slice(0, 1) },
    ];
  }

  /** Looks at the shape of something outside the part, such as the token ids. */
  #isForeignShape(node: Node): boolean {
    const [tensor = ''] = node.inputs;
    if (node.operator !== 'Shape' || this.#dependent.has(tensor)) return false;
    return !this.options.inputs || this.#like(tensor) !== undefined;
  }

  /** A node that adds to the residual stream and normalises it in one. */
  #isFused(node: Node): boolean {
    return this.#fusedWith(node) !== undefined;
  }

  /** The state that such a node puts out as its sum, where the part begins with it. */
  #fusedWith(node: Node): string | undefined {
    return this.from.find(tensor => isSumOf(node, tensor, this.streams));
  }

  /** A tensor of the part that is shaped like one outside it, where that is known. */
  #like(tensor: string): string | undefined {
    const { index, labels } = this.analysis;
    const declared = index.graph.inputs.find(({ name }) => name === tensor);
    if (this.options.inputs) {
      return labels.isHidden(tensor) && this.#isState(tensor)
        ? this.#ofSameText(tensor)
        : undefined;
    }
    const rank = declared?.dims?.length ?? (labels.isHidden(tensor) ? 3 : undefined);
    if (rank === 3) return this.from[0];
    return rank === 2 ? this.#rows : undefined;
  }

  /** Whether a tensor is made from token to token alone, as states are, so that it has their axes. */
  #isState(tensor: string): boolean {
    const { index, labels } = this.analysis;
    let current = tensor;
    for (let step = 0; step < MOST_STEPS; step++) {
      if (this.#isStream(current)) return true;
      const node = index.producer(current);
      const next = node?.inputs.find(input => labels.isHidden(input));
      // Ids that are looked up.
      if (next === undefined) return node?.operator === 'Gather';
      if (!node || !tokenwise.has(node.operator)) return false;
      current = next;
    }
    return false;
  }

  /** Whether a tensor is a state of the residual stream. */
  #isStream(tensor: string): boolean {
    return this.streams.streams.some(
      ({ beforeLayers, residual, normed }) =>
        beforeLayers.includes(tensor) || tensor === residual || tensor === normed,
    );
  }

  #ofSameText(tensor: string): string | undefined {
    const { lineage } = this.options;
    const texts = lineage?.textsOf([tensor]);
    return this.from.find(one => lineage?.textsOf([one]) === texts);
  }

  /** One number of each token's state, shaped as token ids are. */
  #rowsNode(): Node {
    const first = `${this.#rows}/first`;
    const bytes = elementsToBytes([0], ElementType.int64) ?? new Uint8Array();
    const data = { kind: 'inline', bytes } as const;
    this.initializers.set(first, { name: first, dims: [], elementType: ElementType.int64, data });
    const options = { attributes: { axis: 2 } };
    return makeNode('Gather', [this.from[0] ?? '', first], [this.#rows], options);
  }
}

/** Whether a node that adds to the residual stream and normalises it in one gives a tensor as the sum. */
function isSumOf(node: Node, tensor: string, { exposedSums }: Streams): boolean {
  if (!isSkipNormalization(node.operator)) return false;
  return node.outputs[3] === tensor || exposedSums.get(node) === tensor;
}

/** Weights of a fused normalisation: without the bias of what it adds. */
function normScales({ operator, inputs }: Node): readonly string[] {
  return inputs.slice(2, operator === 'SkipLayerNormalization' ? 4 : 3);
}
