import path from 'node:path';
import * as vscode from 'vscode';
import { CHOSEN_TOKENIZERS } from '../protocol/model';

/** Files that decide how a model's tokenizer splits. */
const DECISIVE = '{tokenizer,tokenizer_config,special_tokens_map,added_tokens,config}.json';

/** Tells when a file that decides how a text is split was written: beside a model, or the choices. */
export class TokenizerWatch implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly choices: vscode.Disposable;
  private watched: { readonly folder: string; readonly watchers: vscode.Disposable[] } | undefined;

  /** @param storage folder that holds which tokenizers were chosen */
  constructor(storage: vscode.Uri) {
    this.choices = this.watch(storage, CHOSEN_TOKENIZERS);
  }

  /** Watches the files of one model, in the place of those of the last. */
  follow(model: string): void {
    const folder = path.extname(model) === '.onnx' ? path.dirname(model) : model;
    if (this.watched?.folder === folder) return;
    this.release();
    // Exports put their graphs into a folder `onnx` below the tokenizer.
    const folders = [folder, path.dirname(folder)].map(each => vscode.Uri.file(each));
    this.watched = { folder, watchers: folders.map(each => this.watch(each, DECISIVE)) };
  }

  dispose(): void {
    this.release();
    this.choices.dispose();
    this.changed.dispose();
  }

  private watch(folder: vscode.Uri, files: string): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, files),
    );
    const tell = () => this.changed.fire();
    watcher.onDidCreate(tell);
    watcher.onDidChange(tell);
    watcher.onDidDelete(tell);
    return watcher;
  }

  private release(): void {
    for (const watcher of this.watched?.watchers ?? []) watcher.dispose();
    this.watched = undefined;
  }
}
