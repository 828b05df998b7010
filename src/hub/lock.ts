import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { downloadFailure } from './failures';

/** The files by which this process says that it is at work. */
const own = new Set<string>();

/**
 * Does `work` while nobody else does the same: a file says who is at it. What a process left that is
 * no more does not count.
 * @throws InspectorError `download-failed` where somebody else is at it
 */
export async function withLock<T>(file: string, name: string, work: () => Promise<T>): Promise<T> {
  let isTaken = await take(file);
  if (!isTaken && !(await isHeld(file))) {
    await rm(file, { force: true });
    isTaken = await take(file);
  }
  if (!isTaken) {
    throw downloadFailure(
      `${name} is being downloaded already, in another window or terminal: wait for it, or stop it there. If nothing is at it, delete ${file}.`,
    );
  }
  own.add(file);
  try {
    return await work();
  } finally {
    own.delete(file);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify({ process: process.pid, host: hostname() }));
    await handle.close();
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Whether the process that a file names may still be there. */
async function isHeld(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const [, pid, host] = /^\{"process":(\d{1,10}),"host":"([^"]*)"\}$/.exec(text) ?? [];
  if (pid === undefined || host !== hostname()) return true;
  if (Number(pid) === process.pid) return own.has(file);
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
