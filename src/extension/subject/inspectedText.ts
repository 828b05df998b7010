import * as vscode from 'vscode';
import type { Chat } from '../../protocol/chat';
import type { TextSpec } from '../../protocol/run';
import type { Token } from '../../protocol/tokens';
import { trackRange, type TextRange } from './trackRange';

/** What belongs to a text: a second one, which may stand nowhere, and the wish to read it as messages. */
export interface TextOthers {
  readonly pair?: string | InspectedText;
  readonly chat?: Chat;
}

/**
 * The text of an inspection and its place in a document, followed through edits. A text without a
 * document (restored after its document went) has no place.
 */
export class InspectedText {
  private range: TextRange;
  private edited = false;

  /**
   * @param others the second text of a pair, with its place where it has one, and how the text is read
   */
  constructor(
    readonly uri: vscode.Uri,
    start: number,
    readonly text: string,
    readonly others: TextOthers = {},
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
    return (now !== undefined && now !== this.text) || (this.pair?.isStale ?? false);
  }

  /** The second text of a pair, where it stands in a document. */
  get pair(): InspectedText | undefined {
    const { pair } = this.others;
    return typeof pair === 'object' ? pair : undefined;
  }

  /** What is run beside the text itself. */
  get read(): Omit<TextSpec, 'text'> {
    const { pair, chat } = this.others;
    const second = typeof pair === 'object' ? pair.text : pair;
    return { ...(second === undefined ? {} : { pair: second }), ...(chat ? { chat } : {}) };
  }

  /** The text that a token's characters stand in; undefined where that one has no place. */
  textOf({ sequence }: Pick<Token, 'sequence'>): InspectedText | undefined {
    return sequence === 1 ? this.pair : this;
  }

  /** The same as its documents have it now, read in another way where that is wished. */
  now(chat = this.others.chat): InspectedText {
    const { pair } = this.others;
    const second = typeof pair === 'object' ? pair.now() : pair;
    return new InspectedText(this.uri, this.start, this.textNow() ?? this.text, {
      ...(second === undefined ? {} : { pair: second }),
      ...(chat ? { chat } : {}),
    });
  }

  /** Whether it, or the second text of a pair, stands in a document. */
  isIn(document: vscode.TextDocument): boolean {
    return document === this.document || (this.pair?.isIn(document) ?? false);
  }

  /** What stands at the text's place now; undefined while the document is closed. */
  textNow(): string | undefined {
    const { document } = this;
    return document?.getText(rangeOf(document, this.range.start, this.range.end));
  }

  /** Follows an edit of the document. */
  follow(event: vscode.TextDocumentChangeEvent): void {
    this.pair?.follow(event);
    if (event.document !== this.document) return;
    for (const change of event.contentChanges) {
      this.range = trackRange(this.range, change, this.edited);
    }
    const now = this.textNow();
    this.edited = now !== undefined && now !== this.text;
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
