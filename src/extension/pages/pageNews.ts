import * as vscode from 'vscode';
import type { EditorLink } from '../editor/editorLink';
import type { Findings } from '../findings/findings';
import type { Inspection } from '../runs/inspection';
import type { ModelCatalog } from '../models/modelCatalog';
import type { ComparedCapture } from './comparedCapture';
import type { Page } from './page';
import type { Pages } from './pages';
import type { ListChoice } from './listChoice';
import type { LastEditor } from '../subject/pickText';
import { readSettings, SECTION } from '../settings';
import type { SideRuns } from '../runs/sideRuns';

/** Whose state the pages are told. */
export interface NewsSources {
  readonly pages: Pages;
  readonly inspection: Inspection;
  readonly sides: SideRuns;
  readonly findings: Pick<Findings, 'state'>;
  readonly link: EditorLink;
  readonly catalog: Pick<ModelCatalog, 'choices'>;
  readonly lastEditor: LastEditor;
  readonly lists: Pick<ListChoice, 'note'>;
  readonly captures: Pick<ComparedCapture, 'choices'>;
}

/** Keeps the pages up to date about models, settings and the editor's cursor. */
export class PageNews implements vscode.Disposable {
  private readonly subscriptions: readonly { dispose(): void }[];

  constructor(private readonly sources: NewsSources) {
    this.subscriptions = [
      vscode.window.onDidChangeTextEditorSelection(event => this.sendCursor(event.textEditor)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.sendModels()),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (!event.affectsConfiguration(SECTION)) return;
        this.sendSettings();
        void this.sendModels();
      }),
    ];
  }

  /** Tells a page that came into sight everything that it shows. */
  async welcome(page: Page): Promise<void> {
    const { pages, inspection, sides, findings, lastEditor, lists } = this.sources;
    page.send('run', inspection.state);
    for (const side of sides.states) page.send('side', side);
    page.send('findings', findings.state);
    pages.add(page);
    if (lists.note) page.send('experiment', lists.note);
    if (lastEditor.editor) this.sendCursor(lastEditor.editor);
    this.sendSettings();
    await this.sendModels();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private sendCursor(editor: vscode.TextEditor): void {
    const tokens = this.sources.link.tokensUnderCursor(editor);
    if (tokens) this.sources.pages.send('cursor', { tokens });
  }

  private sendSettings(): void {
    const { singleKeys } = readSettings(this.sources.link.text?.uri);
    this.sources.pages.send('settings', { singleKeys });
  }

  private async sendModels(): Promise<void> {
    const { pages, catalog, captures } = this.sources;
    // Those on the disk come from the inspector, which may have to be started.
    for (const which of ['own', 'all'] as const) {
      const models = await catalog.choices(which);
      pages.send('models', { ...models, captures: captures.choices });
    }
  }
}
