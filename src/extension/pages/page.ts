import type * as vscode from 'vscode';
import type { ErrorReport } from '../../protocol/errors';
import { panelChecks, type PanelApi, type PanelEvents } from '../../protocol/panel';
import { packingPort } from '../../protocol/packedTokens';
import { emit, serve, type Handlers, type Port } from '../../protocol/rpc';
import { panelResources, webviewHtml, type PageKind } from './webviewHtml';

/** What a page needs from those who own it. */
export interface PageOwner {
  /** Answers what this page asks. */
  handlers(page: Page): Handlers<PanelApi>;
  onError(method: string, error: ErrorReport): void;
  /** The page is out of sight: VS Code drops its document and makes it again when it comes back. */
  hidden(page: Page): void;
  closed(page: Page): void;
}

/** What is told to a page, by name. */
export type PageEvent = keyof PanelEvents;

/** One page of ours in a webview, as a panel or in a side bar: its document and its channel. */
export class Page {
  private readonly port: Port;
  private readonly stopServing: () => void;

  constructor(
    webview: vscode.Webview,
    extensionUri: vscode.Uri,
    readonly kind: PageKind,
    private readonly owner: PageOwner,
  ) {
    webview.options = {
      enableScripts: true,
      enableForms: false,
      localResourceRoots: panelResources(extensionUri),
    };
    this.port = packingPort(portOf(webview));
    this.stopServing = serve(this.port, owner.handlers(this), {
      checks: panelChecks,
      onError: (method, error) => owner.onError(method, error),
    });
    webview.html = webviewHtml(webview, extensionUri, kind);
  }

  /** Sends an event; a page that is hidden asks for the present state when it comes back. */
  send<N extends PageEvent>(name: N, value: PanelEvents[N]): void {
    emit<PanelEvents, N>(this.port, name, value);
  }

  /** Says that the page is out of sight. */
  hide(): void {
    this.owner.hidden(this);
  }

  /** Says that the page is gone for good. */
  close(): void {
    this.stopServing();
    this.owner.closed(this);
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
