import type { HeadChoice } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { Weights } from '../attention/weightMap';
import type { SiteCapture } from '../model/instrumentedModel';

/** ‖α · v · W_O‖ of every pair as a share of its row's sum (Kobayashi et al. 2020). */
export function normShares(
  _capture: SiteCapture,
  _head: HeadChoice,
  _weightsOf: (head: number) => Promise<Weights>,
): Promise<Weights> {
  throw new InspectorError('internal', 'This is not there yet.');
}
