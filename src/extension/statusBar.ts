import * as vscode from 'vscode';
import { readSettings, SECTION } from './settings';
import { LONGEST_PREVIEW, type Tokenizations } from './tokenizations';

const PAUSE = 200;

/** Counts the tokens of the selection; gone while nothing is selected. */
export class TokenCount implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'tokenCount',
    vscode.StatusBarAlignment.Right,
    100,
  );
  private readonly subscriptions: readonly { dispose(): void }[];
  private timer: NodeJS.Timeout | undefined;
  /** Counts selections, so that the answer for an earlier one is dropped. */
  private turn = 0;

  constructor(private readonly tokenizations: Tokenizations) {
    this.item.name = 'Attention Debugger: tokens of the selection';
    this.item.command = `${SECTION}.chooseModel`;
    this.subscriptions = [
      this.item,
      vscode.window.onDidChangeTextEditorSelection(() => this.selectionChanged()),
      vscode.window.onDidChangeActiveTextEditor(() => this.selectionChanged()),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (event.affectsConfiguration(SECTION)) this.selectionChanged();
      }),
    ];
    this.selectionChanged();
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private selectionChanged(): void {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    const editor = vscode.window.activeTextEditor;
    if (!editor || editor.selection.isEmpty) this.item.hide();
    else this.timer = setTimeout(() => void this.count(editor, turn), PAUSE);
  }

  private async count(editor: vscode.TextEditor, turn: number): Promise<void> {
    const text = editor.document.getText(editor.selection);
    if (text.length > LONGEST_PREVIEW) {
      this.show(
        'too long to count',
        'The selection is too long to count its tokens while you select.',
      );
      return;
    }
    const { maximumTokens } = readSettings(editor.document.uri);
    const answer = await this.tokenizations.tokenize(text, maximumTokens).catch(() => undefined);
    if (turn !== this.turn) return;
    if (!answer) {
      this.item.hide();
      return;
    }
    const { total, model } = answer;
    const amount = `${total.toLocaleString('en-US')} ${total === 1 ? 'token' : 'tokens'}`;
    const cut = total > maximumTokens ? ` A run takes the first ${maximumTokens}.` : '';
    this.show(amount, `${amount} for ${model.label} (${model.detail}).${cut} Choose a model…`);
  }

  private show(text: string, tooltip: string): void {
    this.item.text = `$(symbol-string) ${text}`;
    this.item.tooltip = tooltip;
    this.item.show();
  }
}
