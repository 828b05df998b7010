import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProbeProgress } from '../../protocol/probes';
import { NEVER_CANCELLED } from '../../protocol/rpc';
import { ModelStore } from '../store/modelStore';
import type { CorpusWork } from '../probing/probeFiles';

const TREEBANK = join('models', 'treebank', 'treebank.conllu');

/** What a command works over a corpus with; on a terminal it says how far it is. */
export function corpusWork(): CorpusWork {
  const treebank = bundledTreebank();
  return {
    store: new ModelStore(),
    inTurn: part => part(),
    files: treebank === undefined ? {} : { treebank },
    progress: process.stderr.isTTY ? showProgress : () => undefined,
    signal: NEVER_CANCELLED,
  };
}

/** The treebank in the nearest folder above this program that has one. */
export function bundledTreebank(): string | undefined {
  let folder = dirname(process.argv[1] ?? '');
  for (let above = dirname(folder); above !== folder; above = dirname(folder)) {
    folder = above;
    const path = join(folder, TREEBANK);
    if (existsSync(path)) return path;
  }
  return undefined;
}

function showProgress({ label, done }: ProbeProgress): void {
  const end = done === 1 ? '\n' : '';
  process.stderr.write(`\r\u001B[K${label} (${Math.round(100 * done)} %)${end}`);
}
