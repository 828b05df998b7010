import type { Computation } from '../../../protocol/computation';
import {
  answerTo,
  perState,
  question,
  refusalOf,
  type Question,
  type Questions,
} from '../../app/answers';
import { keyTokens } from '../../reading/capture';
import type { State } from '../../app/state';

/** Name of the view that computations are drawn in. */
export const COMPUTATION_VIEW = 'computation';

/** Vectors of the keys `[from, from + count)`. */
export type KeyVectors = Pick<Computation, 'from' | 'k' | 'kUnrotated' | 'v'>;

/** A computation with the vectors of the keys that were looked at so far. */
export interface ShownComputation {
  /** Of which head and query. */
  readonly at: string;
  readonly value: Computation;
  /** By the first key of the chunk. */
  readonly chunks: ReadonlyMap<number, KeyVectors>;
}

/** Texts of up to this many keys have their vectors fetched whole; longer ones in chunks. */
const WHOLE_UP_TO = 256;
const CHUNK = 128;

/** Keys in one chunk of a text of `keys` keys. */
export const chunkSize = (keys: number): number => (keys <= WHOLE_UP_TO ? keys : CHUNK);

/** The head's computation for the query at the locus, a question for each chunk of keys; empty without keys. */
const chunksAt = perState(({ capture, locus }: State): readonly Question<'computation'>[] => {
  if (!capture || !locus) return [];
  const { block, layer, head, query } = locus;
  const keys = keyTokens(capture, block).length;
  const count = chunkSize(keys);
  return Array.from({ length: Math.ceil(keys / count) || 0 }, (_, chunk) =>
    question('computation', {
      capture: capture.id,
      stack: block.stack,
      kind: block.kind,
      layer,
      head,
      query,
      from: chunk * count,
      count,
    }),
  );
});

/** The chunks that the screen shows: that of the key and those of the keys in sight. */
export function computationQuestions(state: State): Questions {
  const { capture, locus, keysInSight } = state;
  if (!capture || !locus) return {};
  const chunks = chunksAt(state);
  const keys = keyTokens(capture, locus.block).length;
  const of = (key: number) => chunks[Math.floor(Math.min(key, keys - 1) / chunkSize(keys))];
  const { first, last } = keysInSight;
  return { ofKey: of(locus.key ?? 0), ofFirst: of(first), ofLast: of(last) };
}

let latest: ShownComputation | null = null;

/** The computation at the locus with the vectors that are here; null while it is on its way. */
export const shownComputation = perState((state: State): ShownComputation | null => {
  if (computationError(state) !== null) return null;
  const all = chunksAt(state);
  const at = JSON.stringify(all[0]?.params);
  const answers = all.flatMap(asked => answerTo(state, asked) ?? []);
  const [value] = answers;
  if (!value) return null;
  const chunks = new Map<number, KeyVectors>(answers.map(one => [one.from, one]));
  const isSame =
    latest?.at === at &&
    latest.chunks.size === chunks.size &&
    answers.every(one => latest?.chunks.get(one.from) === one);
  latest = isSame && latest ? latest : { at, value, chunks };
  return latest;
});

/** Why there is no computation at the locus; null where there is, or while it is on its way. */
export function computationError(state: State): string | null {
  for (const asked of Object.values(computationQuestions(state))) {
    const error = refusalOf(state, asked);
    if (error) return error.message;
  }
  return null;
}

/** One of a key's vectors `[headDim]`; null while its chunk is on its way, or where there is none. */
export function keyVector(
  { value, chunks }: ShownComputation,
  part: 'k' | 'kUnrotated' | 'v',
  key: number,
): Float32Array | null {
  const { headDim } = value;
  const size = chunkSize(value.weights.length);
  const chunk = chunks.get(Math.floor(key / size) * size);
  const vectors = chunk?.[part];
  if (!chunk || !vectors) return null;
  const start = (key - chunk.from) * headDim;
  return vectors.subarray(start, start + headDim);
}
