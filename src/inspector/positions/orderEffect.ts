import type { OrderEffect } from '../../protocol/positions';
import type { Block } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';

/** What another order did. */
export async function orderEffect(
  _before: Capture,
  _after: Capture,
  _block: Block,
): Promise<OrderEffect> {
  throw new InspectorError('internal', 'Not there yet.');
}
