import * as v from 'valibot';
import { finite, index } from './schemas';

/** Most tokens, keys or heads that one intervention can name, and most numbers of a row or a direction. */
const MOST_NAMED = 2 ** 17;
/** Farther ahead or back than this no key lies: an open end. */
export const MOST_AHEAD = MOST_NAMED;
/** Most pairs of texts that a direction is the mean of. */
const MOST_PAIRS = 256;
/** Most characters of a text that states are taken from. */
const MOST_CHARACTERS = 2 ** 22;

/** Where the numbers of a run can be changed, in the order of computation within a layer. */
export const POINTS = [
  /** The tokens themselves, before the model reads them. */
  'token',
  /** The residual stream before a layer `[tokens, modelDim]`. */
  'residual',
  /** As the head multiplies them, after rotation `[heads, queries, headDim]`. */
  'query',
  /** `[keyHeads, keys, headDim]`. */
  'key',
  /** `[keyHeads, keys, headDim]`. */
  'value',
  /** What goes into the softmax `[heads, queries, keys]`. */
  'maskedScores',
  /** What comes out of it `[heads, queries, keys]`. */
  'weights',
  /** weights · values, before W_O `[heads, queries, headDim]`. */
  'headOutput',
  /** What an attention adds to the residual stream `[tokens, modelDim]`. */
  'attentionOutput',
  /** What a feed-forward network, or a block of experts, adds to it `[tokens, modelDim]`. */
  'feedForwardOutput',
] as const;
export type Point = (typeof POINTS)[number];

const indices = v.pipe(v.array(index), v.maxLength(MOST_NAMED), v.readonly());
const numbers = v.pipe(v.array(finite), v.minLength(1), v.maxLength(MOST_NAMED), v.readonly());
const range = v.pipe(v.tuple([index, index]), v.readonly());
const distance = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(-MOST_AHEAD),
  v.maxValue(MOST_AHEAD),
);
const path = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const text = v.pipe(v.string(), v.maxLength(MOST_CHARACTERS));

/** What of a run is changed: all layers, heads, tokens and keys that are not named otherwise. */
export const placeSchema = v.strictObject({
  /** The only stack of the model when absent, else the one with the output. */
  stack: v.exactOptional(v.picklist(['encoder', 'decoder'])),
  layer: v.exactOptional(index),
  /** First and last. */
  layers: v.exactOptional(range),
  /** Of the attention; `self` when absent. */
  kind: v.exactOptional(v.picklist(['self', 'cross'])),
  point: v.picklist(POINTS),
  heads: v.exactOptional(indices),
  /** Tokens whose state is changed: queries, for numbers of an attention; keys, for keys and values. */
  tokens: v.exactOptional(indices),
  /** Keys, for masked scores and weights. */
  keys: v.exactOptional(indices),
});

/** A condition: an intervention applies where everything that it names holds. */
export const onlySchema = v.strictObject({
  /** The token reads exactly so in the text. */
  token: v.exactOptional(v.pipe(v.string(), v.maxLength(1024))),
  /** The token's number lies between these, both included. */
  positions: v.exactOptional(range),
  /** The layer's number does. */
  layers: v.exactOptional(range),
  /** Blocked edges alone: the key lies so many tokens after the query, negative before it, both included. */
  ahead: v.exactOptional(v.pipe(v.tuple([distance, distance]), v.readonly())),
});

/** Where states of another run come from: a capture file, or the same model run on another text. */
export const sourceRunSchema = v.union([
  v.strictObject({ capture: path, token: v.exactOptional(index) }),
  v.strictObject({ text, target: v.exactOptional(text), token: v.exactOptional(index) }),
]);

/** A vector that is added to states. */
const direction = v.union([
  numbers,
  /** A tensor `[width]` or `[1, width]` of a safetensors file. */
  v.strictObject({ file: path, tensor: v.pipe(v.string(), v.maxLength(512)) }),
  /** Mean over pairs of texts of what the first one has at the place and the second one has not. */
  v.strictObject({
    pairs: v.pipe(
      v.array(v.strictObject({ plus: text, minus: text, token: index })),
      v.minLength(1),
      v.maxLength(MOST_PAIRS),
      v.readonly(),
    ),
  }),
]);

/** What becomes of the numbers at a place. */
export const howSchema = v.union([
  v.strictObject({ zero: v.literal(true) }),
  /** The mean over the tokens of the plain run, or over those of a corpus. */
  v.strictObject({ mean: v.picklist(['text', 'corpus']) }),
  v.strictObject({ scale: finite }),
  /** Masked scores alone: −∞, after the model's own mask. */
  v.strictObject({ block: v.literal(true) }),
  /**
   * Weights alone: what each of the named keys gets, one number for all or one for each; the others share
   * the rest in their own proportion. Where no keys are named, the whole row.
   */
  v.strictObject({ force: numbers }),
  v.strictObject({ add: direction, times: v.exactOptional(finite) }),
  /** The same numbers of another run, token by token, or those of one token of it. */
  v.strictObject({ from: sourceRunSchema }),
  /** Tokens, or the residual stream before layer 0: those of a vocabulary entry, by its text. */
  v.strictObject({ text: v.pipe(v.string(), v.minLength(1), v.maxLength(1024)) }),
  /** … by its number. */
  v.strictObject({ id: index }),
]);

export const interventionSchema = v.strictObject({
  kind: v.literal('intervention'),
  at: placeSchema,
  how: howSchema,
  only: v.exactOptional(onlySchema),
  /** False leaves it in the list without making it. */
  on: v.exactOptional(v.boolean()),
});

/** One change to the numbers of a run, on or off. */
export type Intervention = Readonly<v.InferOutput<typeof interventionSchema>>;
/** What the file of a list holds of it. */
export type ListedIntervention = Omit<Intervention, 'kind'>;
export type Place = Readonly<v.InferOutput<typeof placeSchema>>;
export type How = Readonly<v.InferOutput<typeof howSchema>>;
export type Only = Readonly<v.InferOutput<typeof onlySchema>>;
export type SourceRun = Readonly<v.InferOutput<typeof sourceRunSchema>>;

/** Most interventions of one run. */
const MOST_INTERVENTIONS = 1024;

/** Those of a run, in the order in which they are made. */
export const interventionsSchema = v.pipe(
  v.array(interventionSchema),
  v.maxLength(MOST_INTERVENTIONS),
  v.readonly(),
);

/** Whether a condition holds of a query and a key. */
export function holdsFor(only: Only | undefined, query: number, key: number): boolean {
  const [from, to] = only?.ahead ?? [-Infinity, Infinity];
  return key - query >= from && key - query <= to;
}

export const isOn = ({ on = true }: Pick<Intervention, 'on'>): boolean => on;

/** A file of interventions is a list, in the order in which they are made. */
export const listSchema = v.pipe(
  v.array(v.omit(interventionSchema, ['kind'])),
  v.maxLength(MOST_INTERVENTIONS),
  v.readonly(),
);

/** Where a model can be changed, and why not where it cannot. */
export interface PointSupport {
  readonly stack: 'encoder' | 'decoder';
  /** Of an attention; absent for what is none's. */
  readonly kind?: 'self' | 'cross';
  readonly point: Point;
  /** Layers where it can, by their numbers. */
  readonly layers: readonly number[];
  /** Why it cannot in others: one sentence each. */
  readonly missing?: readonly { readonly layer: number; readonly reason: string }[];
}

/** What one intervention does alone, to the output at one token. */
export interface InterventionEffect {
  /** By its place among the capture's changes of this kind. */
  readonly index: number;
  /** KL(plain ‖ with it alone), in nats; absent where it cannot be made. */
  readonly divergence?: number;
  /** Why it cannot be made, one sentence. */
  readonly reason?: string;
}
