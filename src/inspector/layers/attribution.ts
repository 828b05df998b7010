import type { Attribution, AttributionParams } from '../../protocol/layers';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';
import type { ModelStore } from '../modelStore';

/** Direct logit attribution. */
export async function attribution(
  _capture: Capture,
  _params: AttributionParams,
  _store: ModelStore,
): Promise<Attribution> {
  throw new InspectorError('internal', 'Not there yet.');
}
