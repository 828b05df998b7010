import { elementsToBytes } from '../file/elements';
import { ElementType, type StoredTensor, type ValueInfo } from '../file/types';
import { writeModel } from '../file/writeModel';
import type { Analysis } from '../graph/analysis';
import type { Derivation, FoundSite } from '../graph/site';
import { widenHalfInputs } from './halfInputs';
import { derivationInputs, weightsFolder } from './instrument';

/** Fused operators are taken apart with nodes of this operator set, unless the model's is newer. */
const minimumOpset = 18;

/**
 * A second, small model that computes what fused operators hide from the tensors that go into them.
 * @param types element types of the tensors from the main session, as they were seen there
 */
export function derivedSkeleton(
  { model }: Analysis,
  sites: readonly FoundSite[],
  types: ReadonlyMap<string, { readonly elementType: number; readonly rank: number }>,
): Uint8Array {
  const initializers = new Map<string, StoredTensor>();
  const inputs = new Map<string, ValueInfo>();
  const outputs = new Map<string, ValueInfo>();
  for (const site of sites) {
    for (const name of derivationInputs(site)) {
      const weights = model.graph.initializers.get(name);
      const type = types.get(name);
      if (weights) initializers.set(name, weights);
      else if (type) {
        const dims = Array.from({ length: type.rank }, () => undefined);
        inputs.set(name, { name, elementType: type.elementType, dims });
      }
    }
    const { derived } = site;
    if (!derived) continue;
    for (const constant of derived.constants) initializers.set(constant.name, stored(constant));
    const queryType = types.get(derivationInputs(site)[0] ?? '')?.elementType ?? ElementType.float;
    for (const { tensor } of Object.values(derived.views)) {
      const elementType = derived.untyped.includes(tensor) ? queryType : ElementType.undefined;
      outputs.set(tensor, { name: tensor, elementType });
    }
    for (const name of derived.untyped) outputs.set(name, { name, elementType: queryType });
  }
  const opsets = new Map(model.opsets);
  opsets.set('', Math.max(minimumOpset, model.opsets.get('') ?? 0));
  opsets.set('com.microsoft', 1);
  const graph = {
    nodes: sites.flatMap(({ derived }) => derived?.nodes ?? []),
    initializers,
    inputs: [...inputs.values()],
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
