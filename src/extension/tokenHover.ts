import * as vscode from 'vscode';
import { tokensMarkdown } from './hoverMarkdown';
import { readSettings } from './settings';
import { LONGEST_PREVIEW, type Tokenizations } from './tokenizations';

const INSPECT = 'attentionDebugger.inspectSelection';

/** Shows how the model splits the selected text when people hover it. */
export class TokenHover implements vscode.HoverProvider {
  constructor(private readonly tokenizations: Tokenizations) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    cancellation: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const { hoverEnabled, maximumTokens } = readSettings(document.uri);
    const selection = hoverEnabled ? selectionAt(document, position) : undefined;
    if (!selection) return undefined;
    const text = document.getText(selection);
    if (text.trim() === '' || text.length > LONGEST_PREVIEW) return undefined;
    const tokenization = await this.tokenizations
      .tokenize(text, maximumTokens)
      .catch(() => undefined);
    if (!tokenization || cancellation.isCancellationRequested) return undefined;
    const pointer = document.offsetAt(position) - document.offsetAt(selection.start);
    const split = new vscode.MarkdownString(tokensMarkdown(tokenization, text, pointer));
    split.supportHtml = true;
    const link = new vscode.MarkdownString(
      `---\n\n[$(eye) Inspect Attention](command:${INSPECT})`,
      true,
    );
    link.isTrusted = { enabledCommands: [INSPECT] };
    return new vscode.Hover([split, link], selection);
  }
}

/** The selection that people point at, in any editor that shows the document. */
function selectionAt(
  document: vscode.TextDocument,
  position: vscode.Position,
): vscode.Selection | undefined {
  return vscode.window.visibleTextEditors
    .filter(editor => editor.document === document)
    .flatMap(editor => editor.selections)
    .find(selection => !selection.isEmpty && selection.contains(position));
}
