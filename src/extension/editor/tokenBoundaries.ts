import * as vscode from 'vscode';
import type { Token } from '../../protocol/tokens';
import { boundaryRanges, type BoundaryRanges } from './boundaryRanges';
import type { InspectedText } from '../subject/inspectedText';

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

  /** Draws the tokens of texts where those are shown; what was drawn before goes. */
  show(texts: readonly (readonly [InspectedText, readonly Token[]])[]): void {
    const drawn = texts.map(
      ([text, tokens]) => [text, text.editors(), boundaryRanges(tokens)] as const,
    );
    for (const editor of vscode.window.visibleTextEditors) {
      const draw = (type: vscode.TextEditorDecorationType, part: keyof BoundaryRanges) => {
        const ranges = drawn
          .filter(([, shown]) => shown.includes(editor))
          .flatMap(([text, , found]) =>
            found[part].map(range => text.rangeOf(editor.document, range)),
          );
        editor.setDecorations(type, ranges);
      };
      draw(this.even, 'even');
      draw(this.odd, 'odd');
      draw(this.pieces, 'pieces');
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
