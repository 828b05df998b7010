import type * as vscode from 'vscode';
import { Page, type PageOwner } from './page';

/** VS Code's name of the view in the side bar. */
export const MASKING_VIEW = 'attentionDebugger.masking';

/** The Masking view on its own, for a side bar. */
export class MaskingView implements vscode.WebviewViewProvider {
  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly owner: PageOwner,
  ) {}

  /** Fills the view that VS Code made, when it is shown for the first time and after a reload. */
  resolveWebviewView(view: vscode.WebviewView): void {
    const page = new Page(view.webview, this.extensionUri, 'masking', this.owner);
    view.onDidChangeVisibility(() => {
      if (!view.visible) page.hide();
    });
    view.onDidDispose(() => page.close());
  }
}
