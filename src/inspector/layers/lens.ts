import type { Lens, LensParams, LensProgress } from '../../protocol/layers';
import type { Cancellation } from '../../protocol/rpc';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';
import type { ModelStore } from '../modelStore';

/** Predictions by layer. */
export async function lens(
  _capture: Capture,
  _params: LensParams,
  _store: ModelStore,
  _progress: (value: LensProgress) => void,
  _signal: Cancellation,
): Promise<Lens> {
  throw new InspectorError('internal', 'Not there yet.');
}
