import * as vscode from 'vscode';
import { InspectorError, toErrorReport } from '../protocol/errors';
import type { HostCommand } from '../protocol/commands';
import type { CaptureSummary } from '../protocol/capture';
import type { PanelApi, RunState } from '../protocol/panel';
import type { Handlers } from '../protocol/rpc';
import { chooseModel } from './chooseModel';
import { EditorLink } from './editorLink';
import { InspectedText } from './inspectedText';
import { Inspection } from './inspection';
import type { InspectorClient } from './inspectorClient';
import { InspectorPanel } from './inspectorPanel';
import { LastInspection } from './lastInspection';
import { MaskingView } from './maskingView';
import type { ModelCatalog } from './modelCatalog';
import type { Page } from './page';
import { PageNews } from './pageNews';
import { Pages } from './pages';
import { panelHandlers } from './panelHandlers';
import {
  pickLine,
  pickRange,
  pickText,
  textFromCursor,
  type LastEditor,
  type PickedText,
} from './pickText';
import { RunProgress } from './runProgress';
import { chooseCaptureFile } from './saveFiles';
import { readSettings, SECTION } from './settings';
import { SideRuns } from './sideRuns';
import { checkText } from './textCheck';

/** What a session is made of. */
export interface SessionParts {
  readonly context: vscode.ExtensionContext;
  readonly client: InspectorClient;
  readonly catalog: ModelCatalog;
  readonly lastEditor: LastEditor;
  readonly log: vscode.LogOutputChannel;
}

/** One window's debugging: joins the editor, the runs and the pages. */
export class Session implements vscode.Disposable {
  /** The Masking view for a side bar. */
  readonly maskingView: MaskingView;
  private readonly inspection: Inspection;
  private readonly sides: SideRuns;
  private readonly pages: Pages;
  private readonly news: PageNews;
  private readonly link: EditorLink;
  private readonly progress = new RunProgress();
  private readonly lastInspection: LastInspection;
  private readonly subscriptions: readonly { dispose(): void }[];
  private panel: InspectorPanel | undefined;
  private restoring: Promise<void> | undefined;
  /** The capture that the pages were told of last. */
  private told: CaptureSummary | undefined;

  constructor(private readonly parts: SessionParts) {
    const { client, catalog, log, context } = parts;
    this.lastInspection = new LastInspection(context.workspaceState);
    this.link = new EditorLink(() => this.inspection.capture);
    this.pages = new Pages({
      handlers: page => this.handlers(page),
      left: (page, isClosed) => this.pageLeft(page, isClosed),
      warn: message => log.warn(message),
    });
    const shared = {
      client,
      limits: () => {
        const { maximumTokens, memoryBudget } = readSettings(this.link.text?.uri);
        return { maximumTokens, memoryBudget };
      },
      log: (message: string) => log.error(message),
    };
    this.inspection = new Inspection({
      ...shared,
      model: () => catalog.current(),
      isStale: () => this.link.text?.isStale ?? false,
      changed: state => this.stateChanged(state),
    });
    this.sides = new SideRuns({
      ...shared,
      main: this.inspection,
      find: reference => catalog.find(reference),
      changed: (slot, state) => this.pages.send('side', { slot, state }),
    });
    const { inspection, sides, link, pages } = this;
    this.news = new PageNews({ ...parts, inspection, sides, link, pages });
    this.maskingView = new MaskingView(context.extensionUri, this.pages);
    this.subscriptions = [
      this.link,
      this.progress,
      vscode.workspace.onDidChangeTextDocument(event => this.documentChanged(event)),
      this.news,
    ];
  }

  /** Inspects the selection of the last used editor, or its current line. */
  async inspectSelection(): Promise<void> {
    const { editor } = this.parts.lastEditor;
    await this.inspect(editor && pickText(editor));
  }

  /** Inspects characters `[start, end)` of a document, as the hover's link asks for. */
  async inspectRange(uri: vscode.Uri, start: number, end: number): Promise<void> {
    const document = await vscode.workspace.openTextDocument(uri);
    await this.inspect(pickRange(document, start, end));
  }

  /**
   * Makes the model of a folder or file the one to use, then runs the selection, the text on show, the
   * current line or what was inspected last, whichever there is first.
   */
  async inspectWithModel(place: vscode.Uri): Promise<void> {
    try {
      await this.parts.catalog.choosePlace(place.fsPath);
    } catch (error) {
      void vscode.window.showErrorMessage(toErrorReport(error).message);
      return;
    }
    const { editor } = this.parts.lastEditor;
    const hasSelection = editor !== undefined && !editor.selection.isEmpty;
    if (hasSelection) return this.inspectSelection();
    if (this.link.text) return this.runAgain();
    if (editor && pickText(editor).text.trim() !== '') return this.inspectSelection();
    const last = await this.lastInspection.load();
    if (!last) return this.inspectSelection();
    const { uri, start, text } = last;
    await this.inspect({ uri, start, text, source: 'selection' });
  }

  /**
   * Shows a capture file, or asks for one. A workspace that is not trusted may show its own, too: the
   * file is read as numbers and text, and names nothing that is run or opened.
   */
  async openCapture(place?: vscode.Uri): Promise<void> {
    const file = place ?? (await chooseCaptureFile());
    if (!file) return;
    this.showPanel();
    this.link.text = undefined;
    if (file.scheme !== 'file') {
      this.inspection.refuse(
        new InspectorError(
          'capture-broken',
          'A capture file must lie on the disk of the machine that runs the models. Copy it there first.',
        ),
      );
      return;
    }
    void this.lastInspection.storeFile(file.fsPath);
    await this.inspection.openFile(file.fsPath);
  }

  /** Runs what stands at the inspected place now; the text as it was where its document is closed. */
  async runAgain(): Promise<void> {
    const { text } = this.link;
    if (!text)
      return this.inspection.hasSubject ? this.inspection.runAgain() : this.inspectSelection();
    const now = text.textNow() ?? text.text;
    await this.inspect({ uri: text.uri, start: text.start, text: now, source: 'selection' });
  }

  /** Lets the panel carry out a command. */
  inPanel(command: HostCommand): void {
    this.panel?.run(command);
  }

  /** Ends the run that is under way. */
  cancel(): void {
    this.inspection.cancel();
  }

  /** Lets people choose a model and runs the present text with it. */
  async chooseModel(): Promise<void> {
    const reference = await chooseModel(this.parts.catalog);
    if (reference !== undefined) await this.inspection.runModel();
  }

  /** Fills a panel that VS Code brought back after a reload. */
  async restore(panel: vscode.WebviewPanel): Promise<void> {
    this.panel = new InspectorPanel(panel, this.parts.context.extensionUri, this.pages);
    await this.bringBack();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  /** Shows what was inspected last, where nothing is shown yet. */
  private async bringBack(): Promise<void> {
    if (this.inspection.state.kind !== 'empty') return;
    this.restoring ??= this.restoreLast().finally(() => (this.restoring = undefined));
    await this.restoring;
  }

  private async restoreLast(): Promise<void> {
    const { file } = this.lastInspection;
    if (file !== undefined) return this.inspection.openFile(file);
    const text = await this.lastInspection.load();
    if (!text || this.inspection.state.kind !== 'empty') return;
    this.link.text = text;
    await this.inspection.run(text.text);
  }

  private async inspect(picked: PickedText | undefined): Promise<void> {
    this.showPanel();
    try {
      if (!picked) {
        throw new InspectorError(
          'text-empty',
          'No text editor is open. Open some text, select it, then choose Inspect Attention.',
        );
      }
      checkText(picked.text, picked.source);
    } catch (error) {
      this.link.text = undefined;
      this.inspection.refuse(error);
      return;
    }
    const text = new InspectedText(picked.uri, picked.start, picked.text);
    this.link.text = text;
    void this.lastInspection.store(text);
    await this.inspection.run(text.text);
  }

  private showPanel(): void {
    if (this.panel) this.panel.reveal();
    else this.panel = InspectorPanel.open(this.parts.context.extensionUri, this.pages);
  }

  private async inspectLine(): Promise<void> {
    const { editor } = this.parts.lastEditor;
    await this.inspect(editor && pickLine(editor.document, editor.selection.active.line));
  }

  /** Runs the inspected text from the cursor's line on: a model reads only so many tokens at once. */
  private async inspectFromCursor(): Promise<void> {
    const { text } = this.link;
    const rest = text && textFromCursor(text);
    if (rest) await this.inspect(rest);
    else {
      void vscode.window.showInformationMessage(
        'Put the cursor into the inspected text, on the line where the run should begin, then choose this again.',
      );
    }
  }

  private handlers(page: Page): Handlers<PanelApi> {
    return panelHandlers({
      ...this.parts,
      page,
      inspection: this.inspection,
      sides: this.sides,
      link: this.link,
      ready: () => this.pageReady(page),
      runAgain: () => this.runAgain(),
      inspectLine: () => this.inspectLine(),
      chooseModel: () => this.chooseModel(),
      openCapture: () => this.openCapture(),
      inspectFromCursor: () => this.inspectFromCursor(),
      shareLocus: locus => this.pages.shareLocus(page, locus, this.inspection.capture?.id),
    });
  }

  private async pageReady(page: Page): Promise<void> {
    await this.news.welcome(page);
    if (page.kind === 'masking') await this.bringBack();
  }

  /** Nobody looks any more once the panel is closed and no side bar shows us. */
  private pageLeft(page: Page, isClosed: boolean): void {
    this.sides.leave(page);
    if (isClosed && page.kind === 'panel') this.panel = undefined;
    if (this.panel || !this.pages.isEmpty) return;
    this.link.text = undefined;
    this.inspection.close();
  }

  private stateChanged(state: RunState): void {
    this.tell(state);
    this.sides.mainChanged();
    this.progress.update(state);
    this.link.refresh();
    const running = state.kind === 'running';
    void vscode.commands.executeCommand('setContext', `${SECTION}.running`, running);
  }

  /** Tells the pages of a state; a capture that they have already is not sent again. */
  private tell(state: RunState): void {
    const before = this.told;
    this.told = state.kind === 'ready' ? state.capture : undefined;
    if (state.kind !== 'ready' || before !== state.capture) this.pages.send('run', state);
    else this.pages.send('stale', { capture: state.capture.id, stale: state.stale });
  }

  private documentChanged(event: vscode.TextDocumentChangeEvent): void {
    const { text } = this.link;
    if (!text || event.document !== text.document) return;
    text.follow(event);
    this.inspection.checkStale();
  }
}
