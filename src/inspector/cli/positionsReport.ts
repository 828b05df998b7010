import type { Block } from '../../protocol/capture';
import type { DistanceScores, OrderEffect, Positions } from '../../protocol/positions';
import type { Capture } from '../capture/capture';
import type { ModelStore } from '../store/modelStore';
import { distanceScores } from '../positions/distanceScores';
import { orderEffect } from '../positions/orderEffect';
import { positions } from '../positions/positions';
import { orMissing } from './missing';

/** Codes of what a model does not have. */
const ABSENT = ['not-captured', 'inputs-wrong'] as const;

/**
 * How each stack of a run knows order, with the numbers of its scheme, and the mean scores of every head
 * by distance; numbers that there are not are null.
 */
export async function positionsReport(capture: Capture, store: ModelStore) {
  const schemes = [];
  for (const stack of capture.summary.model.stacks) {
    const found = await orMissing(() => positions(capture, stack, store), ABSENT);
    schemes.push('missing' in found ? { stack, ...found } : ofPositions(found));
  }
  const distances = [];
  for (const { stack, kind, layer, heads } of capture.summary.sites) {
    if (kind === 'cross') continue;
    for (let head = 0; head < heads; head++) {
      const where = { capture: capture.summary.id, stack, kind, layer, head };
      const found = await orMissing(() => distanceScores(capture, where, store), ABSENT);
      distances.push('missing' in found ? { stack, layer, head, ...found } : ofDistances(found));
    }
  }
  return { schemes, distances };
}

/**
 * What a run in another order or without positions did, beside the plain run: each head's moved weight,
 * and the output of each token.
 */
export async function orderReport(before: Capture, after: Capture) {
  const blocks = new Map<string, Block>();
  for (const { stack, kind } of before.summary.sites) {
    blocks.set(`${stack} ${kind}`, { stack, kind });
  }
  const effects = [];
  for (const block of blocks.values())
    effects.push(ofEffect(await orderEffect(before, after, block)));
  return effects;
}

function ofPositions({ stack, layers, scheme, notes }: Positions) {
  return { stack, layers, scheme: ofScheme(scheme), notes };
}

function ofScheme(scheme: Positions['scheme']) {
  switch (scheme.kind) {
    case 'learned':
    case 'sinusoidal': {
      const { values, ...table } = scheme.table;
      return { kind: scheme.kind, ...table, values: rows(values, table.dims) };
    }
    case 'rotary':
      return { ...scheme, frequencies: numbers(scheme.frequencies) };
    case 'relativeBias':
      return { ...scheme, bias: rows(scheme.bias, scheme.bias.length / scheme.heads) };
    case 'alibi':
      return { ...scheme, slopes: numbers(scheme.slopes) };
    case 'none':
      return scheme;
  }
}

function ofDistances({ stack, layer, head, ...scores }: DistanceScores) {
  const { firstDistance, method, withPosition, withoutPosition, pairs } = scores;
  return {
    stack,
    layer,
    head,
    firstDistance,
    withPosition: numbers(withPosition),
    withoutPosition: numbers(withoutPosition),
    pairs: [...pairs],
    method,
  };
}

function ofEffect({ block, heads, moved, movedOfToken, kl, flipped }: OrderEffect) {
  return {
    ...block,
    moved: rows(moved, heads),
    movedOfToken: numbers(movedOfToken),
    ...(kl ? { kl: numbers(kl) } : {}),
    ...(flipped ? { flipped: [...flipped].map(Boolean) } : {}),
  };
}

function rows(values: Float32Array, columns: number): (number | null)[][] {
  return Array.from({ length: columns > 0 ? values.length / columns : 0 }, (_, row) =>
    numbers(values.subarray(row * columns, (row + 1) * columns)),
  );
}

function numbers(values: Float32Array): (number | null)[] {
  return [...values].map(value => (Number.isNaN(value) ? null : value));
}
