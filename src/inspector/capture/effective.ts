import { InspectorError } from '../../protocol/errors';
import { LARGEST_EFFECTIVE_MAP, type EffectiveAttention } from '../../protocol/effective';
import type { ModelCard, Stack } from '../../protocol/model';
import { checkedMap } from '../model/check/recurrenceCheck';
import type { EffectiveCapture } from '../model/run';
import { sizesOf } from '../model/tensors/recurrence';
import type { Capture } from './capture';

/**
 * The effective attention of one head of the first text, checked against the layer's own outputs.
 * @throws InspectorError `not-captured` where the layer has none, or it is not shown
 */
export function effective(
  { run, summary }: Pick<Capture, 'run' | 'summary'>,
  { stack, layer, head }: { readonly stack: Stack; readonly layer: number; readonly head: number },
): EffectiveAttention {
  const { model } = summary;
  const isHere = (one: { readonly stack: Stack; readonly layer: number }) =>
    one.stack === stack && one.layer === layer;
  const refused = (reason: string) =>
    new InspectorError(
      'not-captured',
      `The effective attention of ${stack} layer ${layer} is not shown: ${reason}.`,
    );
  const facts = model.withoutAttention?.find(isHere)?.effective;
  if (!facts) throw refused('the layer is no linear attention that is known in its numbers');
  if (facts.check.result === 'refused') throw refused(facts.check.reason);
  const found = run.effective?.find(isHere);
  if (!found) throw refused('this capture does not hold it');
  const { heads } = found;
  if (head >= heads) throw refused(`there is no head ${head} among its ${heads}`);
  const tokens = tokensOf(found);
  if (tokens > LARGEST_EFFECTIVE_MAP) {
    const [has, most] = [tokens, LARGEST_EFFECTIVE_MAP].map(count => count.toLocaleString('en'));
    throw refused(`the text has ${has} tokens, and maps of up to ${most} are computed`);
  }
  const weights = mapOf(found, head, model.precision, refused);
  return { stack, layer, head, heads, tokens, weights };
}

function tokensOf({ source }: EffectiveCapture): number {
  if ('maps' in source) return source.maps.dims[2] ?? 0;
  return 'refusal' in source ? 0 : (sizesOf(source)?.tokens ?? 0);
}

function mapOf(
  { source }: EffectiveCapture,
  head: number,
  precision: ModelCard['precision'],
  refused: (reason: string) => InspectorError,
): Float32Array {
  if ('refusal' in source) throw refused(source.refusal);
  if ('maps' in source) {
    const [, , tokens = 0] = source.maps.dims;
    return source.maps.data.slice(head * tokens ** 2, (head + 1) * tokens ** 2);
  }
  const { map, check } = checkedMap(source, 0, head, precision);
  if (check.result === 'refused') throw refused(`for this text, ${check.reason}`);
  return map;
}
