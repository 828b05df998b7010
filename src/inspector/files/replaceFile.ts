import { randomUUID } from 'node:crypto';
import { lstat, open, readdir, readlink, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** Links that lead to other links: the kernel follows no more. */
const MOST_LINKS = 40;
/** What a half-written file ends with: the process that writes it, something unique, and a suffix. */
const HALF_WRITTEN = /\.(\d+)\.[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.part$/;

/**
 * Gives `path` a new content once `write` has written all of it to a file beside it. A symbolic link
 * stays, and what it leads to is replaced. Half-written files that killed processes left in the folder
 * are removed.
 * @throws whatever the file system says, and an Error where there is something that is no regular file
 */
export async function replaceFile(
  path: string,
  write: (file: FileHandle, temporary: string) => Promise<void>,
): Promise<void> {
  const target = await targetOf(path);
  await removeLeftovers(dirname(target));
  const temporary = `${target}.${process.pid}.${randomUUID()}.part`;
  try {
    const file = await open(temporary, 'wx');
    try {
      await write(file, temporary);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Where a path leads, whether there is something or not; folders, pipes and devices are refused. */
async function targetOf(path: string): Promise<string> {
  let target = path;
  for (let links = 0; links < MOST_LINKS; links++) {
    const found = await lstat(target).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (!found || found.isFile()) return target;
    if (!found.isSymbolicLink()) throw new Error('there is something that is not a regular file');
    target = resolve(dirname(target), await readlink(target));
  }
  throw new Error('its symbolic links go round in a circle');
}

async function removeLeftovers(folder: string): Promise<void> {
  // A folder that cannot be listed may still be written to.
  for (const name of await readdir(folder).catch(() => [])) {
    const writer = HALF_WRITTEN.exec(basename(name))?.[1];
    if (writer === undefined || isRunning(Number(writer))) continue;
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process, which is there.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
