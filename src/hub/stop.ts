import { InspectorError } from '../protocol/errors';

/** Does `work`; whatever it ends with once people stopped it, stopping is why. */
export async function withStop<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new InspectorError('cancelled', 'The download was stopped; what was fetched is kept.', {
      cause: error,
    });
  }
}
