import * as vscode from 'vscode';
import { basename } from 'node:path';
import { InspectorError } from '../protocol/errors';
import type { PanelApi } from '../protocol/panel';
import type { ProbeChoice } from '../protocol/probes';
import type { Handlers } from '../protocol/rpc';
import { shownCapture, type PanelActions } from './panelHandlers';

type ProbeMethod = 'probes' | 'fitProbes' | 'probeLabels' | 'syntax' | 'chooseCorpus';

/** Answers what a page asks about probes: of the model of its run, with one of two corpora. */
export function probeHandlers({
  client,
  inspection,
  corpora,
}: PanelActions): Pick<Handlers<PanelApi>, ProbeMethod> {
  const choice = ({ capture, corpus }: Wish): ProbeChoice => {
    const { model, file } = shownCapture(capture, inspection);
    if (file === undefined) return { model: model.path, ...corpora.pathOf(corpus) };
    throw new InspectorError(
      'inputs-wrong',
      'This run was read from a capture file, so there is no model to probe. Inspect a text.',
    );
  };
  return {
    probes: wish => client.call('probes', choice(wish)),
    fitProbes: (wish, onProgress, signal) =>
      client.call('fitProbes', choice(wish), { onProgress, signal }),
    probeLabels: ({ capture, corpus }) =>
      client.call('probeLabels', { capture, ...corpora.pathOf(corpus) }),
    syntax: (wish, onProgress, signal) =>
      client.call('syntax', choice(wish), { onProgress, signal }),
    chooseCorpus: () => corpora.choose(),
  };
}

interface Wish {
  readonly capture: string;
  readonly corpus: 'bundled' | 'chosen';
}

/** The CoNLL-U file that people chose to probe with; kept for the workspace. */
export class Corpora {
  constructor(private readonly memory: vscode.Memento) {}

  /** Nothing stands for the bundled treebank. @throws InspectorError where none was chosen */
  pathOf(corpus: Wish['corpus']): { readonly corpus?: string } {
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
