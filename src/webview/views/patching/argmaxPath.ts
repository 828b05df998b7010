/** A token that carries the difference between two texts, from one layer to another. */
export interface Stay {
  readonly token: number;
  readonly from: number;
  readonly until: number;
}

/** A head, and the share of the difference that its output brings back. */
export interface HeadShare {
  readonly layer: number;
  readonly head: number;
  readonly share: number;
}

/** One state, and the share that it brings back. */
export interface StateShare {
  readonly layer: number;
  readonly token: number;
  readonly share: number;
}

/** Where the difference between two texts lies, layer by layer, and what moves it. */
export interface ArgmaxPath {
  /** In the order of the layers; empty where no single token carries half of the difference. */
  readonly stays: readonly Stay[];
  /** What moves it on at the end of each stay, the strongest first. */
  readonly carriers: readonly (readonly HeadShare[])[];
  /** The best single state: at a token that both texts have, where one of these counts. */
  readonly best: StateShare | null;
}

/** A token carries the difference while its state alone brings back this share of it. */
const CARRIES = 0.5;
/** A head counts from this share on. */
const COUNTS = 0.2;

/** Index of the largest number; -1 where none is a number. */
const argmax = (values: Float32Array): number =>
  values.reduce(
    (best, value, i) =>
      !Number.isNaN(value) && (best < 0 || value > (values[best] ?? -Infinity)) ? i : best,
    -1,
  );

/**
 * Follows the token whose state brings back most of the difference from layer to layer.
 * @param residual shares of the states before each layer `[layers][tokens]`
 * @param heads shares of each head's output `[layers][heads]`; empty where they are not known
 * @param differing tokens at which the texts are not the same
 */
export function argmaxPath(
  residual: readonly Float32Array[],
  heads: readonly Float32Array[],
  differing: readonly number[],
): ArgmaxPath {
  const stays = staysOf(residual);
  const carriers = stays.map(({ until }, i) => {
    // Of the last move, heads in all layers that are left bring more of it.
    const end = stays[i + 2] ? (stays[i + 1]?.until ?? until + 1) : heads.length;
    return headsFrom(heads, until, Math.max(until + 1, end));
  });
  const states = residual.flatMap((shares, layer) =>
    Array.from(shares, (share, token) => ({ layer, token, share })),
  );
  const elsewhere = bestOf(states.filter(({ token }) => !differing.includes(token)));
  const best = elsewhere && elsewhere.share >= COUNTS ? elsewhere : bestOf(states);
  return { stays, carriers, best };
}

function staysOf(residual: readonly Float32Array[]): Stay[] {
  const stays: Stay[] = [];
  residual.forEach((shares, layer) => {
    const token = argmax(shares);
    if (token < 0 || (shares[token] ?? 0) < CARRIES) return;
    const last = stays.at(-1);
    if (last?.token === token && last.until === layer - 1) {
      stays[stays.length - 1] = { ...last, until: layer };
    } else stays.push({ token, from: layer, until: layer });
  });
  return stays;
}

/** Heads that count in the layers `[from, to)`, the strongest first. */
const headsFrom = (heads: readonly Float32Array[], from: number, to: number): HeadShare[] =>
  heads
    .slice(from, to)
    .flatMap((shares, i) => Array.from(shares, (share, head) => ({ layer: from + i, head, share })))
    .filter(({ share }) => share >= COUNTS)
    .sort((a, b) => b.share - a.share);

const bestOf = (states: readonly StateShare[]): StateShare | null =>
  states.reduce<StateShare | null>(
    (best, one) => (!Number.isNaN(one.share) && (!best || one.share > best.share) ? one : best),
    null,
  );
