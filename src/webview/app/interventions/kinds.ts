import type { Intervention } from '../../../protocol/intervention';

/** What an intervention changes, as far as people tell kinds of it apart. */
export type InterventionKind =
  | 'off'
  | 'scaled'
  | 'block'
  | 'force'
  | 'freeze'
  | 'token'
  | 'embedding'
  | 'steer'
  | 'patch'
  | 'skip'
  | 'mean';

/** Which of the kinds an intervention is. */
export function kindOf({ at, how }: Pick<Intervention, 'at' | 'how'>): InterventionKind {
  if ('block' in how) return 'block';
  if ('force' in how) return 'force';
  if ('add' in how) return 'steer';
  if ('from' in how) return at.point === 'weights' ? 'freeze' : 'patch';
  if ('text' in how || 'id' in how) return at.point === 'token' ? 'token' : 'embedding';
  if ('scale' in how) return 'scaled';
  if (at.point === 'headOutput') return 'off';
  if (at.point === 'attentionOutput' || at.point === 'feedForwardOutput') return 'skip';
  return 'zero' in how ? 'off' : 'mean';
}

/** Its icon. */
export const SIGNS: Record<InterventionKind, string> = {
  off: 'circle-slash',
  scaled: 'symbol-ruler',
  block: 'debug-disconnect',
  force: 'link',
  freeze: 'pin',
  token: 'edit',
  embedding: 'replace',
  steer: 'arrow-up',
  patch: 'git-compare',
  skip: 'debug-step-over',
  mean: 'circle-slash',
};

/** What it is, without where. */
export const TITLES: Record<InterventionKind, string> = {
  off: 'Switch off a head',
  scaled: 'Scale',
  block: 'Block an edge',
  force: 'Force an edge',
  freeze: 'Freeze patterns',
  token: 'Edit a token',
  embedding: 'Replace an embedding',
  steer: 'Add a direction (steer)',
  patch: 'Patch from another run',
  skip: 'Skip an attention or MLP',
  mean: 'Replace with the mean',
};

/** What becomes of the numbers, in a sentence. */
export const DOES: Record<InterventionKind, string> = {
  off: 'What the head writes is replaced before W_O; the other heads stay as they are.',
  scaled: 'The numbers are multiplied; everything after them is computed from the product.',
  block:
    'The edge gets −∞ before the softmax; the rest of the row is renormalised by the model itself.',
  force:
    'The edge gets this weight after the softmax; the other keys share the rest in their own proportion.',
  freeze: 'The heads attend as in the other run, whatever their queries and keys say here.',
  token: 'The model reads another vocabulary entry at this place; all else is computed from it.',
  embedding:
    'The stream before layer 0 begins with the other entry’s embedding; the token itself stays.',
  steer: 'The direction is added to the residual stream; later layers read the sum.',
  patch: 'The numbers are taken from the other run; later layers compute from them.',
  skip: 'The layer’s part adds nothing to the residual stream.',
  mean: 'The numbers are replaced with their mean over tokens.',
};
