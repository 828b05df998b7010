import * as vscode from 'vscode';
import { readSettings, SECTION } from '../settings';
import { LONGEST_TEXT } from '../subject/textCheck';
import { LONGEST_PREVIEW, type Tokenizations } from './tokenizations';
import type { TokenizerWatch } from '../models/tokenizerWatch';

const PAUSE = 300;
/** Documents that grow by themselves, with nobody writing. */
const UNCOUNTED = new Set(['output', 'debug']);

/** What was found in a model that people should know. */
export interface GraveFindings {
  /** Name of the model. */
  readonly model: string;
  readonly error: number;
  readonly warning: number;
}

/** Counts the tokens of the selection, or of the document where nothing is selected. */
export class TokenCount implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem(
    'tokenCount',
    vscode.StatusBarAlignment.Right,
    100,
  );
  private readonly subscriptions: readonly { dispose(): void }[];
  private timer: NodeJS.Timeout | undefined;
  /** Counts changes, so that the answer for an earlier text is dropped. */
  private turn = 0;
  /** One count at a time: what changes meanwhile is counted after it, once. */
  private isCounting = false;
  private grave: GraveFindings | undefined;

  /** @param watch tells when a text may be split otherwise */
  constructor(
    private readonly tokenizations: Tokenizations,
    watch: Pick<TokenizerWatch, 'onDidChange'>,
  ) {
    this.item.name = 'Attention Debugger: tokens of the selection or document';
    this.item.command = `${SECTION}.chooseModel`;
    this.subscriptions = [
      this.item,
      vscode.window.onDidChangeTextEditorSelection(() => this.changed()),
      vscode.window.onDidChangeActiveTextEditor(() => this.changed()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document === vscode.window.activeTextEditor?.document) this.changed();
      }),
      watch.onDidChange(() => this.changed()),
    ];
    this.changed();
  }

  /** Says beside the count how many errors and warnings the model has. */
  noteFindings(grave: GraveFindings | undefined): void {
    if (JSON.stringify(grave) === JSON.stringify(this.grave)) return;
    this.grave = grave;
    this.changed();
  }

  /** Counts a text that is too long to be counted while people write. */
  async countNow(): Promise<void> {
    this.turn++;
    clearTimeout(this.timer);
    await this.count(LONGEST_TEXT);
  }

  dispose(): void {
    clearTimeout(this.timer);
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Does no more than setting a timer: this runs with every key. */
  private changed(): void {
    this.turn++;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.count(LONGEST_PREVIEW), PAUSE);
  }

  private async count(longest: number): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || UNCOUNTED.has(editor.document.uri.scheme)) {
      if (this.grave && graveWords(this.grave).signs !== '') this.show('', '');
      else this.item.hide();
      return;
    }
    if (this.isCounting) return;
    const { turn } = this;
    this.isCounting = true;
    await this.countIn(editor, longest, turn).catch(() => this.item.hide());
    this.isCounting = false;
    if (turn !== this.turn) this.changed();
  }

  private async countIn(editor: vscode.TextEditor, longest: number, turn: number): Promise<void> {
    const { document, selection } = editor;
    const range = selection.isEmpty ? undefined : selection;
    const what = range ? 'selection' : 'document';
    const length = lengthOf(document, range);
    if (length > longest) {
      this.show('… tokens', this.tooLong(what, length));
      return;
    }
    const { maximumTokens } = readSettings(document.uri);
    const text = document.getText(range);
    const { total, model } = await this.tokenizations.tokenize(text, maximumTokens);
    if (turn !== this.turn) return;
    const amount = `${total.toLocaleString('en-US')} ${total === 1 ? 'token' : 'tokens'}`;
    const cut = total > maximumTokens ? ` A run takes the first ${maximumTokens}.` : '';
    this.show(
      amount,
      `${amount} in the ${what} for ${model.label} (${model.detail}).${cut} Choose a model…`,
    );
  }

  private tooLong(what: string, length: number): vscode.MarkdownString {
    const characters = length.toLocaleString('en-US');
    const hint =
      length > LONGEST_TEXT
        ? 'That is more than can be inspected.'
        : `[Count its tokens](command:${SECTION}.countTokens)`;
    const tooltip = new vscode.MarkdownString(
      `The ${what} has ${characters} characters: too many to count while you write. ${hint}`,
    );
    tooltip.isTrusted = { enabledCommands: [`${SECTION}.countTokens`] };
    return tooltip;
  }

  private show(text: string, tooltip: string | vscode.MarkdownString): void {
    const { signs, sentence } = this.grave ? graveWords(this.grave) : { signs: '', sentence: '' };
    this.item.text = `$(symbol-string) ${text}${signs}`;
    this.item.tooltip =
      typeof tooltip === 'string'
        ? [tooltip, sentence].filter(part => part !== '').join('\n')
        : tooltip.appendText(`\n${sentence}`);
    this.item.show();
  }
}

/** Characters of a range or document, known without joining its lines. */
function lengthOf(document: vscode.TextDocument, range: vscode.Range | undefined): number {
  const start = range ? document.offsetAt(range.start) : 0;
  return document.offsetAt(range?.end ?? document.lineAt(document.lineCount - 1).range.end) - start;
}

/** Errors and warnings as the item has them; nothing where there are none. */
function graveWords({ model, error, warning }: GraveFindings) {
  const some = [
    { count: error, sign: 'error', word: 'error' },
    { count: warning, sign: 'warning', word: 'warning' },
  ].filter(({ count }) => count > 0);
  if (some.length === 0) return { signs: '', sentence: '' };
  const words = some.map(({ count, word }) => `${count} ${word}${count === 1 ? '' : 's'}`);
  return {
    signs: some.map(({ count, sign }) => `  $(${sign}) ${count}`).join(''),
    sentence: `${words.join(' and ')} in ${model}: see the Findings view, or Problems.`,
  };
}
