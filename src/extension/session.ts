import * as vscode from 'vscode';
import { InspectorError } from '../protocol/errors';
import type { PanelApi, RemedyId, RunState, TextTrace } from '../protocol/panel';
import type { Handlers } from '../protocol/rpc';
import { tracedPart } from '../protocol/tokenTrace';
import { chooseModel, openSettings } from './chooseModel';
import { EditorLink } from './editorLink';
import { InspectedText } from './inspectedText';
import { Inspection } from './inspection';
import type { InspectorClient } from './inspectorClient';
import { InspectorPanel, type PanelOwner } from './inspectorPanel';
import { LastInspection } from './lastInspection';
import type { ModelCatalog } from './modelCatalog';
import { pickLine, pickText, type LastEditor, type PickedText } from './pickText';
import { RunProgress } from './runProgress';
import { readSettings, SECTION, storeModel } from './settings';
import { checkText } from './textCheck';

/** What a session is made of. */
export interface SessionParts {
  readonly context: vscode.ExtensionContext;
  readonly client: InspectorClient;
  readonly catalog: ModelCatalog;
  readonly lastEditor: LastEditor;
  readonly log: vscode.LogOutputChannel;
}

/** One window's debugging: joins the editor, the inspection and the panel. */
export class Session implements vscode.Disposable {
  private readonly inspection: Inspection;
  private readonly link: EditorLink;
  private readonly progress = new RunProgress();
  private readonly lastInspection: LastInspection;
  private readonly subscriptions: readonly { dispose(): void }[];
  private panel: InspectorPanel | undefined;

  constructor(private readonly parts: SessionParts) {
    const { client, catalog, log, context } = parts;
    this.lastInspection = new LastInspection(context.workspaceState);
    this.link = new EditorLink(() => this.inspection.capture);
    this.inspection = new Inspection({
      client,
      model: () => catalog.current(),
      maximumTokens: () => readSettings(this.link.text?.uri).maximumTokens,
      isStale: () => this.link.text?.isStale ?? false,
      changed: state => this.stateChanged(state),
      log: message => log.error(message),
    });
    this.subscriptions = [
      this.link,
      this.progress,
      vscode.workspace.onDidChangeTextDocument(event => this.documentChanged(event)),
      vscode.window.onDidChangeTextEditorSelection(event => this.sendCursor(event.textEditor)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.sendModels()),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (event.affectsConfiguration(SECTION)) void this.sendModels();
      }),
    ];
  }

  /** Inspects the selection of the last used editor, or its current line. */
  async inspectSelection(): Promise<void> {
    const { editor } = this.parts.lastEditor;
    await this.inspect(editor && pickText(editor));
  }

  /** Ends the run that is under way. */
  cancel(): void {
    this.inspection.cancel();
  }

  /** Lets people choose a model and runs the present text with it. */
  async chooseModel(): Promise<void> {
    const reference = await chooseModel(this.parts.catalog);
    if (reference !== undefined) await this.inspection.runAgain();
  }

  /** Fills a panel that VS Code brought back after a reload. */
  async restore(panel: vscode.WebviewPanel): Promise<void> {
    this.panel = new InspectorPanel(panel, this.parts.context.extensionUri, this.owner());
    const text = await this.lastInspection.load();
    this.link.text = text;
    if (text) await this.inspection.run(text.text);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private async inspect(picked: PickedText | undefined): Promise<void> {
    if (this.panel) this.panel.reveal();
    else this.panel = InspectorPanel.open(this.parts.context.extensionUri, this.owner());
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

  private async inspectLine(): Promise<void> {
    const { editor } = this.parts.lastEditor;
    await this.inspect(editor && pickLine(editor.document, editor.selection.active.line));
  }

  /** Runs what stands at the inspected place now; the text as it was where its document is closed. */
  private async runAgain(): Promise<void> {
    const { text } = this.link;
    if (!text) return this.inspectSelection();
    const now = text.textNow() ?? text.text;
    await this.inspect({ uri: text.uri, start: text.start, text: now, source: 'selection' });
  }

  private owner(): PanelOwner {
    return {
      handlers: this.handlers(),
      onError: (method, { code, message, detail }) => {
        this.parts.log.warn(`panel, ${method}: ${code}: ${message}${detail ? `\n${detail}` : ''}`);
      },
      closed: () => {
        this.panel = undefined;
        this.link.text = undefined;
        this.inspection.close();
      },
    };
  }

  private handlers(): Handlers<PanelApi> {
    const { inspection, link } = this;
    return {
      ready: async () => {
        this.panel?.send('run', inspection.state);
        const { editor } = this.parts.lastEditor;
        if (editor) this.sendCursor(editor);
        await this.sendModels();
      },
      overview: params => inspection.slice('overview', params),
      map: params => inspection.slice('map', params),
      row: params => inspection.slice('row', params),
      pair: params => inspection.slice('pair', params),
      trace: ({ model }) => this.trace(model),
      hoverToken: ({ token }) => {
        link.mark(token);
        return Promise.resolve();
      },
      revealToken: ({ token }) => link.reveal(token),
      useModel: ({ reference }) => this.useModel(reference),
      remedy: ({ remedy }) => this.remedy(remedy),
      cancel: () => {
        inspection.cancel();
        return Promise.resolve();
      },
    };
  }

  private async useModel(reference: string): Promise<void> {
    const { choices } = await this.parts.catalog.choices();
    if (!choices.some(choice => choice.reference === reference)) {
      throw new InspectorError('model-unknown', `“${reference}” is none of the offered models.`);
    }
    await storeModel(reference);
    await this.inspection.runAgain();
  }

  /** How a model's tokenizer splits the text of the capture on show. */
  private async trace(reference: string | null): Promise<TextTrace> {
    const { capture } = this.inspection;
    if (!capture) {
      throw new InspectorError(
        'capture-missing',
        'There is no run to look at. Run the text again.',
      );
    }
    const { path, name } = capture.model;
    const model =
      reference === null
        ? { reference: path, label: name, detail: '', path }
        : await this.parts.catalog.find(reference);
    const text = tracedPart(capture.text);
    const trace = await this.parts.client.call('trace', { model: model.path, text });
    const { label, detail } = model;
    return { model: { reference: model.reference, label, detail }, text, trace };
  }

  private async remedy(remedy: RemedyId): Promise<void> {
    switch (remedy) {
      case 'runAgain':
        return this.runAgain();
      case 'inspectLine':
        return this.inspectLine();
      case 'chooseModel':
        return this.chooseModel();
      case 'openSettings':
        return openSettings();
      case 'showLog':
        this.parts.log.show();
    }
  }

  private stateChanged(state: RunState): void {
    this.panel?.send('run', state);
    this.progress.update(state);
    if (state.kind !== 'ready' || state.stale) this.link.mark(null);
    const running = state.kind === 'running';
    void vscode.commands.executeCommand('setContext', `${SECTION}.running`, running);
  }

  private documentChanged(event: vscode.TextDocumentChangeEvent): void {
    const { text } = this.link;
    if (!text || event.document !== text.document) return;
    text.follow(event);
    this.inspection.checkStale();
  }

  private sendCursor(editor: vscode.TextEditor): void {
    const tokens = this.link.tokensUnderCursor(editor);
    if (tokens) this.panel?.send('cursor', { tokens });
  }

  private async sendModels(): Promise<void> {
    this.panel?.send('models', await this.parts.catalog.choices());
  }
}
