import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import type { Configuration } from '../source/configuration';
import type { StoredWeight, Weights } from '../weights/weights';
import { checkAdapter, scaleOf } from './loraConfig';
import type { StoredPart, WeightChanges } from './graph/encodings';
import type { GraphBuilder, Value } from './graph/graphBuilder';
import { ElementType } from '../onnx/file/types';

/** The two factors of what is added to a weight: W + scale · B · A. */
interface Factors {
  /** `[rank, in]` */
  readonly a: StoredWeight;
  /** `[out, rank]` */
  readonly b: StoredWeight;
  readonly scale: number;
}

/** A model's weights with those that an adapter replaces, and what it adds to others. */
export interface AdaptedWeights {
  readonly weights: Weights;
  readonly changes: LoraChanges;
}

/** Before the name of every module that PEFT has wrapped. */
const WRAPPED = 'base_model.model.';
const FACTOR = /^(.*)\.lora_([AB])\.weight$/;
/** Replaced, the output head of a model whose head is tied would be replaced, too, or not: nothing says. */
const EMBEDDINGS =
  /(^|\.)(embed_tokens|wte|word_embeddings|embed_in|shared|tok_embeddings)\.weight$/;

/**
 * A model as a LoRA adapter changes it (Hu et al. 2021, as PEFT stores it).
 * @param fields of `adapter_config.json`
 * @throws InspectorError `model-unsupported` with the name of what is not plain LoRA
 */
export function adaptedWeights(
  fields: Configuration,
  adapter: Weights,
  base: Weights,
): AdaptedWeights {
  checkAdapter(fields);
  const replaced = new Map<string, StoredWeight>();
  const halves = new Map<string, Partial<Record<'A' | 'B', StoredWeight>>>();
  for (const stored of adapter.names) {
    const weight = adapter.get(stored);
    if (!weight) continue;
    const [, module, half] = FACTOR.exec(stored) ?? [];
    if (module !== undefined && (half === 'A' || half === 'B')) {
      halves.set(module, { ...halves.get(module), [half]: weight });
    } else {
      const name = baseName(stored, base);
      const isPlain = name !== undefined && !/lora_|magnitude/.test(stored);
      if (!isPlain || EMBEDDINGS.test(name)) throw notPlain(stored);
      if (base.get(name)?.dims.join() !== weight.dims.join()) throw notPlain(stored);
      replaced.set(name, weight);
    }
  }
  const factors = new Map<string, Factors>();
  for (const [module, { A: a, B: b }] of halves) {
    const name = baseName(`${module}.weight`, base);
    const rank = a?.dims[0];
    const fits = a?.dims.length === 2 && b?.dims.length === 2 && b.dims[1] === rank;
    if (name === undefined || !fits || rank === undefined)
      throw notPlain(`${module}.lora_A.weight`);
    factors.set(name, { a, b, scale: scaleOf(fields, module.replace(WRAPPED, ''), rank) });
  }
  return {
    weights: {
      names: base.names,
      get: name => replaced.get(name) ?? base.get(name),
      files: new Map([...base.files, ...adapter.files]),
      fileSize: base.fileSize + adapter.fileSize,
    },
    changes: new LoraChanges(factors),
  };
}

/** What an adapter adds, as nodes between a weight and whatever uses it. */
export class LoraChanges implements WeightChanges {
  readonly #taken = new Set<string>();

  constructor(private readonly factors: ReadonlyMap<string, Factors>) {}

  changed(g: GraphBuilder, plain: Value, part: StoredPart): Value {
    const factors = this.factors.get(part.name);
    if (!factors) return plain;
    const { a, b, scale } = factors;
    const [rank = 0, inWidth = 0] = a.dims;
    const [outWidth = 0] = b.dims;
    const [from, to] = part.rows ?? [0, outWidth];
    const dims = part.isTransposed ? [inWidth, outWidth] : [to - from, inWidth];
    const isCut = part.isTransposed && part.rows !== undefined;
    if (isCut || to > outWidth || part.dims.join() !== dims.join()) {
      throw new InspectorError(
        'model-unsupported',
        `The adapter changes “${shortened(part.name)}” by a product of another shape: it belongs to another model.`,
      );
    }
    this.#taken.add(part.name);
    const row = b.length / outWidth;
    const rows = {
      ...b,
      dims: [to - from, rank],
      offset: b.offset + from * row,
      length: (to - from) * row,
    };
    const up = numbersOf(g, `${part.label}.lora_B`, rows);
    const down = numbersOf(g, `${part.label}.lora_A`, a);
    const product = part.isTransposed
      ? g.op('Transpose', [g.op('MatMul', [up, down])], { perm: [1, 0] })
      : g.op('MatMul', [up, down]);
    return g.op('Add', [plain, g.op('Mul', [product, g.float(scale)])]);
  }

  /** Refuses an adapter of which something is in no computation. @throws InspectorError */
  checkUsed(): void {
    const left = [...this.factors.keys()].find(name => !this.#taken.has(name));
    if (left === undefined) return;
    throw new InspectorError(
      'model-unsupported',
      `The adapter changes “${shortened(left)}”, which this model does not compute with: it belongs to another model.`,
    );
  }
}

const ELEMENT_TYPES: Readonly<Record<string, number>> = {
  F32: ElementType.float,
  F16: ElementType.float16,
  BF16: ElementType.bfloat16,
};

/** A factor in float32. */
function numbersOf(g: GraphBuilder, label: string, weight: StoredWeight): Value {
  const { dtype, dims, path, offset, length } = weight;
  const type = ELEMENT_TYPES[dtype];
  if (type === undefined) {
    throw new InspectorError(
      'model-unsupported',
      `“${shortened(label)}” of the adapter is stored as ${shortened(dtype)}, and adapters are read as F32, F16 or BF16.`,
    );
  }
  const stored = g.initializer(label, type, dims, { kind: 'file', path, offset, length });
  if (type === ElementType.float) return stored;
  return g.op('Cast', [stored], { to: ElementType.float });
}

/**
 * What a wrapped tensor is called in the checkpoint, which may have been saved from a part of the model
 * or from a model that holds it.
 */
function baseName(stored: string, base: Weights): string | undefined {
  if (!stored.startsWith(WRAPPED)) return undefined;
  // Biases that are trained lie below what wraps their module.
  const full = stored.slice(WRAPPED.length).replace(/\.base_layer\.bias$/, '.bias');
  for (let name = full; name !== ''; name = name.slice(name.indexOf('.') + 1)) {
    if (base.get(name)) return name;
    if (!name.includes('.')) break;
  }
  const inside = base.names.filter(name => name.endsWith(`.${full}`));
  return inside.length === 1 ? inside[0] : undefined;
}

function notPlain(name: string): InspectorError {
  return new InspectorError(
    'model-unsupported',
    `The adapter holds “${shortened(name)}”, which is none of the plain factors of LoRA and replaces no weight of the model: merge the adapter into the model (merge_and_unload), and open the result.`,
  );
}
