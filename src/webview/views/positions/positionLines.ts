import { ticks } from 'd3';
import { number } from '../../reading/numbers';
import type { State } from '../../app/state';
import { lowest, penalty, slopesShown, slopeText } from './alibi';
import { bucketsAround, reach } from './bias';
import {
  stepFor,
  ticksBetween,
  whole,
  type ChartLabel,
  type LineContent,
  type Tick,
} from '../../draw/chartContent';
import { found } from './wanted';
import { T5 } from './formulaMath';
import { positionPlace } from './positionPlace';
import { rowOfQuery, similarities } from './similarity';

const valueTicks = (low: number, high: number, count: number): Tick[] =>
  ticks(low, high, count).map(value => ({ at: value, text: whole(Number(value.toFixed(6))) }));

/** Marks at the two positions, or at the distance between them. */
function markedPositions(state: State, first: number, count: number): LineContent['marks'] {
  const place = positionPlace(state);
  if (!place) return [];
  const marks = [
    { at: place.query, ink: 'query' as const },
    ...(place.key === null ? [] : [{ at: place.key, ink: 'key' as const }]),
  ];
  return marks.filter(({ at }) => at >= first && at < first + count);
}

function markedDistance(at: number | null, first: number, count: number): LineContent['marks'] {
  return at === null || at < first || at >= first + count ? [] : [{ at, ink: 'plain' }];
}

/** How similar each position is to the query's; null where the query is not among those on show. */
export function similarityLines(state: State): LineContent | null {
  const shown = similarities(state);
  const [one] = shown;
  if (!one || shown.length === 0) return null;
  const { first, rows } = one;
  const row = rowOfQuery(state, one);
  if (row === null) return null;
  const lines = shown.map(({ name, values }, i) => ({
    name,
    ink: i === 0 ? ('own' as const) : ('other' as const),
    values: values.slice(row * rows, (row + 1) * rows),
  }));
  const least = lines.reduce((low, { values }) => values.reduce((a, b) => Math.min(a, b), low), 0);
  const low = Math.max(-1, Math.floor(least * 5) / 5);
  return {
    name: `Similarity to position ${first + row}`,
    first,
    count: rows,
    low,
    high: 1,
    height: 44,
    xName: '',
    xTicks: ticksBetween(first, first + rows - 1, stepFor(rows, 3)),
    yTicks: [
      { at: 1, text: '1' },
      { at: 0, text: '0' },
    ],
    lines,
    marks: markedPositions(state, first, rows),
  };
}

/** T5's bucket of each distance. */
export function bucketLines(state: State): LineContent {
  const around = reach(state);
  const buckets = bucketsAround(around);
  return {
    name: 'Bucket of each distance from query to key',
    first: -around,
    count: buckets.length,
    low: 0,
    high: T5.buckets - 1,
    height: 128,
    xName: 'key − query',
    xTicks: [-around, -around / 2, 0, around / 2, around],
    isStepped: true,
    yTicks: [0, 8, 16, 24, 31].map(at => ({ at, text: String(at) })),
    lines: [{ name: 'bucket', ink: 'own', values: Float32Array.from(buckets) }],
    marks: markedDistance(positionPlace(state)?.offset ?? null, -around, buckets.length),
  };
}

/** Distances of ALiBi's chart: 64, or more where the locus is farther. */
const ALIBI_REACH = 64;

/** What each head of ALiBi adds to the score by distance; null without a run. */
export function alibiLines(state: State): LineContent | null {
  const shown = slopesShown(state);
  if (!shown) return null;
  const offset = positionPlace(state)?.offset ?? null;
  const distance = offset === null ? null : Math.abs(offset);
  const last = Math.max(ALIBI_REACH, Math.ceil(((distance ?? 0) + 1) / 32) * 32);
  const low = lowest(shown, last);
  const here = state.locus?.head ?? -1;
  const lines = Array.from(shown.slopes, (slope, head) => ({
    name: `H${head}`,
    ink: head === here ? ('here' as const) : ('head' as const),
    values: Float32Array.from({ length: last + 1 }, (_, at) => penalty(slope, at)),
  }));
  return {
    name: 'What each head adds to the score, by distance from query to key',
    first: 0,
    count: last + 1,
    low,
    high: 0,
    height: 168,
    xName: 'distance',
    xTicks: ticksBetween(0, last, last / 4),
    yTicks: valueTicks(low, 0, 4),
    lines,
    labels: slopeLabels(shown.slopes, { low, last, here }),
    marks: markedDistance(distance, 0, last + 1),
    right: 72,
  };
}

/** Names where the lines end; those that end close to each other share one. */
function slopeLabels(
  slopes: Float32Array,
  { low, last, here }: { low: number; last: number; here: number },
): ChartLabel[] {
  const room = -low * 0.075;
  const labels: { y: number; heads: number[] }[] = [];
  const leaving: ChartLabel[] = [];
  slopes.forEach((slope, head) => {
    const end = penalty(slope, last);
    if (end < low * 1.001) {
      const x = low / -slope;
      const isFree = leaving.every(other => Math.abs(other.x - x) > last / 9);
      const text = `H${head}`;
      if (isFree || head === here) {
        leaving.push({ x, y: low, text, anchor: 'start', isStrong: head === here });
      }
      return;
    }
    const near = labels.find(({ y }) => Math.abs(y - end) < room);
    if (near) near.heads.push(head);
    else labels.push({ y: end, heads: [head] });
  });
  const named = labels.map(({ y, heads }) => {
    const [first = 0] = heads;
    const text =
      heads.length > 1
        ? `H${first} to H${heads.at(-1) ?? first}`
        : `H${first}  ${slopeText(slopes[first] ?? 0)}`;
    return { x: last, y, text, anchor: 'start' as const, isStrong: heads.includes(here) };
  });
  return [...leaving, ...named];
}

/** Mean scores of the head by distance, with the position part and without; null while unknown. */
export function scoreLines(state: State): LineContent | null {
  const scores = found(state, 'scores');
  if (!scores) return null;
  const { firstDistance, pairs } = scores;
  // A mask leaves distances that no pair has: later keys of a causal model.
  const from = Math.max(
    0,
    pairs.findIndex(count => count > 0),
  );
  const to = pairs.findLastIndex(count => count > 0) + 1;
  const first = firstDistance + from;
  const [withPosition, withoutPosition] = [scores.withPosition, scores.withoutPosition].map(
    values => values.slice(from, to),
  );
  if (!withPosition || !withoutPosition || to <= from) return null;
  const all = [...withPosition, ...withoutPosition].filter(value => Number.isFinite(value));
  const [least, most] = [Math.min(0, ...all), Math.max(0, ...all)];
  const low = least - (most - least || 1) * 0.05;
  const high = most + (most - least || 1) * 0.05;
  const count = to - from;
  return {
    name: `Mean score of layer ${scores.layer}, head ${scores.head} by distance from query to key`,
    first,
    count,
    low,
    high,
    height: 150,
    xName: 'key − query',
    xTicks: ticksBetween(first, first + count - 1, stepFor(count, 7)),
    yTicks: valueTicks(low, high, 4),
    lines: [
      { name: 'without positions', ink: 'other', values: withoutPosition },
      { name: 'with positions', ink: 'own', values: withPosition },
    ],
    marks: markedDistance(positionPlace(state)?.offset ?? null, first, count),
  };
}

/** Value of a line at a place of the axis, in words. */
export const readValue = (value: number | undefined, decimals: number): string =>
  value === undefined || Number.isNaN(value) ? 'none' : number(value, decimals);
