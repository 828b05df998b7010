import * as vscode from 'vscode';
import type { HostCommand } from '../../protocol/commands';
import { Page, type PageOwner } from './page';

/** VS Code's name for our kind of panel. */
export const PANEL_TYPE = 'attentionDebugger.panel';

/** The webview panel beside the editor; what it shows is decided elsewhere. */
export class InspectorPanel {
  private readonly page: Page;

  /** Opens a panel beside the editor, which keeps the focus. */
  static open(extensionUri: vscode.Uri, owner: PageOwner): InspectorPanel {
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel(PANEL_TYPE, 'Attention', column);
    return new InspectorPanel(panel, extensionUri, owner);
  }

  /** Takes over a panel that VS Code made, as after a window reload. */
  constructor(
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    owner: PageOwner,
  ) {
    const icon = (theme: string) =>
      vscode.Uri.joinPath(extensionUri, 'media', `inspect-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    const page = new Page(panel.webview, extensionUri, 'panel', owner);
    panel.onDidChangeViewState(() => {
      if (!panel.visible) page.hide();
    });
    panel.onDidDispose(() => page.close());
    this.page = page;
  }

  /** Passes on a key or menu command. */
  run(name: HostCommand): void {
    this.page.send('command', { name });
  }

  /** Brings the panel to the front of its column; the focus stays where it is. */
  reveal(): void {
    this.panel.reveal(undefined, true);
  }
}
