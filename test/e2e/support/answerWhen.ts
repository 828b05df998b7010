import { setTimeout as pause } from 'node:timers/promises';

/** How long to ask, in milliseconds: longer than a busy machine takes. */
const PATIENCE = 120_000;

/** Asks until an answer is accepted, or for two minutes; gives the last one, for the test to judge. */
export async function answerWhen<T>(
  ask: () => Promise<T>,
  accept: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (accept(answer) || Date.now() > deadline) return answer;
    await pause(100);
  }
}
