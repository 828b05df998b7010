import { InspectorError } from '../../protocol/errors';
import type { Weights } from '../weights/weights';

/**
 * What stands before a tensor's usual name: `bert.`, `model.`, `model.language_model.` or nothing.
 * Where several fit, the shortest.
 * @param anchor full name of a tensor that every model of the family has, without its prefix
 */
export function prefixOf(weights: Weights, anchor: string): string {
  let shortest: string | undefined;
  for (const name of weights.names) {
    if (name !== anchor && !name.endsWith(`.${anchor}`)) continue;
    if (shortest === undefined || name.length < shortest.length) shortest = name;
  }
  if (shortest !== undefined) return shortest.slice(0, -anchor.length);
  throw new InspectorError(
    'model-unsupported',
    `The weights hold no “${anchor}”, which models of this type have: they belong to another ` +
      'type of model, or the download is not complete.',
  );
}
