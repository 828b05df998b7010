import { endOfContent, generatesAt } from '../../../protocol/continuation';
import type { CaptureSummary } from '../../../protocol/capture';
import type { Token } from '../../../protocol/tokens';
import { comparedBy } from '../../app/comparison';
import { outputStack } from '../../app/output';
import type { Presence } from '../../app/presence';
import type { State } from '../../app/state';
import { count } from '../../reading/format';
import { label } from '../../reading/tokenText';

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
  /** Tokens of the stack whose output is measured, and whose states are patched. */
  readonly tokensOfA: readonly Token[];
  readonly tokensOfB: readonly Token[];
}

/** The runs of both texts; null while one of them is not there. */
export function pairOf({ capture, sides }: State): Pair | null {
  if (!capture || sides.other.kind !== 'ready') return null;
  const b = sides.other.capture;
  const stack = outputStack(capture);
  if (b.model.path !== capture.model.path) return null;
  return {
    a: capture,
    b,
    tokensOfA: capture.tokens[stack] ?? [],
    tokensOfB: b.tokens[stack] ?? [],
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
export function openingToken({ a, tokensOfA }: Pair): number {
  const masked = tokensOfA.findIndex(({ token }) => MASKS.includes(token));
  if (masked >= 0) return masked;
  const next = generatesAt(a);
  return Math.max(0, next >= 0 ? next : endOfContent(tokensOfA) - 1);
}

/** What a place is called: “last token”, “[MASK]”, else “token”. */
export function placeName(pair: Pair, token: number): string {
  const { tokensOfA, a } = pair;
  const spelled = tokensOfA[token]?.token ?? '';
  if (MASKS.includes(spelled)) return spelled;
  const last = generatesAt(a) >= 0 ? generatesAt(a) : endOfContent(tokensOfA) - 1;
  if (token !== last) return 'token';
  return a.model.stacks.length > 1 ? 'last target token' : 'last token';
}

/** A token's label without the sign of the space before it. */
export const bareLabel = (token: Token | undefined, limit?: number): string =>
  label(token, limit).replace(/^·(?=.)/, '');
