import type { DistanceScores } from '../../protocol/positions';
import type { HeadOfCapture } from '../../protocol/tiles';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';
import type { ModelStore } from '../modelStore';

/** Mean scores of a head by distance, with the position part and without. */
export async function distanceScores(
  _capture: Capture,
  _params: HeadOfCapture,
  _store: ModelStore,
): Promise<DistanceScores> {
  throw new InspectorError('internal', 'Not there yet.');
}
