import type { Block } from '../../protocol/capture';
import type { Shares } from '../../protocol/comparison';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from './capture';

/** Where the weight of each layer goes. */
export function shares(_capture: Capture, _block: Block): Promise<Shares> {
  throw new InspectorError('internal', 'This is not there yet.');
}
