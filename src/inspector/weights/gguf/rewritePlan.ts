import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { sizeOf } from '../../runtime/tensor';
import { writeHeader, type TensorPlace } from '../../files/safetensorsHeader';
import type { StoredWeight } from '../weights';
import type { Quantisation } from './blocks';
import { quantisationNamed } from './dequantise';
import type { GgufWeights } from './ggufWeights';

/** A tensor that is written anew, in a form that the runtime maps. */
export interface Rewritten {
  readonly name: string;
  readonly weight: StoredWeight;
  /** Rows of whole blocks, and the bytes of one in the source. */
  readonly rows: number;
  readonly rowBytes: number;
  /** Rows of a head, where queries or keys are put back into the checkpoint's order. */
  readonly head: number | undefined;
  /** Undefined where the numbers stay as they are. */
  readonly quantisation: Quantisation | undefined;
  readonly isPacked: boolean;
}

/** What becomes of the tensors of a model. */
export interface RewritePlan {
  readonly tensors: readonly Rewritten[];
  /** Where each goes in the new file, behind its header: itself, or its levels and scales. */
  readonly places: ReadonlyMap<string, TensorPlace>;
  readonly header: Uint8Array;
  /** Bytes of the new file. */
  readonly size: number;
}

/** The middle of unsigned levels, which the runtime takes for zero. */
export const middleOf = ({ bits }: Quantisation): number => 2 ** (bits - 1);
export const levelsName = (name: string): string => `${name}.levels`;
export const scalesName = (name: string): string => `${name}.scales`;
export const zerosName = (name: string): string => `${name}.zeros`;

/** Rows of these are looked up. */
const TABLE = /(embed|wte|wpe|embeddings)[^.]*\.weight$/;
const PERMUTED = /\.self_attn\.[qk]_proj\.(weight|bias)$/;

/**
 * What has to be written anew of a model's tensors: those that the runtime cannot take as they lie.
 * Beside quantised ones the others are small, and come along: all of a model lies in one file.
 * @param headDim rows of a head
 * @param isCompact all that can be packed is packed, though products of 8 bits are slower than float32
 */
export function rewritePlan(
  weights: GgufWeights,
  headDim: number,
  isCompact: boolean,
): RewritePlan {
  const isQuantised = weights.names.some(
    name => quantisationNamed(weights.get(name)?.dtype ?? '') !== undefined,
  );
  const tensors = weights.names.flatMap(name => {
    const weight = weights.get(name);
    const isPermuted = weights.architecture.conventions.permuted && PERMUTED.test(name);
    const head = isPermuted ? headDim : undefined;
    const quantisation = quantisationNamed(weight?.dtype ?? '');
    if (!weight || (!isQuantised && head === undefined)) return [];
    return planned(name, weight, head, quantisation, isCompact);
  });
  const places = placesOf(tensors);
  const header = writeHeader({ metadata: {}, tensors: places });
  const end = [...places.values()].at(-1)?.to ?? 0;
  return { tensors, places, header, size: header.length + end };
}

function planned(
  name: string,
  weight: StoredWeight,
  head: number | undefined,
  quantisation: Quantisation | undefined,
  isCompact: boolean,
): Rewritten[] {
  const { dims, length } = weight;
  // A vector that is put into another order has rows of one number.
  const isVector = dims.length < 2;
  const rows = isVector ? (head === undefined ? 1 : (dims[0] ?? 1)) : sizeOf(dims.slice(0, -1));
  if (rows === 0 || length === 0) return [];
  if (head !== undefined && (rows % head !== 0 || head % 2 !== 0)) {
    throw new InspectorError(
      'model-broken',
      `“${shortened(name)}” has ${rows} rows, which are no whole heads of ${head}: convert the model again with a current llama.cpp.`,
    );
  }
  const isPacked =
    quantisation !== undefined &&
    dims.length === 2 &&
    packs(quantisation, isCompact, TABLE.test(name));
  return [{ name, weight, rows, rowBytes: length / rows, head, quantisation, isPacked }];
}

/**
 * What the runtime multiplies with as it is: levels without offsets, of which those of 4 bits are fast, and
 * with offsets levels of 4 bits, though not where rows are looked up.
 */
function packs({ hasOffsets, bits }: Quantisation, isCompact: boolean, isTable: boolean): boolean {
  if (!hasOffsets) return bits === 4 || isCompact;
  return isCompact && bits === 4 && !isTable;
}

function placesOf(tensors: readonly Rewritten[]): Map<string, TensorPlace> {
  const places = new Map<string, TensorPlace>();
  let end = 0;
  const add = (
    name: string,
    dtype: TensorPlace['dtype'],
    dims: readonly number[],
    bytes: number,
  ) => {
    places.set(name, { dtype, dims, from: end, to: end + bytes });
    end += bytes;
  };
  for (const { name, weight, quantisation, isPacked } of tensors) {
    const { dims, dtype, length } = weight;
    const size = sizeOf(dims);
    if (!quantisation) add(name, dtype as TensorPlace['dtype'], dims, length);
    else if (isPacked) {
      const { bits, group } = quantisation;
      const [rows = 0, columns = 0] = dims;
      // Scales first, so that float32 numbers begin where they may.
      const groups = [rows, columns / group];
      add(scalesName(name), 'F32', groups, (size / group) * 4);
      if (quantisation.hasOffsets) add(zerosName(name), 'F32', groups, (size / group) * 4);
      add(levelsName(name), 'U8', [rows, (columns * bits) / 8], (size * bits) / 8);
    } else add(name, 'F32', dims, size * 4);
  }
  return places;
}
