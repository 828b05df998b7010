import { endOfContent, generatesAt } from '../../../protocol/continuation';
import type { Block, CaptureSummary } from '../../../protocol/capture';
import type { Token } from '../../../protocol/tokens';
import { comparedBy } from '../../app/comparison';
import { outputStack } from '../../app/output';
import type { Presence } from '../../app/presence';
import type { State } from '../../app/state';
import { count } from '../../reading/format';

/** The view's name in the tabs. */
export const PATCHING_VIEW = 'patching';

/** The view is there while the main run is compared with another text of the same model. */
export function patchingPresence(state: State): Presence {
  switch (comparedBy(state)) {
    case 'text':
      return 'there';
    case 'both':
      return {
        reason:
          'Patching needs the same model on both texts: choose “Same model” in the Masking view.',
      };
    case 'nothing':
    case 'model':
      return 'absent';
  }
}

/** The runs of the two texts. */
export interface Pair {
  readonly a: CaptureSummary;
  readonly b: CaptureSummary;
  /** Whose numbers are patched. */
  readonly block: Block;
  /** Tokens of the stack whose states are patched. */
  readonly tokensOfA: readonly Token[];
  readonly tokensOfB: readonly Token[];
  /** Tokens of the stack whose output is measured, in A. */
  readonly measured: readonly Token[];
}

/** The block that is patched: that of the locus, of a model with several stacks. */
export function patchedBlock({ capture, locus }: Pick<State, 'capture' | 'locus'>): Block | null {
  if (!capture) return null;
  const own = { stack: outputStack(capture), kind: 'self' } as const;
  return capture.model.stacks.length < 2 ? own : (locus?.block ?? own);
}

/** Whether the tokens whose states are patched are those whose output is measured. */
export const isMeasuredStack = ({ a, block }: Pair): boolean => block.stack === outputStack(a);

/** The runs of both texts; null while one of them is not there. */
export function pairOf({ capture, sides, locus }: State): Pair | null {
  const block = patchedBlock({ capture, locus });
  if (!capture || !block || sides.other.kind !== 'ready') return null;
  const b = sides.other.capture;
  if (b.model.path !== capture.model.path) return null;
  return {
    a: capture,
    b,
    block,
    tokensOfA: capture.tokens[block.stack] ?? [],
    tokensOfB: b.tokens[block.stack] ?? [],
    measured: capture.tokens[outputStack(capture)] ?? [],
  };
}

/** Names the two runs. */
export const pairKey = ({ a, b }: Pair): string => `${a.id} ${b.id}`;

/** Whether two tokens are the same entry of the vocabulary. */
export const isSameToken = (one: Token | undefined, other: Token | undefined): boolean =>
  one !== undefined && other !== undefined && one.id === other.id && one.token === other.token;

/** Tokens at which the texts are not the same, in order. */
export const differences = ({ tokensOfA, tokensOfB }: Pair): number[] =>
  Array.from({ length: Math.max(tokensOfA.length, tokensOfB.length) }, (_, i) => i).filter(
    i => !isSameToken(tokensOfA[i], tokensOfB[i]),
  );

/** Why the two runs cannot be patched into each other; null where they can. */
export function unfit(pair: Pair): string | null {
  const { a, b } = pair;
  const uneven = a.model.stacks.find(
    stack => (a.tokens[stack] ?? []).length !== (b.tokens[stack] ?? []).length,
  );
  if (uneven !== undefined) {
    const [ofA, ofB] = [a, b].map(({ tokens }) => count((tokens[uneven] ?? []).length));
    return `${ofA} and ${ofB} tokens: the texts must have the same number; F2 edits B.`;
  }
  if (a.file !== undefined) {
    return 'This run was read from a capture file, so there is no model to patch. Inspect a text.';
  }
  return null;
}

const MASKS = ['[MASK]', '<mask>'];

/** The token whose output is measured unless people say otherwise: the mask, else the last one. */
export function openingToken({ a, measured }: Pair): number {
  const masked = measured.findIndex(({ token }) => MASKS.includes(token));
  if (masked >= 0) return masked;
  const next = generatesAt(a);
  return Math.max(0, next >= 0 ? next : endOfContent(measured) - 1);
}

/** What the place of the output is called: “last token”, “[MASK]”, else “token”. */
export function placeName(pair: Pair, token: number): string {
  const { measured, a } = pair;
  const spelled = measured[token]?.token ?? '';
  if (MASKS.includes(spelled)) return spelled;
  const last = generatesAt(a) >= 0 ? generatesAt(a) : endOfContent(measured) - 1;
  if (token !== last) return 'token';
  return a.model.stacks.length > 1 ? 'last target token' : 'last token';
}
