import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { Inspection } from './inspection';

/** The capture on show. @throws InspectorError where another one was asked for. */
export function shownCapture(id: string, { capture }: Pick<Inspection, 'capture'>): CaptureSummary {
  if (capture?.id === id) return capture;
  throw new InspectorError('capture-missing', 'That run is no longer on show. Run it again.');
}
