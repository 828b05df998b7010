import * as vscode from 'vscode';
import { trackRange, type TextRange } from './trackRange';

/**
 * The text of an inspection and its place in a document, followed through edits. A text without a
 * document (restored after its document went) has no place.
 */
export class InspectedText {
  private range: TextRange;
  private edited = false;

  constructor(
    readonly uri: vscode.Uri,
    start: number,
    readonly text: string,
  ) {
    this.range = { start, end: start + text.length };
  }

  /** Offset of the text's first character in the document. */
  get start(): number {
    return this.range.start;
  }

  /** The document, if VS Code has it open. */
  get document(): vscode.TextDocument | undefined {
    const key = this.uri.toString();
    return vscode.workspace.textDocuments.find(document => document.uri.toString() === key);
  }

  /** The document holds other characters now; false while it is closed. */
  get isStale(): boolean {
    const now = this.textNow();
    return now !== undefined && now !== this.text;
  }

  /** What stands at the text's place now; undefined while the document is closed. */
  textNow(): string | undefined {
    const { document } = this;
    return document?.getText(rangeOf(document, this.range.start, this.range.end));
  }

  /** Follows an edit of the document. */
  follow(event: vscode.TextDocumentChangeEvent): void {
    for (const change of event.contentChanges) {
      this.range = trackRange(this.range, change, this.edited);
    }
    this.edited = this.isStale;
  }

  /** The characters of a token in the document. */
  rangeOf(document: vscode.TextDocument, token: TextRange): vscode.Range {
    return rangeOf(document, this.start + token.start, this.start + token.end);
  }

  /** Editors that show the document. */
  editors(): vscode.TextEditor[] {
    const key = this.uri.toString();
    return vscode.window.visibleTextEditors.filter(
      editor => editor.document.uri.toString() === key,
    );
  }
}

function rangeOf(document: vscode.TextDocument, start: number, end: number): vscode.Range {
  return new vscode.Range(document.positionAt(start), document.positionAt(end));
}
