import path from 'node:path';
import * as vscode from 'vscode';
import { GRAPH_FOLDER, isModelName } from '../../protocol/modelFiles';

/** Files are written in several steps. */
const PAUSE = 200;

/** Tells when a file in the folder of a model may be another one than before. */
export class ModelWatch implements vscode.Disposable {
  private model: string | undefined;
  private watchers: readonly vscode.FileSystemWatcher[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly changed: () => void) {}

  /** Watches the folder of this model from now on, and no other. */
  follow(model: string | undefined): void {
    if (model === this.model) return;
    this.dispose();
    this.model = model;
    if (model === undefined) return;
    const folder = isModelName(model) ? path.dirname(model) : model;
    const above = path.basename(folder) === GRAPH_FOLDER ? path.dirname(folder) : undefined;
    this.watchers = [folder, above ?? path.join(folder, GRAPH_FOLDER)].map(one => this.watch(one));
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const watcher of this.watchers) watcher.dispose();
    this.watchers = [];
  }

  private watch(folder: string): vscode.FileSystemWatcher {
    const files = new vscode.RelativePattern(vscode.Uri.file(folder), '*');
    const watcher = vscode.workspace.createFileSystemWatcher(files);
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete]) {
      event(() => {
        clearTimeout(this.timer);
        this.timer = setTimeout(this.changed, PAUSE);
      });
    }
    return watcher;
  }
}
