import type { Residuals } from '../../protocol/layers';
import type { Stack } from '../../protocol/model';
import { InspectorError } from '../../protocol/errors';
import type { Capture } from '../capture/capture';

/** How the residual stream of a stack moves from layer to layer. */
export function residuals(_capture: Capture, _stack: Stack): Residuals {
  throw new InspectorError('internal', 'Not there yet.');
}
