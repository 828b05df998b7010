import type { MaskChange } from '../../../protocol/change';
import type { MaskKind, Stack } from '../../../protocol/model';
import { isCross, siteAt } from '../../reading/capture';
import { count, counted } from '../../reading/format';
import type { Place } from './runPlaces';

/** A stack's name: `Encoder`, `Decoder`. */
export const stackName = ({ block }: Pick<Place, 'block'>): string =>
  block.stack === 'encoder' ? 'Encoder' : 'Decoder';

/** The mask of the layer on show, as the model has it. */
export const maskOf = ({ capture, block, layer }: Place): MaskKind | null =>
  siteAt(capture, block, layer)?.mask ?? null;

/** A run's title: `Encoder, bidirectional`. */
export function runTitle(place: Place): string {
  const mask = maskOf(place);
  if (isCross(place.block)) return 'Cross-attention, no mask';
  switch (mask?.kind) {
    case 'causal':
      return `${stackName(place)}, causal`;
    case 'window':
      return `${stackName(place)}, window −${count(mask.before)} to +${count(mask.after)}`;
    default:
      return `${stackName(place)}, bidirectional`;
  }
}

/** What a mask lets a query see, as a sentence. */
export function maskSentence(place: Place): string {
  const mask = maskOf(place);
  if (isCross(place.block)) return 'Every query may attend to every key of the encoder.';
  switch (mask?.kind) {
    case 'causal':
      return 'A query may attend to itself and to earlier keys.';
    case 'window':
      return `A query may attend to keys up to ${count(mask.before)} back and ${count(mask.after)} ahead.`;
    default:
      return 'Every query may attend to every key.';
  }
}

/** The title of a run with a changed mask: `Decoder with a causal mask imposed in the encoder`. */
export function changedTitle(place: Place, change: MaskChange): string {
  const { block, capture } = place;
  const name = isCross(block) ? 'Cross-attention' : stackName(place);
  const title = `${name} with ${changeWords(change)}`;
  if (capture.model.stacks.length < 2) return title;
  const stacks = changedStacks(change);
  const isHere = !isCross(block) && stacks.includes(block.stack);
  return isHere ? title : `${title} in the ${stacks.join(' and the ')}`;
}

/** Stacks of an encoder–decoder model in whose self-attention a change does something. */
function changedStacks({ kind }: MaskChange): readonly Stack[] {
  if (kind === 'window') return ['encoder', 'decoder'];
  return kind === 'bidirectional' ? ['decoder'] : ['encoder'];
}

/** A change of the mask after “with”: `a causal mask imposed`. */
export function changeWords(change: MaskChange): string {
  switch (change.kind) {
    case 'causal':
      return 'a causal mask imposed';
    case 'bidirectional':
      return 'the mask lifted';
    case 'window':
      return `a window of −${count(change.before)} to +${count(change.after)} imposed`;
    case 'padding': {
      const visible = change.unmasked === true ? ', left visible' : '';
      return `${counted(change.count, 'padding token')} on the ${change.side}${visible}`;
    }
  }
}
