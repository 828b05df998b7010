import { elementsToBytes } from '../file/elements';
import { ElementType, type Model, type StoredTensor, type ValueInfo } from '../file/types';
import { writeModel } from '../file/writeModel';
import type { Derivation, FoundSite } from '../graph/site';
import { CanonicalNames, described } from './canonicalNodes';
import { widenHalfInputs } from './halfInputs';
import { derivationInputs, weightsFolder } from './instrument';

/** Fused operators are taken apart with nodes of this operator set, unless the model's is newer. */
const minimumOpset = 18;

/** What a tensor is that comes in from the main session. */
export interface TensorType {
  readonly elementType: number;
  readonly rank: number;
}

/** What takes the operator of a site apart, under names that are the same for all sites that do alike. */
export interface SharedDerivation {
  /** Equal for sites whose operators are taken apart by the same nodes, constants and stored weights. */
  readonly key: string;
  readonly derivation: Derivation;
  /** Names of the tensors that come in by their names in the model. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Names of the results by their names in the site. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, TensorType>;
}

/**
 * Gives the tensors of a derivation names by their order, so that one session serves all layers.
 * @param types of the tensors that come in from the main session, by their names in the model
 */
export function sharedDerivation(
  { graph }: Model,
  site: FoundSite & { readonly derived: Derivation },
  types: ReadonlyMap<string, TensorType>,
): SharedDerivation {
  const { derived } = site;
  const renamed = new CanonicalNames(graph.initializers).of;
  const incoming = derivationInputs(site).filter(name => types.has(name));
  const inputs = new Map(incoming.map(name => [name, renamed(name)]));
  const constants = derived.constants.map(constant => ({
    ...constant,
    name: renamed(constant.name),
  }));
  const nodes = derived.nodes.map(node => ({
    ...node,
    inputs: node.inputs.map(renamed),
    outputs: node.outputs.map(renamed),
  }));
  const views = Object.fromEntries(
    Object.entries(derived.views).map(([quantity, view]) => [
      quantity,
      { ...view, tensor: renamed(view.tensor) },
    ]),
  );
  const untyped = derived.untyped.map(renamed);
  const ofInputs = [...inputs].map(([name, own]) => [own, types.get(name)] as const);
  const wanted = Object.values(derived.views).map(({ tensor }) => tensor);
  return {
    key: JSON.stringify([nodes.map(described), constants.map(valuesOf), views, untyped, ofInputs]),
    derivation: { nodes, constants, views, untyped },
    inputs,
    outputs: new Map(wanted.map(tensor => [tensor, renamed(tensor)])),
    types: new Map(ofInputs.flatMap(([own, type]) => (type ? [[own, type] as const] : []))),
  };
}

function valuesOf(constant: Derivation['constants'][number]): string {
  // As text: JSON knows no infinity.
  const values = 'ints' in constant ? constant.ints : constant.floats;
  return `${constant.name}:${'ints' in constant ? 'ints' : 'floats'}:${values.join()}`;
}

/** A small model that computes what a fused operator hides from the tensors that go into it. */
export function derivedSkeleton(
  model: Model,
  { derivation, inputs, types }: SharedDerivation,
): Uint8Array {
  const initializers = new Map<string, StoredTensor>();
  for (const name of derivation.nodes.flatMap(node => node.inputs)) {
    const weights = model.graph.initializers.get(name);
    if (weights) initializers.set(name, weights);
  }
  for (const constant of derivation.constants) initializers.set(constant.name, stored(constant));
  const [first] = inputs.values();
  const queryType = types.get(first ?? '')?.elementType ?? ElementType.float;
  const outputs = new Map<string, ValueInfo>();
  for (const { tensor } of Object.values(derivation.views)) {
    const elementType = derivation.untyped.includes(tensor) ? queryType : ElementType.undefined;
    outputs.set(tensor, { name: tensor, elementType });
  }
  for (const name of derivation.untyped) outputs.set(name, { name, elementType: queryType });
  const opsets = new Map(model.opsets);
  opsets.set('', Math.max(minimumOpset, model.opsets.get('') ?? 0));
  opsets.set('com.microsoft', 1);
  const graph = {
    nodes: derivation.nodes,
    initializers,
    inputs: [...types].map(([name, { elementType, rank }]) => ({
      name,
      elementType,
      dims: Array.from({ length: rank }, () => undefined),
    })),
    outputs: [...outputs.values()],
  };
  const irVersion = Math.max(8, model.irVersion);
  const derived = widenHalfInputs({ graph, opsets, irVersion, functions: [] });
  return writeModel(derived, weightsFolder(model));
}

function stored(constant: Derivation['constants'][number]): StoredTensor {
  const [elementType, bytes] =
    'ints' in constant
      ? [ElementType.int64, elementsToBytes(constant.ints, ElementType.int64)]
      : [ElementType.float, new Uint8Array(Float32Array.from(constant.floats).buffer)];
  const values = 'ints' in constant ? constant.ints : constant.floats;
  const data = { kind: 'inline', bytes: bytes ?? new Uint8Array() } as const;
  return { name: constant.name, dims: [values.length], elementType, data };
}
