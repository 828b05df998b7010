import * as vscode from 'vscode';
import { basename } from 'node:path';
import { InspectorError } from '../../protocol/errors';

/** The CoNLL-U file that people chose to probe with; kept for the workspace. */
export class Corpora {
  constructor(private readonly memory: vscode.Memento) {}

  /** Nothing stands for the bundled treebank. @throws InspectorError where none was chosen */
  pathOf(corpus: 'bundled' | 'chosen'): { readonly corpus?: string } {
    if (corpus === 'bundled') return {};
    const path = this.memory.get<string>(KEY);
    if (path !== undefined) return { corpus: path };
    throw new InspectorError('inputs-wrong', 'No CoNLL-U file was chosen. Choose a file first.');
  }

  /** Asks for a file; its name. */
  async choose(): Promise<{ readonly name: string } | null> {
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: 'Attention Debugger: choose a treebank',
        openLabel: 'Probe with This File',
        filters: { 'CoNLL-U files': ['conllu', 'conll', 'txt'] },
      })) ?? [];
    if (!chosen) return null;
    await this.memory.update(KEY, chosen.fsPath);
    return { name: basename(chosen.fsPath) };
  }
}

const KEY = 'probeCorpus';
