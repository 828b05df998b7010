/** Longest stretch that a long task computes before others have their turn, in milliseconds. */
const STRETCH = 8;

/**
 * A function that a long task awaits between its steps, so that the process stays answerable: it
 * lets everything else that waits have its turn when the last one was a while ago.
 */
export function breaths(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < STRETCH) return;
    await new Promise<void>(resolve => {
      setTimeout(resolve);
    });
    last = performance.now();
  };
}
