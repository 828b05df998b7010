import type { Positions } from '../../protocol/positions';
import type { Stack } from '../../protocol/model';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';
import type { ModelStore } from '../modelStore';

/** The position scheme of a stack. */
export async function positions(
  _capture: Capture,
  _stack: Stack,
  _store: ModelStore,
): Promise<Positions> {
  throw new InspectorError('internal', 'Not there yet.');
}
