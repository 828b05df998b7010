import { InspectorError } from '../../../protocol/errors';
import type { FittedTask, FitWork, ProbeTaskData } from './types';

/**
 * Fits and scores the probes of one task on every state.
 *
 * All items of the training part are used: the caller keeps at most `TRAIN_LIMIT` of them with
 * `sampleItems`, so that features of dropped ones are never gathered.
 * @throws InspectorError `cancelled` within a second; `inputs-wrong` for parts without items, for
 * arrays of another length and for features that are not numbers
 */
export function fitTask(_data: ProbeTaskData, _work: FitWork): Promise<FittedTask> {
  return Promise.reject(new InspectorError('internal', 'Not there yet.'));
}
