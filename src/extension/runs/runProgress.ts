import * as vscode from 'vscode';
import type { RunState } from '../../protocol/panel';

const PATIENCE = 1000;

/** Shows a run that takes longer than a second in the window's status bar, too. */
export class RunProgress implements vscode.Disposable {
  private timer: NodeJS.Timeout | undefined;
  private report: ((label: string) => void) | undefined;
  private finish: (() => void) | undefined;
  private label = '';

  /** Follows the run's state. */
  update(state: RunState): void {
    if (state.kind !== 'running') {
      this.dispose();
      return;
    }
    this.label = state.progress.label;
    this.report?.(this.label);
    this.timer ??= setTimeout(() => this.show(), PATIENCE);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.report = undefined;
    this.finish?.();
    this.finish = undefined;
  }

  private show(): void {
    const options = { location: vscode.ProgressLocation.Window, title: 'Attention Debugger' };
    void vscode.window.withProgress(options, progress => {
      this.report = label => progress.report({ message: label });
      this.report(this.label);
      return new Promise<void>(resolve => (this.finish = resolve));
    });
  }
}
