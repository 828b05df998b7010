import * as vscode from 'vscode';
import { InspectedText } from '../subject/inspectedText';
import { lineBehind, pickPair, pickText, type PickedText } from '../subject/pickText';

/** Characters of a text that a prompt quotes. */
const QUOTED = 60;

/**
 * Two selections of an editor as a pair. Where it has one, or only a cursor, the second text is asked
 * for; the next line of the document is offered, and has its place there if it is taken as it is.
 */
export async function askPair(editor: vscode.TextEditor): Promise<PickedText | undefined> {
  const selected = pickPair(editor);
  if (selected) return selected;
  const first = pickText(editor);
  const next = lineBehind(editor.document, first);
  const start = first.text.trim().slice(0, QUOTED);
  const typed = await vscode.window.showInputBox({
    title: 'Inspect Pair',
    prompt: `The second text of the pair, after “${start}”: a passage after a query, a hypothesis after a premise. Two selections are a pair without asking.`,
    value: next?.text ?? '',
    ignoreFocusOut: true,
    validateInput: text => (text.trim() === '' ? 'Write the second text.' : undefined),
  });
  if (typed === undefined) return undefined;
  const pair = next?.text === typed ? new InspectedText(next.uri, next.start, typed) : typed;
  return { ...first, others: { pair } };
}
