import { cacheFolder, ScratchFolder } from '../weights/scratch/scratchFolder';

/** Prints where unpacked weights are kept and how many bytes they have, or removes them. */
export async function weightsCommand(isDeleted: boolean): Promise<void> {
  const folder = new ScratchFolder(cacheFolder());
  const line = isDeleted
    ? `${await folder.clear()} bytes were removed from ${folder.path}.`
    : `${folder.path}: ${await folder.size()} bytes.`;
  process.stdout.write(`${line}\n`);
}
