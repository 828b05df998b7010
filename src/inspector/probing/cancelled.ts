import { InspectorError } from '../../protocol/errors';
import type { Cancellation } from '../../protocol/rpc';

/**
 * @param what was cancelled, for people
 * @throws InspectorError `cancelled` where nobody waits for the answer any more
 */
export function checkCancelled({ aborted }: Cancellation, what = 'Probing'): void {
  if (aborted) throw cancelled(what);
}

const cancelled = (what: string) => new InspectorError('cancelled', `${what} was cancelled.`);

/**
 * The result of some work, unless it is cancelled before; the work then ends unheeded.
 * @throws InspectorError `cancelled`
 */
export function untilCancelled<T>(
  signal: Cancellation,
  work: Promise<T>,
  what = 'Probing',
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(cancelled(what));
    signal.addEventListener('abort', () => reject(cancelled(what)));
    work.then(resolve, reject);
  });
}
