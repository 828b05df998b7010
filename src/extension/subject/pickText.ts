import * as vscode from 'vscode';
import { InspectedText, type TextOthers } from './inspectedText';
import type { TextSource } from './textCheck';

/** Text that people chose to inspect, and where it stands. */
export interface PickedText {
  readonly uri: vscode.Uri;
  /** Offset of its first character in the document. */
  readonly start: number;
  readonly text: string;
  readonly source: TextSource;
  /** What is read with it, and how. */
  readonly others?: TextOthers;
}

/** The selection of an editor, or the line of its cursor where nothing is selected. */
export function pickText({ document, selection }: vscode.TextEditor): PickedText {
  if (selection.isEmpty) return pickLine(document, selection.active.line);
  return {
    uri: document.uri,
    start: document.offsetAt(selection.start),
    text: document.getText(selection),
    source: 'selection',
  };
}

/** The selection of an editor, or its whole document where nothing is selected. */
export function pickDocument({ document, selection }: vscode.TextEditor): PickedText {
  const picked = selection.isEmpty
    ? pickRange(document, 0, document.getText().length)
    : pickRange(document, document.offsetAt(selection.start), document.offsetAt(selection.end));
  return { ...picked, source: selection.isEmpty ? 'document' : 'selection' };
}

/** Two selections of an editor as a pair, in the order of the text; undefined where it has not two. */
export function pickPair({ document, selections }: vscode.TextEditor): PickedText | undefined {
  const [first, second] = selections
    .filter(({ isEmpty }) => !isEmpty)
    .toSorted((a, b) => a.start.compareTo(b.start))
    .map(({ start, end }) => pickRange(document, document.offsetAt(start), document.offsetAt(end)));
  if (!first || !second) return undefined;
  return { ...first, others: { pair: new InspectedText(second.uri, second.start, second.text) } };
}

/** The first line behind a text that has characters; undefined where none has. */
export function lineBehind(
  document: vscode.TextDocument,
  { start, text }: PickedText,
): PickedText | undefined {
  const { line: last } = document.positionAt(start + text.length);
  for (let line = last + 1; line < document.lineCount; line++) {
    if (!document.lineAt(line).isEmptyOrWhitespace) return pickLine(document, line);
  }
  return undefined;
}

/** Characters `[start, end)` of a document. */
export function pickRange(document: vscode.TextDocument, start: number, end: number): PickedText {
  const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
  return {
    uri: document.uri,
    start: document.offsetAt(range.start),
    text: document.getText(range),
    source: 'selection',
  };
}

/** One line of a document, without its line break. */
export function pickLine(document: vscode.TextDocument, line: number): PickedText {
  const { range, text } = document.lineAt(line);
  const empty = document.getText().length === 0;
  return {
    uri: document.uri,
    start: document.offsetAt(range.start),
    text,
    source: empty ? 'document' : 'line',
  };
}

/** An inspected text from the line of the cursor on; undefined where the cursor is not behind its first line. */
export function textFromCursor(text: InspectedText): PickedText | undefined {
  const { document } = text;
  const editor = text.editors()[0];
  const now = text.textNow();
  if (!document || !editor || now === undefined) return undefined;
  const line = document.offsetAt(document.lineAt(editor.selection.active.line).range.start);
  const end = text.start + now.length;
  return line > text.start && line < end ? pickRange(document, line, end) : undefined;
}

/** Remembers the text editor that was used last: a focused panel leaves VS Code without an active one. */
export class LastEditor implements vscode.Disposable {
  private last = vscode.window.activeTextEditor;
  private readonly subscription = vscode.window.onDidChangeActiveTextEditor(editor => {
    if (editor) this.last = editor;
  });

  /** The active text editor, or the last one if it is still visible. */
  get editor(): vscode.TextEditor | undefined {
    const { activeTextEditor, visibleTextEditors } = vscode.window;
    if (activeTextEditor) return activeTextEditor;
    const last = this.last?.document;
    return visibleTextEditors.find(editor => editor.document === last) ?? visibleTextEditors[0];
  }

  dispose(): void {
    this.subscription.dispose();
  }
}
