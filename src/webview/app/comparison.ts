import { CAPTURE_FILE, SAME_MODEL } from './choices/masking';
import type { Choice } from '../kit/controls';
import type { RunsBeside, SideWish } from './sideRuns';
import type { State } from './state';

/** The other run's model that suits where none was chosen: the bundled one of the other kind. */
export function otherModel({ options, capture, models }: State): string | null {
  const { other } = options.masking;
  if (other === SAME_MODEL) return SAME_MODEL;
  const all = [...models.choices, ...(models.captures ?? [])];
  if (all.some(choice => choice.reference === other)) return other;
  if (!capture || capture.model.stacks.length > 1) return null;
  const kind = capture.model.stacks.includes('encoder') ? 'decoder' : 'encoder';
  return models.choices.some(choice => choice.reference === kind) ? kind : null;
}

/** The run of another model or text that stands beside the main one; null where none is chosen. */
export function otherWish(state: State): SideWish | null {
  const { otherText } = state.options.masking;
  const model = otherModel(state);
  if (model === null) return null;
  return {
    slot: 'other',
    model: model === SAME_MODEL ? null : model,
    text: otherText.trim() === '' ? null : otherText,
    changes: [],
  };
}

/** What of the other run is another one than in the main run. */
export type OtherThan = 'nothing' | 'text' | 'model' | 'both';

/** What people chose to compare the main run with. */
export function comparedBy(state: State): OtherThan {
  const { capture, run } = state;
  const wish = otherWish(state);
  if (!wish || !capture) return 'nothing';
  const isModel = wish.model !== null && !(run.kind === 'ready' && run.model === wish.model);
  const isText = wish.text !== null && wish.text !== capture.text;
  if (isModel) return isText ? 'both' : 'model';
  return isText ? 'text' : 'nothing';
}

/** Whether people compare with another model that they chose: one that is offered unasked does not count. */
export function isOtherModel(state: State): boolean {
  const { other } = state.options.masking;
  return other !== '' && ['model', 'both'].includes(comparedBy(state));
}

/** What people can choose as the other run: a model, or a capture file. */
export const otherChoices = ({ models }: State): readonly Choice[] => [
  { value: SAME_MODEL, label: 'Same model' },
  ...[...models.choices, ...(models.captures ?? [])].map(({ reference, label, detail }) => ({
    value: reference,
    label,
    title: detail,
  })),
  { value: CAPTURE_FILE, label: 'A capture file…' },
];

/** The other run alone; it must be one that was chosen. */
export const otherRun: RunsBeside = {
  slots: ['other'],
  settled: 0,
  fault: 'wishError',
  wished: state => {
    const other = otherWish(state);
    return other ? [other] : [];
  },
};
