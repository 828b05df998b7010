import type { TokenTrace } from '../../../protocol/tokenTrace';
import { columnsOf } from './glossColumns';

/** A stretch of the text between two places where both tokenizers have a boundary. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  /** Tokens of each that stand for its characters. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** Both cut it at the same places. */
  readonly agrees: boolean;
}

/** Two splits of one text. */
export interface Comparison {
  readonly segments: readonly Segment[];
  /** Tokens that stand for characters, special ones that the post-processor adds left out. */
  readonly counts: readonly [number, number];
  /** Boundaries inside the text that both have, and that only one has. */
  readonly shared: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

interface Group {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly number[];
}

/** Tokens with their characters, white space around them left to no one. */
function groupsOf(trace: TokenTrace, text: string): Group[] {
  return columnsOf(trace, text.length).flatMap(({ range, tokens }) => {
    if (!range || tokens.length === 0) return [];
    const characters = text.slice(range.start, range.end);
    const start = range.start + characters.length - characters.trimStart().length;
    const end = range.end - characters.length + characters.trimEnd().length;
    return [start < end ? { start, end, tokens } : { ...range, tokens }];
  });
}

/** Compares how two tokenizers split the same text; white space belongs to the boundaries. */
export function compareTraces(
  text: string,
  firstTrace: TokenTrace,
  secondTrace: TokenTrace,
): Comparison {
  const [first, second] = [groupsOf(firstTrace, text), groupsOf(secondTrace, text)];
  const segments: Segment[] = [];
  let [i, j] = [0, 0];
  while (i < first.length || j < second.length) {
    const taken: [Group[], Group[]] = [[], []];
    let end = -1;
    for (;;) {
      const [a, b] = [first[i], second[j]];
      const isFirst = a !== undefined && (b === undefined || a.start <= b.start);
      const next = isFirst ? a : b;
      if (!next || (end >= 0 && next.start >= end)) break;
      taken[isFirst ? 0 : 1].push(next);
      end = Math.max(end, next.end);
      if (isFirst) i++;
      else j++;
    }
    const all = [...taken[0], ...taken[1]];
    segments.push({
      start: Math.min(...all.map(group => group.start)),
      end,
      first: taken[0].flatMap(group => group.tokens),
      second: taken[1].flatMap(group => group.tokens),
      agrees: cuts(taken[0]).join() === cuts(taken[1]).join(),
    });
  }
  const [a, b] = [new Set(first.slice(1).map(startOf)), new Set(second.slice(1).map(startOf))];
  const shared = [...a].filter(start => b.has(start)).length;
  return {
    segments,
    counts: [sum(first), sum(second)],
    shared,
    onlyFirst: a.size - shared,
    onlySecond: b.size - shared,
  };
}

const startOf = (group: Group): number => group.start;
const cuts = (groups: readonly Group[]): string[] =>
  groups.map(({ start, end, tokens }) => `${start}-${end}-${tokens.length}`);
const sum = (groups: readonly Group[]): number =>
  groups.reduce((total, { tokens }) => total + tokens.length, 0);
