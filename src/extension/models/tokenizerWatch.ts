import * as vscode from 'vscode';
import { TOKENIZER_FILES } from '../../protocol/modelFiles';
import { tokenizerHome } from './tokenizerStamp';
import type { FoundModel } from './modelPaths';
import { SECTION } from '../settings';
import { choicesFile } from './tokenizerChoices';

/** Files are written in several steps. */
const PAUSE = 200;

/** Tells when the chosen model, or the files that its texts are split by, may be others than before. */
export class TokenizerWatch implements vscode.Disposable {
  private readonly emitter = new vscode.EventEmitter<void>();
  /** Something may have changed; often nothing did. */
  readonly onDidChange = this.emitter.event;
  private readonly subscriptions: readonly { dispose(): void }[];
  private watcher: vscode.FileSystemWatcher | undefined;
  private watched = '';
  private timer: NodeJS.Timeout | undefined;

  /** @param storage folder in which people's choices are noted down, by every window */
  constructor(
    storage: string,
    private readonly model: () => Promise<FoundModel>,
  ) {
    this.subscriptions = [
      this.emitter,
      this.watch(vscode.Uri.file(storage), choicesFile('')),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed()),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (event.affectsConfiguration(SECTION)) this.changed();
      }),
      // Watching misses what happens on some disks; people look at results when they come back.
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.changed();
      }),
    ];
    void this.follow();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watcher?.dispose();
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private changed(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.emitter.fire();
      void this.follow();
    }, PAUSE);
  }

  /** Watches the folder of the model that is chosen now. */
  private async follow(): Promise<void> {
    const model = await this.model().catch(() => undefined);
    const home = model ? await tokenizerHome(model.path) : '';
    if (home === this.watched) return;
    this.watched = home;
    this.watcher?.dispose();
    this.watcher =
      home === '' ? undefined : this.watch(vscode.Uri.file(home), `{${TOKENIZER_FILES.join()}}`);
  }

  private watch(folder: vscode.Uri, files: string): vscode.FileSystemWatcher {
    const pattern = new vscode.RelativePattern(folder, files);
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete]) {
      event(() => this.changed());
    }
    return watcher;
  }
}
