import * as vscode from 'vscode';
import type { ErrorReport } from '../protocol/errors';
import { panelChecks, type PanelApi, type PanelEvents } from '../protocol/panel';
import { emit, serve, type Handlers, type Port } from '../protocol/rpc';
import { panelResources, webviewHtml } from './webviewHtml';

/** VS Code's name for our kind of panel. */
export const PANEL_TYPE = 'attentionDebugger.panel';

/** What the panel needs from those who own it. */
export interface PanelOwner {
  readonly handlers: Handlers<PanelApi>;
  onError(method: string, error: ErrorReport): void;
  closed(): void;
}

/** The webview panel: its page, its channel and its life; what it shows is decided elsewhere. */
export class InspectorPanel {
  private readonly port: Port;

  /** Opens a panel beside the editor, which keeps the focus. */
  static open(extensionUri: vscode.Uri, owner: PanelOwner): InspectorPanel {
    const column = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    const panel = vscode.window.createWebviewPanel(PANEL_TYPE, 'Attention', column);
    return new InspectorPanel(panel, extensionUri, owner);
  }

  /** Takes over a panel that VS Code made, as after a window reload. */
  constructor(
    private readonly panel: vscode.WebviewPanel,
    extensionUri: vscode.Uri,
    owner: PanelOwner,
  ) {
    const { webview } = panel;
    const icon = (theme: string) =>
      vscode.Uri.joinPath(extensionUri, 'media', `inspect-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    webview.options = {
      enableScripts: true,
      enableForms: false,
      localResourceRoots: panelResources(extensionUri),
    };
    this.port = portOf(webview);
    const stopServing = serve(this.port, owner.handlers, {
      checks: panelChecks,
      onError: (method, error) => owner.onError(method, error),
    });
    panel.onDidDispose(() => {
      stopServing();
      owner.closed();
    });
    webview.html = webviewHtml(webview, extensionUri);
  }

  /** Brings the panel to the front of its column; the focus stays where it is. */
  reveal(): void {
    this.panel.reveal(undefined, true);
  }

  /** Sends an event to the page; a page that is hidden asks for the present state when it comes back. */
  send<N extends keyof PanelEvents>(name: N, value: PanelEvents[N]): void {
    emit<PanelEvents, N>(this.port, name, value);
  }
}

function portOf(webview: vscode.Webview): Port {
  return {
    post: message => void webview.postMessage(message),
    listen: listener => {
      const subscription = webview.onDidReceiveMessage(listener);
      return () => void subscription.dispose();
    },
  };
}
