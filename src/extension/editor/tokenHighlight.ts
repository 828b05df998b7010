import * as vscode from 'vscode';
import type { Token } from '../../protocol/tokens';
import type { InspectedText } from '../subject/inspectedText';

/** Marks the characters of one token in the editors that show the inspected text. */
export class TokenHighlight implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('editor.findMatchHighlightBackground'),
    border: '1px solid',
    borderColor: new vscode.ThemeColor('editorBracketMatch.border'),
    borderRadius: '2px',
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.findMatchForeground'),
    overviewRulerLane: vscode.OverviewRulerLane.Center,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });

  /** Marks `token`; the mark before it goes. */
  show(text: InspectedText, token: Token): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const shown = text.editors().includes(editor) && token.end > token.start;
      editor.setDecorations(this.decoration, shown ? [text.rangeOf(editor.document, token)] : []);
    }
  }

  clear(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      editor.setDecorations(this.decoration, []);
    }
  }

  dispose(): void {
    this.decoration.dispose();
  }
}
