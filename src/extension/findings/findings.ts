import type * as vscode from 'vscode';
import type { FindingsState } from '../../protocol/findings';
import type { EditorLink } from '../editor/editorLink';
import { modelStamp } from '../models/modelStamp';
import type { Inspection } from '../runs/inspection';
import type { InspectorClient } from '../runs/inspectorClient';
import { readSettings } from '../settings';
import type { FindingHome } from './findingPlace';
import { ModelChecks } from './modelChecks';
import { openFinding } from './openFinding';
import { Pins } from './pins';
import { Stillness } from './stillness';

/** What findings are made of. */
export interface FindingSources {
  readonly context: Pick<vscode.ExtensionContext, 'workspaceState' | 'globalStorageUri'>;
  readonly client: Pick<InspectorClient, 'call'>;
  readonly inspection: Pick<Inspection, 'state' | 'capture' | 'madeWith'>;
  readonly link: Pick<EditorLink, 'text'>;
  /** Runs beside the main one, or long work, are under way. */
  isBusy(): boolean;
  changed(state: FindingsState): void;
  log(message: string): void;
}

/** What is wrong with the main run's model: checked, listed, ignored and shown in editors. */
export class Findings implements vscode.Disposable {
  private readonly stillness = new Stillness(() => this.checks.follow());
  private readonly checks: ModelChecks;

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
      changed: state => sources.changed(state),
      log: message => sources.log(message),
    });
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
    this.checks.follow();
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
    this.stillness.dispose();
    this.checks.dispose();
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
