import { HEAD_ROLES } from '../../../protocol/headFacts';
import { BETWEEN, type Between } from '../../reading/groups';
import { listOf, oneOf, type Reader } from '../../kit/stored';

/** Arcs of less than one of these can be left out. */
export const THRESHOLDS = [0.01, 0.02, 0.05, 0.1, 0.2] as const;

type Role = (typeof HEAD_ROLES)[number];
const isRole = (stored: unknown): stored is Role => HEAD_ROLES.some(role => role === stored);

/** What people choose in the Attention view. */
export const attentionOptions = {
  /** Cells, or arcs between two columns of tokens. */
  picture: oneOf(['map', 'arcs'], 'map'),
  /** Arcs of less weight are left out. */
  threshold: oneOf<number>(THRESHOLDS, 0.05),
  /** Of a pair of texts, whose queries and whose keys are shown. */
  between: oneOf<Between>(BETWEEN, 'all'),
  /** Heads of other roles are dimmed in the overview; empty for no filter. */
  roles: (stored => {
    const chosen = listOf(isRole)(stored);
    return HEAD_ROLES.filter(role => chosen.includes(role));
  }) satisfies Reader<readonly Role[]>,
};
