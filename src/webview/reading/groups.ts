import type { Block, CaptureSummary } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import { keyTokens, queryTokens } from './capture';

/** What the tokens of a text belong to: the turns of a chat, or the two texts of a pair. */
export interface TokenGroups {
  readonly kind: 'chat' | 'pair';
  /** What each group is called: `user`, `A`. */
  readonly names: readonly string[];
  /** Group of each token; -1 for one of none `[tokens]`. */
  readonly of: Int32Array;
}

/** Which pairs of a pair of texts are shown: `AB` has queries of the first and keys of the second. */
export const BETWEEN = ['all', 'AB', 'BA', 'AA', 'BB'] as const;
export type Between = (typeof BETWEEN)[number];

/** Neighbours of one group, by their places. */
export interface Stretch {
  readonly name: string;
  /** Every other group is drawn a little differently. */
  readonly isOdd: boolean;
  readonly from: number;
  readonly end: number;
}

const known = new WeakMap<readonly Token[], TokenGroups | null>();

/** The groups of a capture's sequence of tokens; null where it is one text. */
export function groupsOf(capture: CaptureSummary, tokens: readonly Token[]): TokenGroups | null {
  const before = known.get(tokens);
  if (before !== undefined) return before;
  const made = makeGroups(capture, tokens);
  known.set(tokens, made);
  return made;
}

function makeGroups({ rendered }: CaptureSummary, tokens: readonly Token[]): TokenGroups | null {
  if (tokens.some(({ turn }) => turn !== undefined)) {
    const names = (rendered?.turns ?? []).map(({ role, isPrompt }) => (isPrompt ? 'answer' : role));
    return { kind: 'chat', names, of: Int32Array.from(tokens, ({ turn = -1 }) => turn) };
  }
  if (!tokens.some(({ sequence }) => sequence === 1)) return null;
  const of = Int32Array.from(tokens, ({ sequence = -1 }) => sequence);
  return { kind: 'pair', names: ['A', 'B'], of };
}

/** The groups of the rows of a block's maps. */
export const queryGroups = (capture: CaptureSummary, block: Block): TokenGroups | null =>
  groupsOf(capture, queryTokens(capture, block));

/** The groups of the columns. */
export const keyGroups = (capture: CaptureSummary, block: Block): TokenGroups | null =>
  groupsOf(capture, keyTokens(capture, block));

/** Stretches of one group among tokens on show, in the order in which they stand there. */
export function stretchesOf(
  groups: TokenGroups | null,
  tokens: readonly number[],
): readonly Stretch[] {
  if (!groups) return [];
  const stretches: (Stretch & { readonly group: number })[] = [];
  tokens.forEach((token, place) => {
    const group = groups.of[token] ?? -1;
    const last = stretches.at(-1);
    if (last?.group === group && last.end === place) {
      stretches[stretches.length - 1] = { ...last, end: place + 1 };
    } else if (group >= 0) {
      const name = groups.names[group] ?? '';
      stretches.push({ group, name, isOdd: group % 2 === 1, from: place, end: place + 1 });
    }
  });
  return stretches;
}

/** What a token belongs to, in a few words; empty where it is of no group. */
export function groupWords(capture: CaptureSummary, tokens: readonly Token[], at: number): string {
  const groups = groupsOf(capture, tokens);
  const name = groups?.names[groups.of[at] ?? -1];
  if (!groups || name === undefined) return '';
  if (groups.kind === 'pair') return `text ${name}`;
  return tokens[at]?.template ? `${name}, by the template` : name;
}
