import * as vscode from 'vscode';
import { tokensMarkdown } from './hoverMarkdown';
import { hoverPart } from './hoverText';
import { INSPECT_RANGE, inspectLink } from '../subject/inspectRange';
import { readSettings, type HoverMode } from '../settings';
import { LONGEST_PREVIEW, type Tokenization, type Tokenizations } from './tokenizations';

/** Shows how the model splits the text that people point at: what is selected there, or its line. */
export class TokenHover implements vscode.HoverProvider {
  /** @param shown is called whenever a split is shown */
  constructor(
    private readonly tokenizations: Tokenizations,
    private readonly shown: () => void,
  ) {}

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    cancellation: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    const { hover, maximumTokens } = readSettings(document.uri);
    const range = rangeAt(document, position, hover);
    if (!range) return undefined;
    const text = document.getText(range);
    if (text.trim() === '' || text.length > LONGEST_PREVIEW) return undefined;
    const { version } = document;
    const tokenization = await this.tokenizations
      .tokenize(text, maximumTokens)
      .catch(() => undefined);
    if (!tokenization || cancellation.isCancellationRequested) return undefined;
    if (document.version !== version) return undefined;
    const start = document.offsetAt(range.start);
    const pointer = document.offsetAt(position) - start;
    const split = new vscode.MarkdownString(tokensMarkdown(tokenization, text, pointer));
    split.supportHtml = true;
    const target = inspectLink(document, { start, end: start + text.length });
    const link = new vscode.MarkdownString(`---\n\n[$(eye) Inspect Attention](${target})`, true);
    link.isTrusted = { enabledCommands: [INSPECT_RANGE] };
    this.shown();
    const isSelection = range instanceof vscode.Selection;
    return new vscode.Hover(
      [split, link],
      isSelection ? range : tokenRange(document, start, pointer, tokenization),
    );
  }
}

/** What a hover is about; undefined where the setting wants none. */
function rangeAt(
  document: vscode.TextDocument,
  position: vscode.Position,
  mode: HoverMode,
): vscode.Range | undefined {
  if (mode === 'off') return undefined;
  const selection = selectionAt(document, position);
  if (selection || mode === 'selection') return selection;
  const { line, character } = position;
  const { start, end } = hoverPart(document.lineAt(line).text, character);
  return new vscode.Range(line, start, line, end);
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

/** The characters of the token under the pointer: beyond them VS Code asks again. */
function tokenRange(
  document: vscode.TextDocument,
  start: number,
  pointer: number,
  { tokens }: Tokenization,
): vscode.Range | undefined {
  const token = tokens.find(each => each.start <= pointer && pointer < each.end);
  if (!token) return undefined;
  const [from, to] = [token.start, token.end].map(offset => document.positionAt(start + offset));
  return from && to && new vscode.Range(from, to);
}
