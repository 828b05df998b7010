import type { HeadRole } from '../../protocol/headFacts';
import type { HeadMeasures } from './headMeasures';

/** A role and what its rule measured. */
export interface RoleScore {
  readonly role: HeadRole;
  /** NaN for `none`. */
  readonly score: number;
}

interface Rule {
  readonly role: HeadRole;
  /** The role holds above this. */
  readonly above: number;
  readonly score: (measures: HeadMeasures) => number;
}

/** In order: the first that holds names the head. Cross-attention has sinks and uniform heads only. */
const RULES: readonly Rule[] = [
  { role: 'induction', above: 0.4, score: ({ induction }) => induction },
  { role: 'duplicate', above: 0.4, score: ({ duplicate }) => duplicate },
  // A learned sink is one of every query; a key that few queries can see is no sink of the text.
  { role: 'sink', above: 0.42, score: ({ sink }) => sink },
  {
    role: 'sink',
    above: 0.42,
    score: ({ received, seenBy }) => (seenBy > 0.5 ? received : NaN),
  },
  { role: 'previous', above: 0.4, score: ({ previous }) => previous },
  { role: 'next', above: 0.4, score: ({ next }) => next },
  { role: 'current', above: 0.4, score: ({ current }) => current },
  { role: 'uniform', above: 0.965, score: ({ uniformity }) => uniformity },
  { role: 'local', above: 0.62, score: ({ local }) => local },
];

/** Names what the rows of a head have in common. */
export function roleOf(measures: HeadMeasures): RoleScore {
  for (const { role, above, score } of RULES) {
    const value = score(measures);
    if (value > above) return { role, score: value };
  }
  return { role: 'none', score: NaN };
}
