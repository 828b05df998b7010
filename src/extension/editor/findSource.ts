import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isSourcePath, type SourcePlace } from '../../protocol/source';
import { lineInFile, type FoundLine } from './lineInFile';

/** Where source files are looked for, all on this machine's disk. */
export interface SourceFolders {
  readonly workspace: readonly string[];
  /** Files outside the workspace may be opened. */
  readonly isTrusted: boolean;
  /** Files below the workspace whose path ends so, as far as they are known. */
  search(ending: string): Promise<readonly string[]>;
  /** Folders of Python packages. */
  packages(): Promise<readonly string[]>;
}

/** Parts of a path that are tried, from its end. */
const MOST_PARTS = 24;
/** Larger files are not read to see whether they are the right ones. */
const LARGEST = 4 << 20;
const PACKAGES = ['site-packages', 'dist-packages'];

/**
 * Finds the file of a place: where the exporter says it is, else at the end of that path in the workspace,
 * else among the packages. Only regular Python files of this machine count; while the workspace is not
 * trusted only those in it. A file that shares no more than its name with the path must hold the line.
 * @returns the file's path; undefined where there is none
 */
export async function findSource(
  place: Pick<SourcePlace, 'file' | 'line' | 'code'>,
  folders: SourceFolders,
): Promise<string | undefined> {
  const { file } = place;
  if (!isSourcePath(file)) return undefined;
  const parts = file.split(/[\\/]/).filter(Boolean);
  const inPackages = parts.findLastIndex(part => PACKAGES.includes(part)) + 1;
  const endings = endingsOf(inPackages > 0 ? parts.slice(inPackages) : parts);
  const below = (roots: readonly string[]): string[] =>
    endings.flatMap(ending => roots.map(root => path.join(root, ...ending)));
  const places: readonly (() => Promise<readonly string[]>)[] = [
    async () => [...(path.isAbsolute(file) ? [file] : []), ...below(folders.workspace)],
    async () => below(await folders.packages()),
    () => folders.search(parts.slice(-2).join('/')),
  ];
  let best: Candidate | undefined;
  for (const candidates of places) {
    const found = await bestOf(await candidates(), place, folders);
    if (found && found.rank < (best?.rank ?? Infinity)) best = found;
    if (best?.rank === RANKS.same) break;
  }
  return best?.file;
}

/** The ends of a path, the longest first; a folder of its own that holds everything is no end. */
function endingsOf(parts: readonly string[]): string[][] {
  const last = parts.slice(-MOST_PARTS);
  return last.map((_, i) => last.slice(i)).filter(([first = '']) => !first.endsWith(':'));
}

/** Files that hold the line where it was come first, then those that hold it elsewhere. */
const RANKS: Readonly<Record<FoundLine['fit'], number>> = { same: 0, moved: 1, changed: 2 };

interface Candidate {
  readonly file: string;
  readonly rank: number;
}

/** The first file of those that compare best with what was exported. */
async function bestOf(
  candidates: readonly string[],
  place: Pick<SourcePlace, 'file' | 'line' | 'code'>,
  folders: SourceFolders,
): Promise<Candidate | undefined> {
  let best: Candidate | undefined;
  for (const file of new Set(candidates)) {
    if (!(await mayOpen(file, folders))) continue;
    const fit = await fitOf(file, place);
    const hasNameAlone = sharedParts(file, place.file) < 2;
    if (hasNameAlone && (fit === undefined || fit === 'changed')) continue;
    const rank = RANKS[fit ?? 'same'];
    if (rank < (best?.rank ?? Infinity)) best = { file, rank };
    if (rank === RANKS.same) break;
  }
  return best;
}

/** Whether a path leads to a regular Python file, in the workspace where nothing else is trusted. */
async function mayOpen(file: string, { workspace, isTrusted }: SourceFolders): Promise<boolean> {
  try {
    const real = await realpath(file);
    if (!isSourcePath(real) || !(await stat(real)).isFile()) return false;
    if (isTrusted) return true;
    const roots = await Promise.all(workspace.map(root => realpath(root).catch(() => undefined)));
    return roots.some(root => root !== undefined && isInside(real, root));
  } catch {
    return false;
  }
}

function isInside(file: string, folder: string): boolean {
  const way = path.relative(folder, file);
  return way !== '' && !way.startsWith('..') && !path.isAbsolute(way);
}

/** How a file compares with the line of a place; undefined where nothing tells. */
async function fitOf(
  file: string,
  { line, code }: Pick<SourcePlace, 'line' | 'code'>,
): Promise<FoundLine['fit'] | undefined> {
  if (code === undefined || (await stat(file)).size > LARGEST) return undefined;
  return lineInFile((await readFile(file, 'utf8')).split(/\r?\n/), line, code).fit;
}

/** How many parts the ends of two paths share. */
function sharedParts(a: string, b: string): number {
  const [left, right] = [a, b].map(file => file.split(/[\\/]/).reverse());
  const differs = left?.findIndex((part, i) => part !== right?.[i]) ?? 0;
  return differs === -1 ? (left?.length ?? 0) : differs;
}
