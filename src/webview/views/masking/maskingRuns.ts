import { changesOf, type MaskChange } from '../../../protocol/change';
import { runList } from '../../app/interventions/list';
import type { RunsBeside, SideWish } from '../../app/sideRuns';
import type { State } from '../../app/state';
import { otherWish } from '../../app/comparison';

/** The Masking view's name in the tabs. */
export const MASKING_VIEW = 'masking';

/** The mask that the main run is also made with: the chosen one, or the one that it does not have. */
export function changeOf({ options, capture }: State): MaskChange {
  const { change } = options.masking;
  if (change) return change;
  const isCausal = capture?.sites.some(
    ({ kind, mask }) => kind === 'self' && mask.kind === 'causal',
  );
  const isPair = (capture?.model.stacks.length ?? 0) > 1;
  return { kind: isCausal === true && !isPair ? 'bidirectional' : 'causal' };
}

/** The runs that stand beside the main one: another model or text, and the main run with a changed mask. */
export const maskingRuns: RunsBeside = {
  slots: ['other', 'changed'],
  settled: 0,
  fault: 'sliceError',
  wished: state => {
    const other = otherWish(state);
    const changed: SideWish = {
      slot: 'changed',
      model: null,
      text: null,
      changes: [...changesOf({ mask: changeOf(state) }), ...runList(state)],
    };
    return [...(other ? [other] : []), ...(state.options.masking.isChanged ? [changed] : [])];
  },
};
