import type { Block } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { HeadFacts } from '../../protocol/headFacts';
import type { Capture } from './capture';

/** Facts of every head of a block. */
export function headFacts(_capture: Capture, _block: Block): Promise<HeadFacts> {
  throw new InspectorError('internal', 'This is not there yet.');
}
