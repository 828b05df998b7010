import * as vscode from 'vscode';
import type { HostCommand } from '../protocol/commands';
import type { CaptureSummary } from '../protocol/capture';
import { toErrorReport } from '../protocol/errors';
import type { PanelApi, PanelEvents, RunState } from '../protocol/panel';
import type { Handlers } from '../protocol/rpc';
import { tokenizerStamp } from './models/tokenizerStamp';
import { EditorLink } from './editor/editorLink';
import { Findings } from './findings/findings';
import type { FirstSteps } from './pages/firstSteps';
import type { HubDownloads } from './models/hubDownloads';
import { Inspection } from './runs/inspection';
import type { InspectorClient } from './runs/inspectorClient';
import { InspectorPanel } from './pages/inspectorPanel';
import { LastInspection } from './subject/lastInspection';
import { ListChoice } from './pages/listChoice';
import { LongWork } from './runs/longWork';
import { ModelChoice } from './pages/modelChoice';
import { MaskingView } from './pages/maskingSideBar';
import type { ModelCatalog } from './models/modelCatalog';
import type { Page } from './pages/page';
import { PageNews } from './pages/pageNews';
import { Pages } from './pages/pages';
import { panelHandlers } from './pages/panelHandlers';
import type { LastEditor } from './subject/pickText';
import { ComparedCapture } from './pages/comparedCapture';
import { Corpora } from './pages/corpora';
import { RunProgress } from './runs/runProgress';
import { readSettings, SECTION } from './settings';
import { SideRuns } from './runs/sideRuns';
import type { TokenCount } from './editor/statusBar';
import { SubjectChoice } from './pages/subjectChoice';
import type { TokenizerWatch } from './models/tokenizerWatch';

/** What a session is made of. */
export interface SessionParts {
  readonly context: vscode.ExtensionContext;
  readonly client: InspectorClient;
  readonly catalog: ModelCatalog;
  readonly lastEditor: LastEditor;
  readonly firstSteps: FirstSteps;
  readonly downloads: HubDownloads;
  readonly log: vscode.LogOutputChannel;
  readonly tokenCount: Pick<TokenCount, 'noteFindings'>;
  readonly watch: Pick<TokenizerWatch, 'onDidChange'>;
}

/** One window's debugging: joins the editor, the runs and the pages. */
export class Session implements vscode.Disposable {
  /** The Masking view for a side bar. */
  readonly maskingView: MaskingView;
  /** What people can ask to be inspected. */
  readonly subjects: SubjectChoice;
  /** What people can ask it to be inspected with. */
  readonly models: ModelChoice;
  /** Lists of interventions that people can open. */
  readonly lists: ListChoice;
  private readonly inspection: Inspection;
  private readonly sides: SideRuns;
  private readonly pages: Pages;
  private readonly news: PageNews;
  private readonly link: EditorLink;
  private readonly corpora: Corpora;
  private readonly captures: ComparedCapture;
  private readonly progress = new RunProgress();
  private readonly subscriptions: readonly { dispose(): void }[];
  private panel: InspectorPanel | undefined;
  private isRunning = false;
  /** What takes long and is asked for by pages. */
  private readonly work = new LongWork(() => this.othersChanged());
  private readonly findings: Findings;
  /** The capture that the pages were told of last. */
  private told: CaptureSummary | undefined;

  constructor(private readonly parts: SessionParts) {
    const { client, catalog, log, context } = parts;
    this.corpora = new Corpora(context.workspaceState);
    this.captures = new ComparedCapture(context.workspaceState);
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
      basis: async model => ({
        model,
        maximumTokens: shared.limits().maximumTokens,
        tokenizer: await tokenizerStamp(model, context.globalStorageUri.fsPath),
      }),
      isStale: () => this.link.text?.isStale ?? false,
      window: () => this.subjects.window,
      changed: state => this.stateChanged(state),
    });
    this.sides = new SideRuns({
      ...shared,
      main: this.inspection,
      find: async reference => this.captures.find(reference) ?? catalog.find(reference),
      changed: (slot, state) => {
        this.pages.send('side', { slot, state });
        this.othersChanged();
      },
    });
    const { inspection, sides, link, pages } = this;
    this.findings = new Findings({
      ...parts,
      ...shared,
      inspection,
      link,
      isBusy: () => sides.isRunning || this.work.isUnderWay,
      changed: state => {
        pages.send('findings', state);
        this.showRunning();
      },
    });
    this.subjects = new SubjectChoice({
      ...parts,
      inspection,
      link,
      lastInspection: new LastInspection(context.workspaceState),
      show: () => this.showPanel(),
    });
    const storage = context.globalStorageUri.fsPath;
    this.lists = new ListChoice({ ...parts, inspection, pages, subjects: this.subjects });
    const { findings, lists, captures } = this;
    this.news = new PageNews({
      ...parts,
      inspection,
      sides,
      findings,
      link,
      pages,
      lists,
      captures,
    });
    this.models = new ModelChoice({ ...parts, inspection, storage });
    this.maskingView = new MaskingView(context.extensionUri, this.pages);
    this.subscriptions = [
      this.link,
      this.progress,
      this.findings,
      vscode.workspace.onDidChangeTextDocument(event => this.documentChanged(event)),
      parts.watch.onDidChange(() => {
        void this.inspection.checkBasis();
        void this.findings.filesChanged();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.subjects.trusted()),
      this.news,
    ];
  }

  /** Lets the panel carry out a command. */
  inPanel(command: HostCommand): void {
    this.panel?.run(command);
  }

  /** Ends whatever is under way: the run, else the runs beside it and long work on either. */
  cancel(): void {
    if (this.inspection.state.kind === 'running') {
      this.inspection.cancel();
      return;
    }
    this.work.cancel();
    this.sides.cancel();
    this.findings.cancel();
  }

  /** Checks the model of the run on show, or of one that this makes, and shows what is found. */
  async checkModel(): Promise<void> {
    if (this.inspection.state.kind === 'empty') await this.subjects.inspectSelection();
    try {
      this.findings.check();
    } catch (error) {
      void vscode.window.showErrorMessage(toErrorReport(error).message);
      return;
    }
    await this.showFindings({});
  }

  /** Opens the panel at its findings, and at one of them where it is named. */
  async showFindings(at: PanelEvents['showFindings']): Promise<void> {
    this.showPanel();
    await this.pages.seen();
    this.pages.send('showFindings', at);
  }

  /** Ignores a finding of the model, by its `findingName`. */
  async ignoreFinding(name: string): Promise<void> {
    await this.findings.pin(name, true);
  }

  /** Fills a panel that VS Code brought back after a reload. */
  async restore(panel: vscode.WebviewPanel): Promise<void> {
    this.panel = new InspectorPanel(panel, this.parts.context.extensionUri, this.pages);
    await this.subjects.bringBack();
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private showPanel(): void {
    if (this.panel) this.panel.reveal();
    else this.panel = InspectorPanel.open(this.parts.context.extensionUri, this.pages);
  }

  private handlers(page: Page): Handlers<PanelApi> {
    return panelHandlers({
      ...this.parts,
      page,
      inspection: this.inspection,
      sides: this.sides,
      link: this.link,
      corpora: this.corpora,
      captures: this.captures,
      work: this.work,
      findings: this.findings,
      subjects: this.subjects,
      models: this.models,
      lists: this.lists,
      cancel: () => this.cancel(),
      ready: () => this.pageReady(page),
      shareLocus: locus => {
        this.parts.firstSteps.tick('chosePlace');
        this.pages.shareLocus(page, locus, this.inspection.capture?.id);
      },
    });
  }

  private async pageReady(page: Page): Promise<void> {
    await this.news.welcome(page);
    if (page.kind === 'masking') await this.subjects.bringBack();
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
    this.subjects.follow(state);
    this.tell(state);
    this.sides.mainChanged();
    this.progress.update(state);
    this.link.refresh();
    if (state.kind === 'ready') this.parts.firstSteps.tick('inspected');
    this.othersChanged();
  }

  /** Runs or long work began or ended: checks of models go by them. */
  private othersChanged(): void {
    this.findings.follow();
    this.showRunning();
  }

  /** Offers *Cancel the Run* while there is something to cancel. */
  private showRunning(): void {
    const running =
      this.inspection.state.kind === 'running' ||
      this.sides.isRunning ||
      this.work.isUnderWay ||
      this.findings.isAwaited;
    if (running === this.isRunning) return;
    this.isRunning = running;
    void vscode.commands.executeCommand('setContext', `${SECTION}.running`, running);
  }

  /** Tells the pages of a state; a capture that they have already is not sent again. */
  private tell(state: RunState): void {
    const before = this.told;
    this.told = state.kind === 'ready' ? state.capture : undefined;
    if (state.kind !== 'ready' || before !== state.capture) this.pages.send('run', state);
    else {
      const { capture, stale, changed = [] } = state;
      this.pages.send('stale', { capture: capture.id, stale, changed });
    }
  }

  private documentChanged(event: vscode.TextDocumentChangeEvent): void {
    this.subjects.textEdited(event);
    const { text } = this.link;
    if (!text?.isIn(event.document)) return;
    text.follow(event);
    this.inspection.checkStale();
  }
}
