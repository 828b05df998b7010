import type { CaptureSummary } from '../../../src/protocol/capture';
import type { Stack } from '../../../src/protocol/model';
import type { PositionScheme, Positions } from '../../../src/protocol/positions';
import { HEAD_DIM } from './syntheticCapture';

export type SchemeKind = PositionScheme['kind'];

/** Positions that a synthetic table has, and those that the model knows. */
const ROWS = 128;
const TOTAL = 512;
const DIMS = 48;
const REACH = 60;

/** A scheme of each kind, whose numbers the tests work out again by themselves. */
export function syntheticPositions(
  { sites }: CaptureSummary,
  stack: Stack,
  kind: SchemeKind,
): Positions {
  const heads = sites.find(site => site.stack === stack)?.heads ?? 1;
  const layers = [...new Set(sites.filter(site => site.stack === stack).map(site => site.layer))];
  return { stack, layers, scheme: schemeOf(kind, heads), notes: [`A synthetic ${kind} scheme.`] };
}

function schemeOf(kind: SchemeKind, heads: number): PositionScheme {
  switch (kind) {
    case 'learned':
      return { kind, table: table(ROWS, TOTAL, syntheticEntry) };
    case 'sinusoidal':
      return {
        kind,
        table: table(ROWS, ROWS, (row, dim) => {
          const angle = row / 10_000 ** ((2 * Math.floor(dim / 2)) / DIMS);
          return dim % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
        }),
      };
    case 'rotary':
      return {
        kind,
        frequencies: Float32Array.from({ length: HEAD_DIM / 4 }, (_, i) => 500 ** (-i / 8)),
        headDim: HEAD_DIM,
        rotaryDim: HEAD_DIM / 2,
        isInterleaved: false,
        base: 500,
        scaling: 'linear',
      };
    case 'relativeBias':
      return {
        kind,
        heads,
        firstDistance: -REACH,
        bias: Float32Array.from({ length: heads * (2 * REACH + 1) }, (_, i) =>
          syntheticBias(Math.floor(i / (2 * REACH + 1)), (i % (2 * REACH + 1)) - REACH),
        ),
        buckets: 32,
        maxDistance: 96,
      };
    case 'alibi':
      return { kind, slopes: Float32Array.from({ length: heads }, (_, i) => 2 ** (-2 * (i + 1))) };
    case 'none':
      return { kind };
  }
}

function table(rows: number, total: number, entry: (row: number, dim: number) => number) {
  const values = Float32Array.from({ length: rows * DIMS }, (_, i) =>
    entry(Math.floor(i / DIMS), i % DIMS),
  );
  return { first: 0, rows, dims: DIMS, values, total };
}

/** An entry of the learned table. */
export const syntheticEntry = (row: number, dim: number): number =>
  1.3 * Math.sin(row * (0.05 + dim / 90) + dim);

/** The bias of a head at a distance key − query. */
export const syntheticBias = (head: number, offset: number): number =>
  Math.fround(2 * Math.exp(-Math.abs(Math.trunc(offset / 3)) / (2 + head)) - 0.6 * head);
