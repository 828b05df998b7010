import { InspectorError } from '../../protocol/errors';
import type { Divergence, Predictions } from '../../protocol/outputs';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { Capture } from './capture';

/** The most probable outputs at one token. */
export function predictions(
  _capture: Capture,
  _tokenizer: AlignedTokenizer | undefined,
  _token: number,
  _count: number,
): Predictions {
  throw new InspectorError('internal', 'This is not there yet.');
}

/** How far the output moved between two runs. */
export function divergence(_before: Capture, _after: Capture): Divergence {
  throw new InspectorError('internal', 'This is not there yet.');
}
