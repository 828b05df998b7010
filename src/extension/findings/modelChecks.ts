import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError, toErrorReport, type ErrorReport } from '../../protocol/errors';
import type {
  CheckProgress,
  FindingsState,
  ModelFinding,
  ModelFindings,
} from '../../protocol/findings';
import type { CheckParams } from '../../protocol/inspector';
import { runSpec, textSpec } from '../../protocol/run';
import type { Made } from '../runs/inspectionParts';
import type { InspectorClient } from '../runs/inspectorClient';
import { logged } from '../runs/run';
import type { Pins } from './pins';

/** The main run that is on show, and how it was made. */
export interface CheckedRun {
  readonly capture: CaptureSummary;
  readonly made: Made;
}

/** What checks ask of their surroundings. */
export interface CheckSources {
  readonly client: Pick<InspectorClient, 'call'>;
  readonly pins: Pins;
  /** Undefined where no run of a model is on show. */
  run(): CheckedRun | undefined;
  /** The main run is under way: what was known before it stays on show. */
  isRunning(): boolean;
  /** Other work that takes long and that people wait for is under way. */
  isBusy(): boolean;
  /** Nothing that people wait for has been under way for a moment. */
  isStill(): boolean;
  /** Models are checked unasked where they are not large. */
  isAutomatic(): boolean;
  /** Tells one state of a model's files from another. */
  stamp(model: string): Promise<string>;
  changed(state: FindingsState): void;
  log(message: string): void;
}

/** What came of a check. */
interface Known {
  readonly stamp: string;
  readonly params: CheckParams;
  readonly capture: string;
  readonly outcome: ModelFindings | ErrorReport;
}

/** A check that is under way. */
interface UnderWay {
  readonly model: string;
  readonly isAsked: boolean;
  readonly ending: AbortController;
  progress: CheckProgress;
  found: readonly ModelFinding[];
}

/** Bytes of the largest model that is checked unasked. */
const LARGEST_UNASKED = 600e6;
/** Models whose findings are kept. */
const MOST_KNOWN = 4;

/**
 * What is known of the main run's model. It is checked once, with the text of the run: when that is on
 * show and nothing else is wanted, or when people ask. A new run ends a check, which begins again after it.
 */
export class ModelChecks {
  private shown: FindingsState = { kind: 'none' };
  private readonly known = new Map<string, Known>();
  private underWay: UnderWay | undefined;
  /** The main run's model, and its files as they are. */
  private now: { readonly model: string; readonly stamp: string } | undefined;
  /** People asked for a check that is not done yet. */
  private isAsked = false;
  /** The model of which people do not want the check. */
  private declined: string | undefined;

  constructor(private readonly sources: CheckSources) {}

  /** What pages are told. */
  get state(): FindingsState {
    return this.shown;
  }

  /** A check that people asked for is under way. */
  get isAwaited(): boolean {
    return this.underWay?.isAsked ?? false;
  }

  /** Checks the main run's model, whatever is known of it. @throws InspectorError where there is none */
  ask(): void {
    const run = this.sources.run();
    if (!run && !this.sources.isRunning()) {
      throw new InspectorError(
        'inputs-wrong',
        'A check is made of the model that reads a text, and none does. Inspect a text with the model first.',
      );
    }
    if (this.isAwaited) return;
    this.isAsked = true;
    this.declined = undefined;
    if (!run) this.now = undefined;
    this.interrupt();
    this.follow();
  }

  /** Ends the check that is under way; it does not begin again by itself. */
  cancel(): void {
    if (!this.underWay) return;
    this.declined = this.underWay.model;
    this.isAsked = false;
    this.interrupt();
    this.tell();
  }

  /** Ignores a finding of the main run's model from now on, by its `findingName`, or no longer. */
  async pin(name: string, isPinned: boolean): Promise<void> {
    const run = this.sources.run();
    if (!run) return;
    await this.sources.pins.set(referenceOf(run), name, isPinned);
    this.tell();
  }

  /** Files of models may have changed. */
  async filesChanged(): Promise<void> {
    const model = this.sources.run()?.made.params.model;
    if (model === undefined) return;
    const stamp = await this.sources.stamp(model);
    if (model !== this.sources.run()?.made.params.model) return;
    if (this.now?.model === model && this.now.stamp === stamp) return;
    this.now = { model, stamp };
    this.declined = undefined;
    this.follow();
  }

  /** Follows the main run, and what else is under way: begins a check, or ends it for now. */
  follow(): void {
    const run = this.sources.run();
    const model = run?.made.params.model;
    if (model === undefined && this.sources.isRunning()) this.interrupt();
    else if (this.now && this.now.model !== model) this.forget();
    const { underWay } = this;
    if (underWay && (underWay.model !== model || this.givesWay(underWay))) this.interrupt();
    if (run && !this.now) void this.filesChanged();
    else if (run && !this.underWay && this.isDue(run)) this.begin(run);
    this.tell();
  }

  dispose(): void {
    this.interrupt();
  }

  /** Another model is looked at, or none. */
  private forget(): void {
    this.interrupt();
    this.now = undefined;
    this.isAsked = false;
    this.declined = undefined;
  }

  private givesWay({ isAsked }: UnderWay): boolean {
    return !isAsked && this.sources.isBusy();
  }

  private isDue({ capture: { model: card }, made }: CheckedRun): boolean {
    const { model } = made.params;
    if (this.isAsked) return true;
    const isKnown = this.known.get(model)?.stamp === this.now?.stamp;
    if (isKnown || this.declined === model || card.fileSize > LARGEST_UNASKED) return false;
    return this.sources.isAutomatic() && this.sources.isStill() && !this.sources.isBusy();
  }

  private begin(run: CheckedRun): void {
    const underWay: UnderWay = {
      model: run.made.params.model,
      isAsked: this.isAsked,
      ending: new AbortController(),
      progress: { decided: 0, rules: 0, runs: 0 },
      found: [],
    };
    this.underWay = underWay;
    void this.make(run, underWay);
  }

  private async make({ made, capture }: CheckedRun, underWay: UnderWay): Promise<void> {
    const { model } = underWay;
    const params = paramsOf(made);
    const stamp = await this.sources.stamp(model);
    const outcome = await this.outcome(params, underWay);
    if (this.underWay !== underWay) return;
    this.underWay = undefined;
    this.isAsked = false;
    // The process was ended, for whatever reason: that says nothing of the model.
    if ('code' in outcome && outcome.code === 'cancelled') this.declined = model;
    else this.keep(model, { stamp, params, capture: capture.id, outcome });
    this.follow();
  }

  private async outcome(
    params: CheckParams,
    underWay: UnderWay,
  ): Promise<ModelFindings | ErrorReport> {
    const { signal } = underWay.ending;
    const onProgress = (value: unknown) => {
      if (this.underWay !== underWay) return;
      const progress = value as CheckProgress;
      underWay.progress = progress;
      if (progress.finding) underWay.found = [...underWay.found, progress.finding];
      this.tell();
    };
    try {
      return await this.sources.client.call('check', params, { signal, onProgress });
    } catch (error) {
      const report = toErrorReport(error);
      if (report.code !== 'cancelled') this.sources.log(logged(report));
      return report;
    }
  }

  private keep(model: string, known: Known): void {
    this.known.delete(model);
    this.known.set(model, known);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_KNOWN && oldest !== undefined) this.known.delete(oldest);
  }

  private interrupt(): void {
    const { underWay } = this;
    this.underWay = undefined;
    underWay?.ending.abort();
  }

  private tell(): void {
    const state = this.present();
    if (isSameState(state, this.shown)) return;
    this.shown = state;
    this.sources.changed(state);
  }

  private present(): FindingsState {
    const run = this.sources.run();
    if (!run) {
      const isKept = this.sources.isRunning() && this.shown.kind !== 'running';
      return isKept ? this.shown : { kind: 'none' };
    }
    const { underWay } = this;
    if (underWay) return { kind: 'running', progress: underWay.progress, found: underWay.found };
    const { model } = run.made.params;
    const known = this.known.get(model);
    if (!known) return { kind: 'none' };
    const { outcome } = known;
    if ('code' in outcome) return { kind: 'failed', error: outcome };
    return {
      kind: 'ready',
      capture: isSameRead(known.params, paramsOf(run.made)) ? run.capture.id : known.capture,
      result: outcome,
      pinned: this.sources.pins.of(referenceOf(run)),
      isStale: this.now?.model === model && this.now.stamp !== known.stamp,
    };
  }
}

const referenceOf = ({ made }: CheckedRun): string => made.reference ?? made.params.model;

/** What a run reads, without what is changed in it. */
function paramsOf({ params }: Made): CheckParams {
  const { model, target, continuation, feeds, maximumTokens } = params;
  const changes = undefined;
  const read = { model, ...textSpec(params), target, continuation, feeds, changes };
  return { ...runSpec(read), maximumTokens };
}

/** Whether two runs read the same tokens. */
const isSameRead = (one: CheckParams, other: CheckParams): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** Whether pages have been told that already. */
function isSameState(one: FindingsState, other: FindingsState): boolean {
  if (one.kind === 'ready' && other.kind === 'ready') {
    return (
      one.result === other.result &&
      one.capture === other.capture &&
      one.isStale === other.isStale &&
      String(one.pinned) === String(other.pinned)
    );
  }
  if (one.kind === 'running' && other.kind === 'running') return one.progress === other.progress;
  if (one.kind === 'failed' && other.kind === 'failed') return one.error === other.error;
  return one.kind === 'none' && other.kind === 'none';
}
