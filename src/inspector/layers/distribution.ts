import type { Distribution, DistributionParams } from '../../protocol/layers';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';
import type { ModelStore } from '../modelStore';

/** The distribution that the next token is drawn from. */
export async function distribution(
  _capture: Capture,
  _params: DistributionParams,
  _store: ModelStore,
): Promise<Distribution> {
  throw new InspectorError('internal', 'Not there yet.');
}
