import type { BpeSteps } from '../../../protocol/tokenTrace';

/** The word's symbols after each merge; `at` is the place of what was merged last. */
export function bpeStates({ symbols, merges }: BpeSteps): { symbols: string[]; at: number }[] {
  let current = [...symbols];
  return merges.map(({ at, merged }) => {
    current = [...current.slice(0, at), merged, ...current.slice(at + 2)];
    return { symbols: current, at };
  });
}
