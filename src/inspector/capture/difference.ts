import type { Difference, DifferenceParams } from '../../protocol/comparison';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from './capture';

/** How a map differs between two runs. */
export function difference(
  _before: Capture,
  _after: Capture,
  _params: DifferenceParams,
): Promise<Difference> {
  throw new InspectorError('internal', 'This is not there yet.');
}
