import type { Block } from '../../protocol/capture';
import type { HeadFacts } from '../../protocol/headFacts';
import type { Capture } from '../capture/capture';
import { headFacts } from '../capture/headFacts';

/** Role and measures of every head of a run, one entry a head; numbers that there are not are null. */
export async function factsReport(capture: Capture) {
  const blocks = new Map<string, Block>();
  for (const { stack, kind } of capture.summary.sites) {
    blocks.set(`${stack} ${kind}`, { stack, kind });
  }
  const entries = [];
  for (const block of blocks.values()) {
    entries.push(...headsOf(await headFacts(capture, block)));
  }
  return entries;
}

function headsOf(facts: HeadFacts) {
  return facts.roles.flatMap((role, i) => {
    if (role === null) return [];
    const number = (values: ArrayLike<number>) => {
      const value = values[i] ?? NaN;
      return Number.isNaN(value) ? null : value;
    };
    return [
      {
        ...facts.block,
        layer: Math.floor(i / facts.heads),
        head: i % facts.heads,
        role,
        score: number(facts.scores),
        entropy: number(facts.entropy),
        previous: number(facts.previous),
        current: number(facts.current),
        next: number(facts.next),
        mostAttended: facts.mostAttended[i] === -1 ? null : number(facts.mostAttended),
        received: number(facts.received),
        queries: facts.sampledQueries,
      },
    ];
  });
}
