import type { Block } from '../../../protocol/capture';
import type { ListedIntervention, Place } from '../../../protocol/intervention';
import type { Stack } from '../../../protocol/model';

/** Weight that a forced edge gets at first; people change it in the form. */
const FORCED = 0.8;
/** What a state is multiplied with at first. */
const SCALED = 0.5;

/** A head of one kind of attention. */
export interface HeadPlace {
  readonly block: Block;
  readonly layer: number;
  readonly head: number;
}

/** A pair of tokens in heads of a layer; all heads where none is named. */
export interface EdgePlace {
  readonly block: Block;
  readonly layer: number;
  readonly heads: readonly number[] | undefined;
  readonly query: number;
  readonly key: number;
}

/** What the stream holds of a token before a layer. */
export interface StatePlace {
  readonly stack: Stack;
  readonly layer: number;
  readonly token: number;
}

const ofBlock = ({ stack, kind }: Block): Pick<Place, 'stack' | 'kind'> => ({
  stack,
  ...(kind === 'cross' ? { kind } : {}),
});

export const headOff = ({ block, layer, head }: HeadPlace): ListedIntervention => ({
  at: { ...ofBlock(block), layer, point: 'headOutput', heads: [head] },
  how: { zero: true },
});

export const headScaled = ({ block, layer, head }: HeadPlace): ListedIntervention => ({
  at: { ...ofBlock(block), layer, point: 'headOutput', heads: [head] },
  how: { scale: SCALED },
});

const edge = (
  { block, layer, heads, query, key }: EdgePlace,
  point: 'maskedScores' | 'weights',
): Place => ({
  ...ofBlock(block),
  layer,
  point,
  ...(heads ? { heads } : {}),
  tokens: [query],
  keys: [key],
});

export const edgeBlocked = (place: EdgePlace): ListedIntervention => ({
  at: edge(place, 'maskedScores'),
  how: { block: true },
});

export const edgeForced = (place: EdgePlace): ListedIntervention => ({
  at: edge(place, 'weights'),
  how: { force: [FORCED] },
});

export const tokenEdited = (stack: Stack, token: number, text: string): ListedIntervention => ({
  at: { stack, point: 'token', tokens: [token] },
  how: { text },
});

export const embeddingReplaced = (
  stack: Stack,
  token: number,
  text: string,
): ListedIntervention => ({
  at: { stack, layer: 0, point: 'residual', tokens: [token] },
  how: { text },
});

const state = ({ stack, layer, token }: StatePlace): Place => ({
  stack,
  layer,
  point: 'residual',
  tokens: [token],
});

export const stateScaled = (place: StatePlace): ListedIntervention => ({
  at: state(place),
  how: { scale: SCALED },
});

/** @param token of the other text; the same one where absent */
export const statePatched = (
  place: StatePlace,
  text: string,
  token?: number,
): ListedIntervention => ({
  at: state(place),
  how: { from: { text, ...(token === undefined ? {} : { token }) } },
});

/** Texts with and without something, and the token of both whose states are compared. */
export interface Pair {
  readonly plus: string;
  readonly minus: string;
  readonly token: number;
}

export const stateSteered = (place: StatePlace, pairs: readonly Pair[]): ListedIntervention => ({
  at: state(place),
  how: { add: { pairs: [...pairs] }, times: 1 },
});

/** Every head attends as in a run of `text`. */
export const patternsFrozen = (block: Block, text: string): ListedIntervention => ({
  at: { ...ofBlock(block), point: 'weights' },
  how: { from: { text } },
});

export const attentionSkipped = (block: Block, layer: number): ListedIntervention => ({
  at: { ...ofBlock(block), layer, point: 'attentionOutput' },
  how: { zero: true },
});

export const feedForwardSkipped = (stack: Stack, layer: number): ListedIntervention => ({
  at: { stack, layer, point: 'feedForwardOutput' },
  how: { zero: true },
});

/** Reads pairs that are written a line each, the two texts with a bar between; null where none is whole. */
export function readPairs(lines: string, token: number): readonly Pair[] | null {
  const pairs = lines
    .split('\n')
    .map(line => line.split('|').map(part => part.trim()))
    .flatMap(([plus = '', minus = '']) =>
      plus !== '' && minus !== '' ? [{ plus, minus, token }] : [],
    );
  return pairs.length > 0 ? pairs : null;
}

export const writePairs = (pairs: readonly Pair[]): string =>
  pairs.map(({ plus, minus }) => `${plus} | ${minus}`).join('\n');
