import * as vscode from 'vscode';
import { graveCounts, type FindingsState } from '../../protocol/findings';
import type { EditorLink } from '../editor/editorLink';
import type { GraveFindings, TokenCount } from '../editor/statusBar';
import { modelStamp } from '../models/modelStamp';
import type { Inspection } from '../runs/inspection';
import type { InspectorClient } from '../runs/inspectorClient';
import { readSettings, SECTION } from '../settings';
import { FindingDiagnostics } from './findingDiagnostics';
import { FindingFixes } from './findingFixes';
import type { FindingHome } from './findingPlace';
import { ModelChecks } from './modelChecks';
import { ModelWatch } from './modelWatch';
import { openFinding } from './openFinding';
import { Pins } from './pins';
import { Stillness } from './stillness';

/** What findings are made of. */
export interface FindingSources {
  readonly context: Pick<vscode.ExtensionContext, 'workspaceState' | 'globalStorageUri'>;
  readonly client: Pick<InspectorClient, 'call'>;
  readonly inspection: Pick<Inspection, 'state' | 'capture' | 'madeWith'>;
  readonly link: Pick<EditorLink, 'text'>;
  readonly tokenCount: Pick<TokenCount, 'noteFindings'>;
  /** Runs beside the main one, or long work, are under way. */
  isBusy(): boolean;
  changed(state: FindingsState): void;
  log(message: string): void;
}

/** What is wrong with the main run's model: checked, listed, ignored and shown in editors. */
export class Findings implements vscode.Disposable {
  private readonly stillness = new Stillness(() => this.checks.follow());
  private readonly checks: ModelChecks;
  private readonly diagnostics = new FindingDiagnostics();
  private readonly watch = new ModelWatch(() => void this.filesChanged());
  private readonly subscriptions: readonly { dispose(): void }[];

  constructor(private readonly sources: FindingSources) {
    const { context, inspection } = sources;
    this.checks = new ModelChecks({
      ...sources,
      pins: new Pins(context.workspaceState),
      run: () => {
        const { capture, madeWith: made } = inspection;
        return capture && made && { capture, made };
      },
      isRunning: () => inspection.state.kind === 'running',
      isBusy: () => sources.isBusy(),
      isStill: () => this.stillness.isStill,
      isAutomatic: () => readSettings().checkModels === 'automatic',
      stamp: model => modelStamp(model, context.globalStorageUri.fsPath),
      changed: state => {
        sources.changed(state);
        sources.tokenCount.noteFindings(this.grave);
        this.list();
      },
      log: message => sources.log(message),
    });
    const fixes = new FindingFixes(this.diagnostics, () => this.model);
    const kinds = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };
    this.subscriptions = [
      this.stillness,
      this.checks,
      this.diagnostics,
      this.watch,
      vscode.languages.registerCodeActionsProvider({ scheme: '*' }, fixes, kinds),
      vscode.workspace.onDidChangeConfiguration(event => {
        if (event.affectsConfiguration(SECTION)) this.checks.follow();
      }),
    ];
  }

  /** What pages are told. */
  get state(): FindingsState {
    return this.checks.state;
  }

  /** A check that people asked for is under way. */
  get isAwaited(): boolean {
    return this.checks.isAwaited;
  }

  /** Checks the main run's model, or checks it again. @throws InspectorError where there is none */
  check(): void {
    this.checks.ask();
  }

  /** Ends the check that is under way. */
  cancel(): void {
    this.checks.cancel();
  }

  /** Ignores a finding of the main run's model from now on, by its `findingName`, or no longer. */
  async pin(name: string, isPinned: boolean): Promise<void> {
    await this.checks.pin(name, isPinned);
  }

  /** Opens what a finding is about. @throws InspectorError where that cannot be shown */
  async open(name: string): Promise<void> {
    await openFinding(name, this.state, this.home());
  }

  /** Runs or long work began or ended. */
  follow(): void {
    this.stillness.stir();
    this.watch.follow(this.model);
    this.checks.follow();
    this.list();
  }

  /** Files of models may have changed. */
  async filesChanged(): Promise<void> {
    await this.checks.filesChanged();
  }

  /** No check begins before an answer that a page waits for. */
  after<T>(answer: Promise<T>): Promise<T> {
    return this.stillness.during(answer);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private get grave(): GraveFindings | undefined {
    const { state } = this;
    const model = this.sources.inspection.capture?.model.name;
    if (state.kind !== 'ready' || model === undefined) return undefined;
    return { model, ...graveCounts(state.result.findings, state.pinned) };
  }

  /** Path of the main run's model. */
  private get model(): string | undefined {
    return this.sources.inspection.madeWith?.params.model;
  }

  /** What was listed stays while a run or a check is under way. */
  private list(): void {
    const isUnderWay =
      this.sources.inspection.state.kind === 'running' || this.state.kind === 'running';
    if (!isUnderWay) void this.diagnostics.show(this.state, this.home());
  }

  /** What findings are looked for in; the text only where it is the one that was checked. */
  private home(): FindingHome | undefined {
    const { inspection, link } = this.sources;
    const { capture, madeWith } = inspection;
    if (!capture || !madeWith) return undefined;
    const { state } = this;
    const isChecked = state.kind === 'ready' && state.capture === capture.id;
    const { text } = link;
    return {
      model: madeWith.params.model,
      text: isChecked && !text?.isStale ? text : undefined,
    };
  }
}
