import * as vscode from 'vscode';
import type { Token } from '../../protocol/tokens';
import { boundaryRanges } from './boundaryRanges';
import type { InspectedText } from '../subject/inspectedText';
import type { TextRange } from '../subject/trackRange';

const { ClosedClosed } = vscode.DecorationRangeBehavior;

function background(color: string): vscode.TextEditorDecorationType {
  const backgroundColor = new vscode.ThemeColor(color);
  const rangeBehavior = ClosedClosed;
  return vscode.window.createTextEditorDecorationType({ backgroundColor, rangeBehavior });
}

/** Draws the tokens of the inspected text in its editors: a background each, a rule inside words. */
export class TokenBoundaries implements vscode.Disposable {
  private readonly even = background('attentionDebugger.tokenBackground');
  private readonly odd = background('attentionDebugger.tokenAlternateBackground');
  private readonly pieces = vscode.window.createTextEditorDecorationType({
    borderStyle: 'dotted',
    borderWidth: '0 0 0 1px',
    borderColor: new vscode.ThemeColor('attentionDebugger.tokenRule'),
    rangeBehavior: ClosedClosed,
  });

  /** Draws `tokens` where their text is shown; what was drawn before goes. */
  show(text: InspectedText, tokens: readonly Token[]): void {
    const { even, odd, pieces } = boundaryRanges(tokens);
    const shown = text.editors();
    for (const editor of vscode.window.visibleTextEditors) {
      const draw = (type: vscode.TextEditorDecorationType, ranges: readonly TextRange[]) =>
        editor.setDecorations(
          type,
          shown.includes(editor) ? ranges.map(range => text.rangeOf(editor.document, range)) : [],
        );
      draw(this.even, even);
      draw(this.odd, odd);
      draw(this.pieces, pieces);
    }
  }

  clear(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      for (const type of [this.even, this.odd, this.pieces]) editor.setDecorations(type, []);
    }
  }

  dispose(): void {
    for (const type of [this.even, this.odd, this.pieces]) type.dispose();
  }
}
