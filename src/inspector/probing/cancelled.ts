import { InspectorError } from '../../protocol/errors';
import type { Cancellation } from '../../protocol/rpc';

/** @throws InspectorError `cancelled` where nobody waits for the answer any more */
export function checkCancelled({ aborted }: Cancellation): void {
  if (aborted) throw cancelled();
}

const cancelled = () => new InspectorError('cancelled', 'Probing was cancelled.');

/**
 * The result of some work, unless it is cancelled before; the work then ends unheeded.
 * @throws InspectorError `cancelled`
 */
export function untilCancelled<T>(signal: Cancellation, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(cancelled());
    signal.addEventListener('abort', () => reject(cancelled()));
    work.then(resolve, reject);
  });
}
