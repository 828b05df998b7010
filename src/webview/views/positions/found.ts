import type { PositionScheme } from '../../../protocol/positions';
import { readersOf } from '../../app/answers';
import type { State } from '../../app/state';
import { METHODS, wantedFor } from './wanted';

/** What the Positions view reads. */
export const {
  questions: positionQuestions,
  value: found,
  refusal: positionsError,
} = readersOf(METHODS, wantedFor);

/** The scheme of the stack on show if it is of this kind; null otherwise. */
export function ownScheme<K extends PositionScheme['kind']>(
  state: State,
  kind: K,
): Extract<PositionScheme, { kind: K }> | null {
  const scheme = found(state, 'scheme')?.scheme;
  return scheme?.kind === kind ? (scheme as Extract<PositionScheme, { kind: K }>) : null;
}
