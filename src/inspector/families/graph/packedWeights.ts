import { ElementType } from '../../onnx/file/types';
import type { FilePlace, PackedWeight } from '../../weights/weights';
import type { Encodings, StoredPart } from './encodings';
import { RUNTIME, type GraphBuilder, type Value } from './graphBuilder';

/** The dtype of weights that are packed. */
const PACKED = 'packed';

/**
 * Packed weights in the runtime's own operators, which take levels and scales from where they lie and
 * compute as exactly as with float32 (`accuracy_level` 0).
 */
export const packedWeights: Encodings = {
  has: dtype => dtype === PACKED,

  product(g, x, part) {
    const { bits, group } = packedOf(part);
    const [rows = 0, columns = 0] = part.dims;
    const blocks = [rows, columns / group, (group * bits) / 8];
    const { levels, scales, zeros } = operands(g, part, blocks);
    return g.op(
      'MatMulNBits',
      [x, levels, scales, ...(zeros === undefined ? [] : [zeros])],
      { N: rows, K: columns, bits, block_size: group, accuracy_level: 0 },
      RUNTIME,
    );
  },

  lookUp(g, table, indices) {
    const { bits, group } = packedOf(table);
    const [rows = 0, columns = 0] = table.dims;
    const { levels, scales } = operands(g, table, [rows, (columns * bits) / 8]);
    return g.op(
      'GatherBlockQuantized',
      [levels, indices, scales],
      { bits, block_size: group, gather_axis: 0, quantize_axis: 1 },
      RUNTIME,
    );
  },

  expanded({ label }) {
    throw new Error(`the packed “${label}” is neither a product nor a table`);
  },
};

/** Levels in the shape that an operator wants, and the scales of the same rows `[rows, groups]`. */
function operands(
  g: GraphBuilder,
  part: StoredPart,
  dims: readonly number[],
): { readonly levels: Value; readonly scales: Value; readonly zeros?: Value } {
  const packed = packedOf(part);
  const [rows = 0, columns = 0] = part.dims;
  const { label, path, offset, length } = part;
  const levels = g.once(`levels ${label} ${dims.join()}`, () =>
    g.initializer(`${label}.levels.${dims.length}`, ElementType.uint8, dims, {
      kind: 'file',
      path,
      offset,
      length,
    }),
  );
  const perGroup = (what: string, all: FilePlace) =>
    g.once(`${what} ${label}`, () =>
      g.initializer(`${label}.${what}`, ElementType.float, [rows, columns / packed.group], {
        kind: 'file',
        ...rowsOf(part, packed, all),
      }),
    );
  return {
    levels,
    scales: perGroup('scales', packed.scales),
    ...(packed.zeros ? { zeros: perGroup('zeros', packed.zeros) } : {}),
  };
}

/** Numbers of the groups of some rows: they begin at the row at which the levels begin. */
function rowsOf({ dims, offset }: StoredPart, packed: PackedWeight, all: FilePlace): FilePlace {
  const [rows = 0, columns = 0] = dims;
  const first = (offset - packed.levels.offset) / ((columns * packed.bits) / 8);
  const row = (columns / packed.group) * 4;
  const { path, offset: start } = all;
  return { path, offset: start + first * row, length: rows * row };
}

function packedOf({ label, packed }: StoredPart): PackedWeight {
  if (packed) return packed;
  throw new Error(`“${label}” has no scales`);
}
