import type { Computation, ComputationParams } from '../../protocol/computation';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from './capture';

/** Every number of one query's row. */
export function computation(_capture: Capture, _params: ComputationParams): Promise<Computation> {
  throw new InspectorError('internal', 'This is not there yet.');
}
