import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** Asks the test-only extension in the extension host, which answers over HTTP (see `../driver`). */
export class Driver {
  constructor(private readonly portFile: string) {}

  /** Calls one of the driver's operations; waits for the extension host where it is starting. */
  async call(operation: string, parameters: Record<string, unknown> = {}): Promise<unknown> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      try {
        const port = await readFile(this.portFile, 'utf8');
        const body = JSON.stringify({ operation, parameters });
        const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
        const answer = (await response.json()) as { value?: unknown; error?: string };
        if (answer.error) throw new DriverError(answer.error);
        return answer.value;
      } catch (error) {
        if (error instanceof DriverError || Date.now() > deadline) throw error;
        await pause(100);
      }
    }
  }
}

/** The operation itself failed: asking again would not help. */
class DriverError extends Error {}
