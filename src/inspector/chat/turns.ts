import type { Places } from './places';
import type { Units } from './marks';

/** What is known of a rendering beside its text. */
export interface TurnSources {
  readonly text: string;
  readonly places: Places;
  readonly units: Units;
  readonly count: number;
  /** The text without the prompt for an answer; the text itself where it has none. */
  readonly withoutPrompt: string;
  /** The first 0, 1, … messages alone; undefined where the template does not render them so. */
  readonly prefixes: readonly (string | undefined)[];
}

/**
 * Which turn each unit of a rendered text is of: that of its message, `count` for the prompt for an
 * answer, and -1 before the first turn. What the template writes around a message belongs to it as far
 * as the messages up to it alone are rendered to the same beginning.
 */
export function turnsOf(sources: TurnSources): Int32Array {
  const { text, places, units, count, withoutPrompt, prefixes } = sources;
  const turns = new Int32Array(text.length).fill(count);
  const messageAt = (at: number): number => {
    const unit = places[at] ?? -1;
    return unit < 0 ? -1 : (units.leaves[units.leafOf(unit)]?.message ?? -1);
  };
  const ends = endsOfMessages(text, messageAt, count);
  const total = commonStart(text, withoutPrompt);
  let from = Math.min(commonStart(text, prefixes[0] ?? ''), ends[0]?.first ?? total);
  turns.fill(-1, 0, from);
  for (let message = 0; message < count; message++) {
    const prefix = prefixes[message + 1];
    const least = Math.max(from, ends[message]?.last ?? 0);
    const most = Math.max(least, ends[message + 1]?.first ?? total);
    const alone = prefix === undefined ? least : commonStart(text, prefix);
    const end = message === count - 1 ? total : Math.min(most, Math.max(least, alone));
    turns.fill(message, from, end);
    from = Math.max(from, end);
  }
  for (let at = 0; at < text.length; at++) {
    const message = messageAt(at);
    if (message >= 0) turns[at] = message;
  }
  return turns;
}

/** Where the strings of each message begin, with those behind it, and end, with those before it. */
function endsOfMessages(text: string, messageAt: (at: number) => number, count: number) {
  const ends = Array.from({ length: count }, () => ({ first: text.length, last: 0 }));
  for (let at = 0; at < text.length; at++) {
    const own = ends[messageAt(at)];
    if (!own) continue;
    own.first = Math.min(own.first, at);
    own.last = at + 1;
  }
  for (let i = 1; i < count; i++) {
    const [before, own] = [ends[i - 1], ends[i]];
    if (before && own) own.last = Math.max(own.last, before.last);
  }
  for (let i = count - 2; i >= 0; i--) {
    const [own, after] = [ends[i], ends[i + 1]];
    if (own && after) own.first = Math.min(own.first, after.first);
  }
  return ends;
}

/** Units that two texts have in common at their beginning. */
function commonStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  return at;
}
