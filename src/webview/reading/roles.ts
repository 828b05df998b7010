import type { HeadFacts, HeadRole } from '../../protocol/headFacts';
import { isCross } from './capture';
import { weight2 } from './format';

/** What the roles are called, in the order of the legend. */
export const ROLE_NAMES: Readonly<Record<HeadRole, string>> = {
  sink: 'attention sink',
  previous: 'previous token',
  next: 'next token',
  current: 'current token',
  local: 'local window',
  duplicate: 'duplicate token',
  induction: 'induction',
  uniform: 'uniform',
  none: 'no fixed pattern',
};

/** What a head of the role does, mean over the queries. */
export const ROLE_RULES: Readonly<Record<HeadRole, string>> = {
  sink: 'One key, or a learned sink, receives more than .42',
  previous: 'More than .40 goes to the token before the query',
  next: 'More than .40 goes to the token after the query',
  current: 'More than .40 goes to the query’s own token',
  local: 'More than .62 goes to tokens at most 2 away',
  duplicate: 'More than .40 goes to an earlier copy of the query’s token',
  induction: 'More than .40 goes to the token after an earlier copy of the query’s token',
  uniform: 'The entropy is above 96.5 % of what an even spread has',
  none: 'None of the other rules holds',
};

/** Roles that only a text with repeated tokens can show. */
const NEEDS_REPEATS: readonly HeadRole[] = ['duplicate', 'induction'];
/** Roles that compare places of query and key, which must be of one sequence. */
const NEEDS_ONE_SEQUENCE: readonly HeadRole[] = [
  ...NEEDS_REPEATS,
  'previous',
  'next',
  'current',
  'local',
];

/** Roles that cannot be seen here, and why; none where `why` is empty. */
export function untestable(facts: HeadFacts): {
  readonly roles: readonly HeadRole[];
  readonly why: string;
} {
  if (isCross(facts.block)) {
    return { roles: NEEDS_ONE_SEQUENCE, why: 'queries and keys are two sequences' };
  }
  return facts.hasRepeats
    ? { roles: [], why: '' }
    : { roles: NEEDS_REPEATS, why: 'no token comes twice' };
}

/** What is known about one head; null where there is no such head. */
export interface HeadFact {
  readonly role: HeadRole;
  /** What the role's rule measured; NaN for `none`. */
  readonly score: number;
  readonly entropy: number;
  /** NaN for cross-attention. */
  readonly previous: number;
  readonly current: number;
  readonly mostAttended: number;
  /** NaN where the head has none. */
  readonly sink: number;
}

/** The facts of one head. */
export function factsOf(facts: HeadFacts, layer: number, head: number): HeadFact | null {
  const at = layer * facts.heads + head;
  const role = facts.roles[at] ?? null;
  if (role === null || head >= facts.heads) return null;
  return {
    role,
    score: facts.scores[at] ?? NaN,
    entropy: facts.entropy[at] ?? NaN,
    previous: facts.previous[at] ?? NaN,
    current: facts.current[at] ?? NaN,
    mostAttended: facts.mostAttended[at] ?? 0,
    sink: facts.sink[at] ?? NaN,
  };
}

/** Heads of each role. */
export function countRoles(facts: HeadFacts): ReadonlyMap<HeadRole, number> {
  const counts = new Map<HeadRole, number>();
  for (const role of facts.roles) if (role) counts.set(role, (counts.get(role) ?? 0) + 1);
  return counts;
}

/** A role with its score: `previous token .85`. */
export const roleText = ({ role, score }: HeadFact): string =>
  Number.isNaN(score) ? ROLE_NAMES[role] : `${ROLE_NAMES[role]} ${weight2(score)}`;
