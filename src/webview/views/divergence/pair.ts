import { isOtherModel } from '../../app/comparison';
import { addressOf, perState, question, type Question } from '../../app/answers';
import { openView, type Presence } from '../../app/presence';
import type { State } from '../../app/state';

/** The view's name in the tabs. */
export const DIVERGENCE_VIEW = 'divergence';

/** The view is there while the main run is compared with a model that people chose. */
export const divergencePresence = (state: State): Presence =>
  isOtherModel(state) ? 'there' : 'absent';

/** Whether the view is open. */
export const isOpen = (state: State): boolean =>
  openView([{ id: '' }, { id: DIVERGENCE_VIEW, presence: divergencePresence }], state)?.id ===
  DIVERGENCE_VIEW;

/** What asks where the two part; null while one of the runs is not there. */
export const divergenceQuestion = perState((state: State): Question<'firstDivergence'> | null => {
  const { capture, sides } = state;
  if (!capture || sides.other.kind !== 'ready' || divergencePresence(state) !== 'there')
    return null;
  return question('firstDivergence', { before: capture.id, after: sides.other.capture.id });
});

/** Names the two runs; null while one of them is not there. */
export function divergenceAddress(state: State): string | null {
  const asked = divergenceQuestion(state);
  return asked && addressOf(asked);
}
