import { changesOf, type MaskChange } from '../../../protocol/change';
import { runList } from '../../app/interventions/list';
import type { RunsBeside, SideWish } from '../../app/sideRuns';
import type { State } from '../../app/state';
import { SAME_MODEL } from '../../app/choices/masking';

/** The Masking view's name in the tabs. */
export const MASKING_VIEW = 'masking';

/** The other run's model that suits where none was chosen: the bundled one of the other kind. */
export function otherModel({ options, capture, models }: State): string | null {
  const { other } = options.masking;
  if (other === SAME_MODEL) return SAME_MODEL;
  if (models.choices.some(choice => choice.reference === other)) return other;
  if (!capture || capture.model.stacks.length > 1) return null;
  const kind = capture.model.stacks.includes('encoder') ? 'decoder' : 'encoder';
  return models.choices.some(choice => choice.reference === kind) ? kind : null;
}

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
    const { isChanged, otherText } = state.options.masking;
    const model = otherModel(state);
    const text = otherText.trim() === '' ? null : otherText;
    const wishes: SideWish[] = [];
    if (model !== null) {
      wishes.push({ slot: 'other', model: model === SAME_MODEL ? null : model, text, changes: [] });
    }
    if (isChanged) {
      wishes.push({
        slot: 'changed',
        model: null,
        text: null,
        changes: [...changesOf({ mask: changeOf(state) }), ...runList(state)],
      });
    }
    return wishes;
  },
};
