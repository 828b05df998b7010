import { ElementType } from '../../onnx/file/types';
import type { Value } from './graphBuilder';
import type { ModelBuilder } from './modelBuilder';
import type { Positions, Stack } from './spec';

/** What all layers of a stack share. */
export interface Context {
  /** `[batch, tokens]`. */
  readonly ids: Value;
  /** 1 where a key counts `[batch, tokens]`. */
  readonly keep: Value;
  /** `[batch, tokens]` or `[1, tokens]`; left out where the stack asks for none. */
  readonly positions?: Value;
  /** Segments of the tokens; left out where the model has none or a single one. */
  readonly types?: Value;
}

/** What the layers of a decoder attend to in the encoder. */
export interface Memory {
  readonly states: Value;
  readonly width: number;
  readonly context: Context;
}

/**
 * The inputs of a stack, with the names that exporters use.
 * @param prefix of the names: `decoder_` of a decoder behind an encoder, whose mask and positions are
 * not asked for
 */
export function contextOf(g: ModelBuilder, stack: Stack, prefix: '' | 'decoder_'): Context {
  const dims = ['batch', prefix ? 'target' : 'sequence'];
  const input = (name: string) => g.input(`${prefix}${name}`, ElementType.int64, dims);
  const ids = input('input_ids');
  const keep = prefix ? allOnes(g, ids) : input('attention_mask');
  const { types, positions } = stack.embeddings;
  const hasTypes = types !== undefined && (g.dimsOf(`${types}.weight`)[0] ?? 0) > 1;
  const rotates = stack.layers.some(({ attention }) => attention.rope !== undefined);
  return {
    ids,
    keep,
    ...(hasTypes ? { types: input('token_type_ids') } : {}),
    ...(positions || rotates
      ? {
          positions: positionsOf(g, positions, ids, keep, () =>
            prefix ? counted(g, ids) : input('position_ids'),
          ),
        }
      : {}),
  };
}

/** 0, 1, 2, … for the tokens of a text `[tokens]`. */
export function indices(g: ModelBuilder, ids: Value): Value {
  return g.once(`indices ${ids}`, () => {
    const length = g.op('Squeeze', [g.op('Shape', [ids], { start: 1, end: 2 })]);
    return g.op('Range', [g.int(0), length, g.int(1)]);
  });
}

function counted(g: ModelBuilder, ids: Value): Value {
  return g.op('Unsqueeze', [indices(g, ids), g.ints([0])]);
}

function allOnes(g: ModelBuilder, ids: Value): Value {
  return g.op('Expand', [g.ints([1], [1, 1]), g.op('Shape', [ids])]);
}

function positionsOf(
  g: ModelBuilder,
  positions: Positions | undefined,
  ids: Value,
  keep: Value,
  given: () => Value,
): Value {
  const { from, offset = 0 } = positions ?? {};
  const moved = (value: Value, by: number) => (by ? g.op('Add', [value, g.ints([by], [])]) : value);
  if (!from) return moved(given(), offset);
  // Counted from 1 over what is not padding, 0 for padding itself.
  const count = (kept: Value) => g.op('Mul', [g.op('CumSum', [kept, g.int(1)]), kept]);
  if (from.kind === 'mask') return moved(count(keep), offset - 1);
  const isText = g.op('Not', [g.op('Equal', [ids, g.int(from.padding)])]);
  return moved(count(g.op('Cast', [isText], { to: ElementType.int64 })), from.padding);
}
