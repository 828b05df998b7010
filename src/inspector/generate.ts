import { InspectorError } from '../protocol/errors';
import type { InspectorApi } from '../protocol/inspector';
import type { Params } from '../protocol/rpc';
import type { ModelStore } from './modelStore';

/** Lets an encoder–decoder model write its answer to a text, token by token (greedy). */
export function generate(
  _params: Params<InspectorApi, 'generate'>,
  _store: ModelStore,
): Promise<{ readonly target: string }> {
  throw new InspectorError('internal', 'This is not there yet.');
}
