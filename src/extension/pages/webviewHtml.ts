import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';

/** Folders that the panel may read. */
export function panelResources(extensionUri: vscode.Uri): vscode.Uri[] {
  return [vscode.Uri.joinPath(extensionUri, 'dist')];
}

/** What a page shows: everything, or the Masking view alone. */
export type PageKind = 'panel' | 'masking';

/** A page of ours: one script and one style sheet, and nothing else can load or run. */
export function webviewHtml(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  kind: PageKind,
): string {
  const nonce = randomBytes(18).toString('base64');
  const uri = (name: string) =>
    webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, 'dist', name)).toString();
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} blob:`,
    'worker-src blob:',
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta property="csp-nonce" nonce="${nonce}" content="${nonce}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Attention Debugger</title>
  <link rel="stylesheet" nonce="${nonce}" href="${uri('webview.css')}">
</head>
<body data-page="${kind}">
  <div id="app"></div>
  <script nonce="${nonce}" src="${uri('webview.js')}"></script>
</body>
</html>`;
}
