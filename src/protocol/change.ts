import * as v from 'valibot';
import { interventionSchema, type Intervention } from './intervention';
import { index } from './schemas';

/** Most padding tokens that can be asked for. */
export const MOST_PADDING = 256;
/** Most changes of one run. */
export const MOST_CHANGES = 1024;
/** Most tokens that an order can name. */
const MOST_TOKENS = 2 ** 17;

/** Of a mask that a run is made with. */
export const maskSchema = v.variant('kind', [
  /** No query sees a later key. */
  v.strictObject({ kind: v.literal('causal') }),
  /** Every query sees every key. */
  v.strictObject({ kind: v.literal('bidirectional') }),
  /** A query sees keys up to `before` back and `after` ahead; what the model blocks stays blocked. */
  v.strictObject({ kind: v.literal('window'), before: index, after: index }),
  /** `count` padding tokens on one side, with an attention mask that hides them. */
  v.strictObject({
    kind: v.literal('padding'),
    side: v.picklist(['left', 'right']),
    count: v.pipe(index, v.minValue(1), v.maxValue(MOST_PADDING)),
    /** Leaves the padding visible: what a forgotten attention mask does. */
    unmasked: v.exactOptional(v.boolean()),
  }),
]);

/** A mask that a run is made with instead of the model's own; applies to all self-attention. */
export type MaskChange = Readonly<v.InferOutput<typeof maskSchema>>;

/** What can be other in a run than in the plain one, one entry a kind. */
const kinds = [
  v.strictObject({ kind: v.literal('mask'), mask: maskSchema }),
  /** Token of the plain run at each place: a permutation `[tokens]`. */
  v.strictObject({
    kind: v.literal('order'),
    order: v.pipe(v.array(index), v.maxLength(MOST_TOKENS), v.readonly()),
  }),
  /** Every token is told the same position, and position biases are left out. */
  v.strictObject({ kind: v.literal('equalPositions') }),
  interventionSchema,
] as const;

export const changesSchema = v.pipe(
  v.array(v.variant('kind', kinds)),
  v.maxLength(MOST_CHANGES),
  v.readonly(),
);

/** One thing that is other in a run than in the plain one. */
export type Change = Readonly<v.InferOutput<(typeof kinds)[number]>>;
export type ChangeKind = Change['kind'];
export type ChangeOf<K extends ChangeKind> = Extract<Change, { readonly kind: K }>;

/** What has changes: a run's spec, or its capture. */
interface Changed {
  readonly changes?: readonly Change[];
}

/** The first change of a kind; undefined where there is none. */
export function changeOf<K extends ChangeKind>(
  { changes = [] }: Changed,
  kind: K,
): ChangeOf<K> | undefined {
  return changes.find((change): change is ChangeOf<K> => change.kind === kind);
}

/** The mask that a run is made with, where it is not the model's own. */
export function maskOf(changed: Changed): MaskChange | undefined {
  return changeOf(changed, 'mask')?.mask;
}

/** The interventions of a run, on and off, in the order in which they are made. */
export function interventionsOf({ changes = [] }: Changed): readonly Intervention[] {
  return changes.filter(change => change.kind === 'intervention');
}

/** The order of a run's tokens, and whether its positions tell anything. */
export interface OrderChange {
  /** Absent where the order stays. */
  readonly order?: readonly number[];
  readonly positions: 'own' | 'equal';
}

/** The order that a run is made with; undefined where it is the text's own, and so are the positions. */
export function orderOf(changed: Changed): OrderChange | undefined {
  const order = changeOf(changed, 'order')?.order;
  const isEqual = changeOf(changed, 'equalPositions') !== undefined;
  if (!order && !isEqual) return undefined;
  return { ...(order ? { order } : {}), positions: isEqual ? 'equal' : 'own' };
}

/** A mask and an order as changes. */
export function changesOf({
  mask,
  order,
}: {
  readonly mask?: MaskChange | undefined;
  readonly order?: OrderChange | undefined;
}): Change[] {
  return [
    ...(mask ? [{ kind: 'mask', mask } as const] : []),
    ...(order?.order ? [{ kind: 'order', order: order.order } as const] : []),
    ...(order?.positions === 'equal' ? [{ kind: 'equalPositions' } as const] : []),
  ];
}
