import { sizeOf } from '../../runtime/tensor';
import { ElementType, floatTypes, type Model } from './types';

/** The weights of a model that the runtime takes from files. */
export interface WeightSizes {
  /** Bytes in float32, and of packed ones as they are. */
  readonly float32: number;
  /** How most of them are stored: of half precision the runtime can leave only bfloat16 as it is. */
  readonly kind: 'float32' | 'bfloat16' | 'float16' | 'quantised';
}

/** What the weights of a graph are. */
export function weightSizes({ graph }: Model): WeightSizes {
  let float32 = 0;
  const bytes = { float32: 0, bfloat16: 0, float16: 0, quantised: 0 };
  for (const { data, dims, elementType } of graph.initializers.values()) {
    if (data.kind !== 'file') continue;
    const kind = kindOf(elementType);
    float32 += kind === 'quantised' ? data.length : 4 * sizeOf(dims);
    bytes[kind] += data.length;
  }
  const kinds = ['float32', 'bfloat16', 'float16', 'quantised'] as const;
  const kind = kinds.reduce((most, each) => (bytes[each] > bytes[most] ? each : most));
  return { float32, kind };
}

function kindOf(elementType: number): WeightSizes['kind'] {
  if (elementType === ElementType.float16) return 'float16';
  if (elementType === ElementType.bfloat16) return 'bfloat16';
  return floatTypes.has(elementType) ? 'float32' : 'quantised';
}
