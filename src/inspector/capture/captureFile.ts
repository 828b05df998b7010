import { InspectorError } from '../../protocol/errors';
import type { Capture } from './capture';

/** Writes a capture as safetensors with its summary in the metadata. */
export function saveCapture(_capture: Capture, _path: string): Promise<void> {
  throw new InspectorError('internal', 'This is not there yet.');
}

/** Reads a capture file. */
export function openCapture(_path: string): Promise<Capture> {
  throw new InspectorError('internal', 'This is not there yet.');
}
