import * as vscode from 'vscode';
import type { CaptureSummary } from '../../protocol/capture';
import type { Token } from '../../protocol/tokens';
import type { InspectedText } from '../subject/inspectedText';
import { revealRange } from './revealRange';
import { readSettings, SECTION } from '../settings';
import { TokenBoundaries } from './tokenBoundaries';
import { TokenHighlight } from './tokenHighlight';
import { textTokens, tokensUnder } from '../subject/tokensAt';

/** Joins the tokens of a capture with the characters of the editor, in both directions. */
export class EditorLink implements vscode.Disposable {
  /** The inspected text; nothing is linked without one, or once its characters changed. */
  text: InspectedText | undefined;
  private readonly highlight = new TokenHighlight();
  private readonly boundaries = new TokenBoundaries();
  private readonly subscriptions: readonly { dispose(): void }[];

  constructor(private readonly capture: () => CaptureSummary | undefined) {
    this.subscriptions = [
      this.highlight,
      this.boundaries,
      vscode.window.onDidChangeVisibleTextEditors(() => this.drawBoundaries()),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (event.affectsConfiguration(SECTION)) this.drawBoundaries();
      }),
    ];
  }

  /** Follows a change of the run or of its text: what is drawn in editors is drawn again, or goes. */
  refresh(): void {
    if (!this.capture() || this.text?.isStale) this.highlight.clear();
    this.drawBoundaries();
  }

  /** Marks the characters of a token; null ends that. */
  mark(index: number | null): void {
    const token = index === null ? undefined : this.token(index);
    const text = token ? this.text?.textOf(token) : undefined;
    if (text && token) this.highlight.show(text, token);
    else this.highlight.clear();
  }

  /** Moves the editor to a token and selects its characters. */
  async reveal(index: number): Promise<void> {
    const token = this.token(index);
    const text = token ? this.text?.textOf(token) : undefined;
    if (!token || !text) return;
    const document = text.document ?? (await vscode.workspace.openTextDocument(text.uri));
    await revealRange(document, text.rangeOf(document, token));
  }

  /**
   * Tokens under the cursor or selection of an editor; undefined where it shows another document.
   * A selection of the whole text stands for no token in particular.
   */
  tokensUnderCursor({ document, selection }: vscode.TextEditor): number[] | undefined {
    const { text: first } = this;
    const capture = this.capture();
    if (!first || !capture || first.isStale) return undefined;
    const places = [first, first.pair].filter(
      text => text !== undefined && document === text.document,
    );
    if (places.length === 0) return undefined;
    return places.flatMap(text => {
      if (!text) return [];
      const start = document.offsetAt(selection.start) - text.start;
      const end = document.offsetAt(selection.end) - text.start;
      const everything = start <= 0 && end >= text.text.length;
      const outside = end < 0 || start > text.text.length;
      if (everything || outside) return [];
      const own = textTokens(capture).filter(token => first.textOf(token) === text);
      return tokensUnder(own, text.text, { start, end });
    });
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private drawBoundaries(): void {
    const { text } = this;
    const capture = this.capture();
    const shown = text && capture && !text.isStale && readSettings(text.uri).boundaries;
    if (!shown) {
      this.boundaries.clear();
      return;
    }
    const tokens = textTokens(capture);
    const texts = text.pair ? [text, text.pair] : [text];
    this.boundaries.show(
      texts.map(one => [one, tokens.filter(token => text.textOf(token) === one)] as const),
    );
  }

  /** A token that stands for characters of the text as it is now. */
  private token(index: number): Token | undefined {
    const capture = this.capture();
    const token = capture && textTokens(capture)[index];
    return token && token.end > token.start && !this.text?.isStale ? token : undefined;
  }
}
