import * as vscode from 'vscode';
import { InspectorClient } from './inspectorClient';
import { PANEL_TYPE } from './inspectorPanel';
import { ModelCatalog } from './modelCatalog';
import { LastEditor } from './pickText';
import { Session } from './session';
import { SECTION } from './settings';
import { TokenCount } from './statusBar';
import { TokenHover } from './tokenHover';
import { Tokenizations } from './tokenizations';

/** Puts the parts together; nothing runs until people select text or inspect it. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Attention Debugger', { log: true });
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist/inspector.cjs').fsPath;
  const client = new InspectorClient({ script, log });
  const catalog = new ModelCatalog(context.extensionUri);
  const lastEditor = new LastEditor();
  const session = new Session({ context, client, catalog, lastEditor, log });
  const tokenizations = new Tokenizations(client, () => catalog.current());

  const command = (name: string, run: () => unknown) =>
    vscode.commands.registerCommand(`${SECTION}.${name}`, run);
  context.subscriptions.push(
    log,
    client,
    lastEditor,
    session,
    new TokenCount(tokenizations),
    vscode.languages.registerHoverProvider('*', new TokenHover(tokenizations)),
    vscode.window.registerWebviewPanelSerializer(PANEL_TYPE, {
      deserializeWebviewPanel: panel => session.restore(panel),
    }),
    command('inspectSelection', () => session.inspectSelection()),
    command('chooseModel', () => session.chooseModel()),
    command('cancel', () => session.cancel()),
    command('showLog', () => log.show()),
  );
}
