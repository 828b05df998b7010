import { InspectorError } from '../../../protocol/errors';
import { shortened } from '../../files/shortened';
import { ElementType } from '../../onnx/file/types';
import type { StoredWeight, Weights } from '../../weights/weights';
import type { Encodings, StoredPart } from './encodings';
import { GraphBuilder, RUNTIME, type Value } from './graphBuilder';
import type { Linear } from './spec';

/** Plain numbers, which the runtime takes from where they lie. */
const elementTypes: Readonly<Record<string, number>> = {
  F32: ElementType.float,
  F16: ElementType.float16,
  BF16: ElementType.bfloat16,
  F64: ElementType.double,
};

type Rows = readonly [number, number];

/** Writes the graph of a model whose weights are stored; they are pointed at and never read. */
export class ModelBuilder extends GraphBuilder {
  readonly #used = new Map<string, Map<number, number>>();

  constructor(
    private readonly weights: Weights,
    private readonly encodings?: Encodings,
  ) {
    super();
  }

  /** Whether a tensor is stored. */
  has(name: string): boolean {
    return this.weights.get(name) !== undefined;
  }

  /** The shape of a stored tensor. */
  dimsOf(name: string): readonly number[] {
    return this.#find(name).dims;
  }

  /** Bytes of each stored tensor that are in the graph. */
  get used(): ReadonlyMap<string, number> {
    const sum = (lengths: Iterable<number>) => [...lengths].reduce((all, each) => all + each, 0);
    return new Map([...this.#used].map(([name, taken]) => [name, sum(taken.values())]));
  }

  /**
   * A stored tensor in float32.
   * @param dims the shape that it must have
   * @param rows a range of its first dimension, which then may be longer than in `dims`
   * @throws InspectorError `model-unsupported` for a tensor that is missing or of another shape or type
   */
  stored(name: string, dims: readonly number[], rows?: Rows): Value {
    return this.#tensor(this.#part(name, dims, rows));
  }

  /** Rows of a stored table `[rows, width]`. */
  lookUp(name: string, dims: readonly [number, number], indices: Value): Value {
    const table = this.#part(name, dims);
    const packed = this.#encodingOf(table)?.lookUp(this, table, indices);
    return packed ?? this.op('Gather', [this.#tensor(table), indices]);
  }

  /** x · Wᵀ for a stored W. */
  product(x: Value, name: string, dims: readonly [number, number], rows?: Rows): Value {
    const part = this.#part(name, dims, rows);
    const packed = this.#encodingOf(part)?.product(this, x, part);
    return packed ?? this.op('FusedMatMul', [x, this.#tensor(part)], { transB: 1 }, RUNTIME);
  }

  /** x · Wᵀ + b for `[…, inWidth]`, with a bias where one is stored. */
  linear(x: Value, linear: Linear, outWidth: number, inWidth: number): Value {
    const { name, rows, expert } = linear;
    if (expert !== undefined) return this.#expert(x, name, expert, outWidth, inWidth);
    const weight = linear.isBare ? name : `${name}.weight`;
    const product = linear.isConv1D
      ? this.op('MatMul', [x, this.stored(weight, [inWidth, outWidth])])
      : this.product(x, weight, [outWidth, inWidth], rows);
    const bias = `${name}.bias`;
    if (!this.has(bias)) return product;
    return this.op('Add', [product, this.stored(bias, [outWidth], rows)]);
  }

  #expert(x: Value, name: string, expert: number, outWidth: number, inWidth: number): Value {
    const rows = [expert, expert + 1] as const;
    const weight = this.op('Squeeze', [
      this.stored(name, [1, inWidth, outWidth], rows),
      this.ints([0]),
    ]);
    return this.op('Add', [
      this.op('MatMul', [x, weight]),
      this.stored(`${name}_bias`, [1, outWidth], rows),
    ]);
  }

  #tensor(part: StoredPart): Value {
    return this.once(`stored ${part.label}`, () => {
      const { label, dims, path, offset, length, dtype } = part;
      const expanded = this.#encodingOf(part)?.expanded(part);
      if (expanded) return this.initializer(label, ElementType.float, dims, at(expanded));
      const type = elementTypes[dtype];
      if (type === undefined) throw unknownDtype(label, dtype);
      if (type === ElementType.float) {
        return this.initializer(label, type, dims, at({ path, offset, length }));
      }
      const file = this.initializer(`${label}.${dtype}`, type, dims, at(part));
      return this.named(label, 'Cast', [file], { to: ElementType.float });
    });
  }

  #part(name: string, dims: readonly number[], rows?: Rows): StoredPart {
    const found = this.#find(name);
    const has = rows ? rowsOf(found.dims, dims.length) : found.dims;
    const [from, to] = rows ?? [0, has[0] ?? 1];
    const isThere = from >= 0 && to <= (has[0] ?? 1);
    const wanted = rows ? [to - from, ...has.slice(1)] : has;
    if (!isThere || wanted.join() !== dims.join()) throw otherShape(name, found.dims, dims, rows);
    const row = found.length / (has[0] ?? 1);
    const length = (to - from) * row;
    const taken = this.#used.get(name) ?? new Map<number, number>();
    this.#used.set(name, taken.set(from * row, length));
    if (!rows) return { ...found, label: name };
    const label = `${name}[${from}:${to}]`;
    return { ...found, dims, label, offset: found.offset + from * row, length };
  }

  #find(name: string): StoredWeight {
    const found = this.weights.get(name);
    if (found) return found;
    throw new InspectorError(
      'model-unsupported',
      `The weights “${shortened(name)}” are missing, which config.json asks for: check that the ` +
        'download is complete and that the configuration belongs to it.',
    );
  }

  #encodingOf({ dtype }: StoredWeight): Encodings | undefined {
    return this.encodings?.has(dtype) ? this.encodings : undefined;
  }
}

/** Several matrices as one, row after row, where that has as many dimensions as are wanted. */
function rowsOf(dims: readonly number[], rank: number): readonly number[] {
  if (dims.length <= rank) return dims;
  const joined = dims.slice(0, dims.length - rank + 1).reduce((all, each) => all * each, 1);
  return [joined, ...dims.slice(dims.length - rank + 1)];
}

function at({ path, offset, length }: { path: string; offset: number; length: number }) {
  return { kind: 'file', path, offset, length } as const;
}

function unknownDtype(name: string, dtype: string): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `“${shortened(name)}” is stored as ${shortened(dtype)}, and weights are read as F32, F16, ` +
      'BF16 or F64: take the checkpoint that is not quantised.',
  );
}

function otherShape(
  name: string,
  found: readonly number[],
  wanted: readonly number[],
  rows?: Rows,
): InspectorError {
  const part = rows ? `rows ${rows[0]} to ${rows[1] - 1} of ` : '';
  return new InspectorError(
    'model-unsupported',
    `“${shortened(name)}” has the shape [${found.join(', ')}], and by config.json ${part}it should ` +
      `have [${wanted.join(', ')}]: the configuration belongs to other weights.`,
  );
}
