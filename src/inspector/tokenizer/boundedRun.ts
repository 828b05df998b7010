import vm from 'node:vm';

const script = new vm.Script('run()');
const sandbox: { run?: () => unknown } = {};
const context = vm.createContext(sandbox);

/** Thrown by `boundedRun` when time is up. */
export class TimeLimitError extends Error {}

/**
 * Runs `work` and stops it after `milliseconds`, also in the middle of a regular expression that
 * backtracks: V8 ends what runs under a `vm` timeout wherever it is. Costs about 0.1 ms.
 * @throws TimeLimitError when time is up.
 */
export function boundedRun<T>(work: () => T, milliseconds: number): T {
  sandbox.run = work;
  try {
    return script.runInContext(context, { timeout: Math.ceil(milliseconds) }) as T;
  } catch (error) {
    // The error comes from the context's own realm: it is no instance of this one's Error.
    if ((error as { code?: unknown }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      throw new TimeLimitError(`stopped after ${milliseconds} ms`);
    }
    throw error;
  } finally {
    delete sandbox.run;
  }
}
