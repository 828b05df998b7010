import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { PathEffect } from '../../protocol/patching';
import type { Cancellation } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import type { Heed, PieceEdit } from '../model/pieces/piecesOf';
import type { PointAt } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import type { ModelStore } from '../store/modelStore';
import { heeding } from './plainText';
import { sidesOf, type Sides, type SidesChoice } from './sides';

interface HeadAddress {
  readonly layer: number;
  readonly head: number;
}

/** From which head to which later one. */
export interface PathParams extends SidesChoice {
  readonly stack: Stack;
  readonly from: HeadAddress;
  readonly to: HeadAddress;
}

const READ = ['query', 'key', 'value'] as const;

/**
 * What a head hands on to a later one (path patching, Wang et al. 2022; Goldowsky-Dill et al. 2023). The
 * head's output is put into the receiving run with everything that the layers between add to the stream
 * held as it was there; what the later head then reads as its query, key or value is put into a second run,
 * which goes on freely. Where heads share a key and a value, those of the group are put.
 * @throws InspectorError `inputs-wrong`, `not-captured`, `cancelled`
 */
export async function path(
  { before, after }: { readonly before: Capture; readonly after: Capture },
  params: PathParams,
  store: ModelStore,
  signal: Cancellation,
): Promise<readonly PathEffect[]> {
  const { stack, from, to } = params;
  const { sites } = before.summary.model;
  const siteOf = (layer: number) =>
    sites.find(site => site.stack === stack && site.kind === 'self' && site.layer === layer);
  for (const { layer, head } of [from, to]) {
    if (head < (siteOf(layer)?.heads ?? 0)) continue;
    throw new InspectorError(
      'inputs-wrong',
      `The ${stack} has no head L${layer}H${head}: choose one of the map.`,
    );
  }
  if (from.layer >= to.layer) {
    throw new InspectorError(
      'inputs-wrong',
      `L${from.layer}H${from.head} hands nothing on to L${to.layer}H${to.head}: a path leads from a head to one of a later layer.`,
    );
  }
  const heed = heeding('The path', signal);
  const points = ['headOutput', 'attentionOutput', 'feedForwardOutput', ...READ] as const;
  const sides = await sidesOf(before, after, params, store, heed, points);
  const { heads = 1, keyHeads = heads } = siteOf(to.layer) ?? {};
  return sides.pieces.during(() => effectsOf(sides, params, { heads, keyHeads }, heed));
}

/** @param later how many heads the later attention has */
async function effectsOf(
  sides: Sides,
  params: PathParams,
  later: { readonly heads: number; readonly keyHeads: number },
  heed: Heed,
): Promise<readonly PathEffect[]> {
  const { pieces, receiver } = sides;
  const { stack, to } = params;
  const edits = await handedOn(sides, params, heed);
  const targets = READ.map((point): PointAt => ({ stack, layer: to.layer, point }));
  const reasons = targets.map(place => pieces.missing(place));
  const places = targets.filter((_, i) => reasons[i] === undefined);
  if (places.length === 0) throw new InspectorError('not-captured', reasons[0] ?? '');
  const read = await pieces.values(receiver, places, heed, edits);
  const effects: PathEffect[] = [];
  for (const [i, at] of places.entries()) {
    const value = read[i];
    if (!value) continue;
    const groups = at.point === 'query' ? later.heads : later.keyHeads;
    const mask = ofHead(value, to.head, later.heads, groups);
    const { data } = await pieces.outputs(receiver, 1, [{ at, mask, value }], heed);
    effects.push({ into: READ[targets.indexOf(at)] ?? 'query', share: sides.share(data) });
  }
  return effects;
}

/** The head's output, and everything between the two held as it is in the receiving run. */
async function handedOn(
  { pieces, source, receiver }: Sides,
  { stack, from, to }: PathParams,
  heed: Heed,
): Promise<readonly PieceEdit[]> {
  const head: PointAt = { stack, layer: from.layer, point: 'headOutput' };
  const layers = Array.from({ length: to.layer - from.layer }, (_, i) => from.layer + i);
  const held = layers.flatMap((layer): PointAt[] => {
    const attention: PointAt = { stack, layer, point: 'attentionOutput' };
    const cross: PointAt = { ...attention, kind: 'cross' };
    const network: PointAt = { stack, layer, point: 'feedForwardOutput' };
    const hasCross = pieces.missing(cross) === undefined;
    return [...(layer > from.layer ? [attention] : []), ...(hasCross ? [cross] : []), network];
  });
  const reason = [head, ...held].map(place => pieces.missing(place)).find(Boolean);
  if (reason !== undefined) throw new InspectorError('not-captured', reason);
  const [theirs] = await pieces.values(source, [head], heed);
  const own = await pieces.values(receiver, held, heed);
  if (!theirs) return [];
  const [, heads = 1] = theirs.dims;
  return [
    { at: head, mask: ofHead(theirs, from.head, heads, heads), value: theirs },
    ...held.flatMap((place, i): PieceEdit[] => {
      const value = own[i];
      return value ? [{ at: place, mask: everywhere(value), value }] : [];
    }),
  ];
}

/**
 * 1 at a head, or at all that stand for its group `[1, heads, tokens, 1]`.
 * @param groups heads that have numbers of their own
 */
function ofHead({ dims }: Tensor, head: number, heads: number, groups: number): PieceEdit['mask'] {
  const [, own = 1, tokens = 1] = dims;
  const data = new Uint8Array(own * tokens);
  const each = own / groups;
  const group = Math.floor((head * groups) / heads);
  data.fill(1, group * each * tokens, (group + 1) * each * tokens);
  return { dims: [1, own, tokens, 1], data };
}

function everywhere({ dims }: Tensor): PieceEdit['mask'] {
  const [, , tokens = 1] = dims;
  return { dims: [1, 1, tokens, 1], data: new Uint8Array(tokens).fill(1) };
}
