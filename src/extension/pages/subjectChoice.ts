import * as vscode from 'vscode';
import type { CaptureSummary } from '../../protocol/capture';
import type { Chat } from '../../protocol/chat';
import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { RunState } from '../../protocol/panel';
import type { EditorLink } from '../editor/editorLink';
import type { FirstSteps } from './firstSteps';
import { InspectedText } from '../subject/inspectedText';
import { interventionsGiven } from '../subject/given';
import type { Inspection } from '../runs/inspection';
import type { LastInspection } from '../subject/lastInspection';
import type { ModelCatalog } from '../models/modelCatalog';
import {
  pickDocument,
  pickLine,
  pickRange,
  pickText,
  textFromCursor,
  type LastEditor,
  type PickedText,
} from '../subject/pickText';
import { askPair } from './askPair';
import { chooseCaptureFile } from './saveFiles';
import { textTokens } from '../subject/tokensAt';
import { checkText } from '../subject/textCheck';

const NO_CHAT =
  'Messages are read from a text in an editor, and this run was read from a capture file: inspect a text first.';

/** What choosing needs of the session. */
export interface SubjectContext {
  readonly inspection: Inspection;
  readonly link: EditorLink;
  readonly lastInspection: LastInspection;
  readonly catalog: ModelCatalog;
  readonly lastEditor: LastEditor;
  readonly firstSteps: FirstSteps;
  /** Brings the panel to the front, or opens one. */
  show(): void;
}

/** A capture with its text, and the windows before it. */
interface Shown {
  readonly capture: string;
  readonly text: InspectedText | undefined;
  readonly earlier: readonly PickedText[];
}

/** What is inspected: picks a text, a model or a file as people ask, and gives it to the inspection. */
export class SubjectChoice {
  private restoring: Promise<void> | undefined;
  /** What the result on show was made of; it comes back with it when a later run is cancelled. */
  private shown: Shown | undefined;
  /** Windows of a long text that were left for the next one. */
  private earlier: readonly PickedText[] = [];

  constructor(private readonly context: SubjectContext) {}

  /** Inspects the selection of the last used editor, or its current line; a sample where none is open. */
  async inspectSelection(): Promise<void> {
    await this.inspect(pickText(await this.editorOrSample()));
  }

  /** Inspects the selection of an editor. */
  async inspectEditor(editor: vscode.TextEditor): Promise<void> {
    await this.inspect(pickText(editor));
  }

  /** Inspects the selection, or the whole document, as messages. */
  async inspectChat(): Promise<void> {
    const picked = pickDocument(await this.editorOrSample());
    await this.inspect({ ...picked, others: { chat: {} } });
  }

  /** Inspects two selections as a pair; of one, or of the current line, the second text is asked for. */
  async inspectPair(): Promise<void> {
    const picked = await askPair(await this.editorOrSample());
    if (picked) await this.inspect(picked);
  }

  /**
   * Runs the present text as messages, or as it is.
   * @throws InspectorError where there is no text: in a capture file
   */
  async readAs(chat: Chat | undefined): Promise<void> {
    const { text } = this.context.link;
    if (!text) throw new InspectorError('inputs-wrong', NO_CHAT);
    const { uri, start, text: now, others } = text.now();
    const { pair } = others;
    const read = { ...(pair === undefined ? {} : { pair }), ...(chat ? { chat } : {}) };
    await this.inspect({ uri, start, text: now, source: 'selection', others: read });
  }

  /** Opens a sample with a sentence selected, and inspects it. */
  async inspectSample(): Promise<void> {
    await this.inspect(pickText(await this.context.firstSteps.openSample()));
  }

  /** Keeps what a result was made of, and brings that back together with the result. */
  follow(state: RunState): void {
    if (state.kind !== 'ready') return;
    const { id, file } = state.capture;
    const { link, lastInspection } = this.context;
    const { shown } = this;
    if (file === undefined && shown?.capture !== id) {
      const { capture } = state;
      void lastInspection.storeInterventions(interventionsGiven(capture.model.path, capture));
    }
    if (shown?.capture !== id) {
      this.shown = { capture: id, text: link.text, earlier: this.earlier };
    } else if (shown.text !== link.text) {
      link.text = shown.text;
      this.earlier = shown.earlier;
      if (shown.text) void lastInspection.store(shown.text);
      else if (file !== undefined) void lastInspection.storeFile(file);
    }
  }

  /** Follows an edit of the text that is kept while another one runs. */
  textEdited(event: vscode.TextDocumentChangeEvent): void {
    const text = this.shown?.text;
    if (text && text !== this.context.link.text && text.isIn(event.document)) {
      text.follow(event);
    }
  }

  /** The workspace is trusted from now on: what was refused for want of that is run. */
  async trusted(): Promise<void> {
    const { inspection } = this.context;
    const { state } = inspection;
    if (state.kind === 'failed' && state.error.code === 'model-unknown') await this.runAgain();
    else await inspection.checkBasis();
  }

  /** Opens a text as a document without a file, and inspects it. */
  async inspectText(text: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ content: text });
    await this.inspect(pickRange(document, 0, text.length));
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
      await this.context.catalog.choosePlace(place.fsPath);
    } catch (error) {
      void vscode.window.showErrorMessage(toErrorReport(error).message);
      this.context.inspection.replaceFailure(error);
      return;
    }
    const { editor } = this.context.lastEditor;
    const hasSelection = editor !== undefined && !editor.selection.isEmpty;
    if (hasSelection) return this.inspectSelection();
    if (this.context.link.text) return this.runAgain();
    if (editor && pickText(editor).text.trim() !== '') return this.inspectSelection();
    const last = await this.context.lastInspection.load();
    if (!last) return this.inspectSelection();
    const { uri, start, text, others } = last;
    await this.inspect({ uri, start, text, source: 'selection', others });
  }

  /**
   * Shows a capture file, or asks for one. A workspace that is not trusted may show its own, too: the
   * file is read as numbers and text, and names nothing that is run or opened.
   */
  async openCapture(place?: vscode.Uri): Promise<void> {
    const file = place ?? (await chooseCaptureFile());
    if (!file) return;
    this.context.show();
    this.context.link.text = undefined;
    if (file.scheme !== 'file') {
      this.context.inspection.refuse(
        new InspectorError(
          'capture-broken',
          'A capture file must lie on the disk of the machine that runs the models. Copy it there first.',
        ),
      );
      return;
    }
    void this.context.lastInspection.storeFile(file.fsPath);
    await this.context.inspection.openFile(file.fsPath);
  }

  /** Runs what stands at the inspected place now; the text as it was where its document is closed. */
  async runAgain(): Promise<void> {
    const { text } = this.context.link;
    if (!text)
      return this.context.inspection.hasSubject
        ? this.context.inspection.runAgain()
        : this.inspectSelection();
    const { uri, start, text: now, others } = text.now();
    await this.inspect({ uri, start, text: now, source: 'selection', others }, this.earlier);
  }

  /** Inspects the line of the cursor, whatever is selected. */
  async inspectLine(): Promise<void> {
    const { document, selection } = await this.editorOrSample();
    await this.inspect(pickLine(document, selection.active.line));
  }

  /** Runs the inspected text from the cursor's line on: a model reads only so many tokens at once. */
  async inspectFromCursor(): Promise<void> {
    const { text } = this.context.link;
    const rest = text && textFromCursor(text);
    if (rest) await this.inspect(rest);
    else {
      void vscode.window.showInformationMessage(
        'Put the cursor into the inspected text, on the line where the run should begin, then choose this again.',
      );
    }
  }

  /** Windows of a long text that were run before the one on show. */
  get window(): number {
    return this.earlier.length;
  }

  /** Runs what follows the last token of the run: the next window of a text that is too long for the model. */
  async inspectNextWindow(): Promise<void> {
    const { inspection, link } = this.context;
    const { text } = link;
    const end = inspection.capture && endOfRun(inspection.capture);
    // Of a pair, or of messages, a later part is no window.
    if (text && Object.keys(text.others).length > 0) return;
    if (!text || end === undefined || text.text.slice(end).trim() === '') return;
    const { uri, start } = text;
    const left: PickedText = { uri, start, text: text.text, source: 'selection' };
    const earlier = [...this.earlier, left];
    await this.inspect({ ...left, start: start + end, text: text.text.slice(end) }, earlier);
  }

  /** Runs the window before. */
  async inspectPreviousWindow(): Promise<void> {
    const before = this.earlier.at(-1);
    if (before) await this.inspect(before, this.earlier.slice(0, -1));
  }

  /** Shows what was inspected last, where nothing is shown yet. */
  async bringBack(): Promise<void> {
    if (this.context.inspection.state.kind !== 'empty') return;
    this.restoring ??= this.restoreLast().finally(() => (this.restoring = undefined));
    await this.restoring;
  }

  private async restoreLast(): Promise<void> {
    const { file } = this.context.lastInspection;
    if (file !== undefined) return this.context.inspection.openFile(file);
    const text = await this.context.lastInspection.load();
    if (!text || this.context.inspection.state.kind !== 'empty') return;
    this.context.link.text = text;
    const { interventions } = this.context.lastInspection;
    if (interventions) this.context.inspection.keepInterventions(interventions);
    await this.context.inspection.run(text.text, text.read);
  }

  private async editorOrSample(): Promise<vscode.TextEditor> {
    const { lastEditor, firstSteps } = this.context;
    if (lastEditor.editor) return lastEditor.editor;
    const editor = await firstSteps.openSample();
    void vscode.window.showInformationMessage(
      'No text was open, so a sample is inspected. Open a text of yours, select some of it, and choose Inspect Attention again.',
    );
    return editor;
  }

  private async inspect(picked: PickedText, earlier: readonly PickedText[] = []): Promise<void> {
    this.earlier = earlier;
    this.context.show();
    try {
      checkText(picked.text, picked.source);
      const { pair } = picked.others ?? {};
      if (pair !== undefined) checkText(typeof pair === 'object' ? pair.text : pair, 'selection');
    } catch (error) {
      this.context.link.text = undefined;
      this.context.inspection.refuse(error);
      return;
    }
    const text = new InspectedText(picked.uri, picked.start, picked.text, picked.others);
    this.context.link.text = text;
    void this.context.lastInspection.store(text);
    await this.context.inspection.run(text.text, text.read);
  }
}

/** Offset in the text where the run's last token ends. */
function endOfRun(capture: CaptureSummary): number {
  return Math.max(0, ...textTokens(capture).map(({ end }) => end));
}
