import type { CaptureSummary, InspectProgress } from '../../protocol/capture';
import { InspectorError, toErrorReport } from '../../protocol/errors';
import type { Intervention } from '../../protocol/intervention';
import type { GivenFeeds } from '../../protocol/model';
import type { ChangedPart, RunState } from '../../protocol/panel';
import { isSameText, runSpec, textSpec, type TextSpec } from '../../protocol/run';
import { changedParts } from './basis';
import { givenIn, givenTo, type Given, type GivenInterventions } from '../subject/given';
import { inspectWhatGoes } from './inspectWhatGoes';
import { isRefusal, NEEDS_TEXT, ofSubject, OPENING } from './inspectionParts';
import type { Found, InspectionContext, Made, Settled } from './inspectionParts';
import { remediesFor } from './remedies';
import { MainRun, type Work } from './mainRun';
import { logged, type Making, type Run } from './run';
import { ofModel, othersOf, targetOf, textSubject, type Subject } from '../subject/subject';

/**
 * The one inspection of a window: what is inspected, and its main run. A newer run ends the one before;
 * cancelling it brings back what was on show; a capture that was lost is made again, as it was.
 */
export class Inspection {
  private present: RunState = { kind: 'empty' };
  private settled: Settled = { state: { kind: 'empty' }, subject: undefined };
  private subject: Subject | undefined;
  private given: Given = {};
  /** How the capture that was shown last was made; a file was not. */
  private made: Made | undefined;
  private changed: readonly ChangedPart[] = [];
  private readonly runs: MainRun;

  constructor(private readonly context: InspectionContext) {
    this.runs = new MainRun({ ...context, follow: (run, made) => this.follow(run, made) });
  }

  get state(): RunState {
    return this.present;
  }

  /** There is something that can be run or read again. */
  get hasSubject(): boolean {
    return this.subject !== undefined;
  }

  /** The capture on show, if there is one. */
  get capture(): CaptureSummary | undefined {
    return this.present.kind === 'ready' ? this.present.capture : undefined;
  }

  /** How the capture on show was made; undefined for a file. */
  get madeWith(): Made | undefined {
    return this.capture && this.capture.file === undefined ? this.made : undefined;
  }

  /**
   * Runs `text`; the outcome, good or bad, is a state. Resolves when there is one. Target and
   * continuation stay with their text: another one has none.
   * @param others what is read with it, or how
   */
  async run(text: string, others: Omit<TextSpec, 'text'> = {}): Promise<void> {
    const { subject } = this;
    const read = { text, ...others };
    const same = subject?.kind === 'text' && isSameText(subject, read);
    await this.runSubject(same ? subject : textSubject(read, undefined));
  }

  /** Runs the same text again, with the model that is set now; a file is read again. */
  async runAgain(): Promise<void> {
    if (this.subject?.kind === 'text') await this.run(this.subject.text, othersOf(this.subject));
    else if (this.subject) await this.openFile(this.subject.path);
  }

  /** Runs the text on show with the model that is set now, also where it came from a capture file. */
  async runModel(): Promise<void> {
    const { capture } = this;
    if (this.subject?.kind === 'file' && capture) await this.run(capture.text, othersOf(capture));
    else await this.runAgain();
  }

  /** Runs the present text with `target` as the decoder's. @throws InspectorError for a file. */
  async setTarget(target: string): Promise<void> {
    await this.runSubject(textSubject(this.presentText(NEEDS_TEXT.target), target));
  }

  /**
   * Runs the present text with these vocabulary entries after what the last stack reads; another text,
   * target or model has none, and one that cannot be run is forgotten.
   * @throws InspectorError for a file.
   */
  async setContinuation(tokens: readonly number[]): Promise<void> {
    const { subject: before } = this;
    const model = this.made?.params.model ?? '';
    const plain = textSubject(this.presentText(NEEDS_TEXT.generation), targetOf(this.subject));
    const subject = tokens.length > 0 ? { ...plain, continuation: { tokens, model } } : plain;
    await this.runSubject(subject);
    if (isRefusal(this.state) && this.subject === subject) this.subject = before;
  }

  /** Runs the present text with these values for inputs of its model. @throws InspectorError for a file. */
  async setFeeds(values: GivenFeeds): Promise<void> {
    const model = this.made?.params.model ?? '';
    await this.give({ feeds: { model, values } }, this.presentText(NEEDS_TEXT.feeds));
  }

  /** Runs the present text with these interventions. @throws InspectorError for a file. */
  async setInterventions(list: readonly Intervention[]): Promise<void> {
    const text = this.presentText(NEEDS_TEXT.interventions);
    const model = this.made?.params.model ?? '';
    const of = { model, text, target: targetOf(this.subject) };
    await this.give({ interventions: { ...of, list } }, text);
  }

  /** Gives the runs from the next one on these interventions, without running. */
  keepInterventions(interventions: GivenInterventions): void {
    this.given = { ...this.given, interventions };
  }

  /** Lets the model write the target, then runs with it. @throws InspectorError for a file. */
  async generateTarget(): Promise<void> {
    const text = this.presentText(NEEDS_TEXT.target);
    const before = targetOf(this.subject);
    await this.attempt(
      { stage: 'generating', label: 'The model writes its answer' },
      async making => {
        const { path } = await this.context.model();
        if (!making.isWanted()) return undefined;
        const { maximumTokens } = this.context.limits();
        const { feeds } = givenTo(this.given, path, textSubject(text, before));
        const params = { model: path, ...text, maximumTokens, ...(feeds ? { feeds } : {}) };
        const { target } = await this.context.client.call('generate', params, {
          signal: making.signal,
        });
        if (!making.isWanted()) return undefined;
        this.subject = textSubject(text, target);
        return this.inspect(making);
      },
      textSubject(text, before),
    );
  }

  /** Shows a capture file; the outcome, good or bad, is a state. */
  async openFile(path: string): Promise<void> {
    await this.attempt(
      { stage: 'loading', label: 'Reading the capture file' },
      async ({ signal }) => ({
        capture: await this.context.client.call('openCapture', { path }, { signal }),
      }),
      { kind: 'file', path },
    );
  }

  /** Ends the run that is under way, if there is one: what was on show before is on show again. */
  cancel(): void {
    if (this.present.kind !== 'running') return;
    this.runs.end();
    const { state, subject } = this.settled;
    if (state.kind === 'empty') {
      this.fail(new InspectorError('cancelled', 'The run was cancelled.'));
      return;
    }
    this.subject = subject;
    this.given = givenIn(this.made?.params);
    this.become(state);
    this.checkStale();
    void this.checkBasis();
  }

  /** Shows why a text is not run, and forgets the one before. */
  refuse(thrown: unknown): void {
    this.runs.end();
    this.subject = undefined;
    this.fail(thrown);
  }

  /** Puts a newer failure in place of the one on show, if one is; the text stays. */
  replaceFailure(thrown: unknown): void {
    if (this.present.kind === 'failed') this.fail(thrown);
  }

  /** Ends the run and frees the capture: nobody looks any more. */
  close(): void {
    // In this order: where nothing else is in the process, it is ended with the run.
    this.runs.leaveShown();
    this.runs.end();
    this.subject = undefined;
    this.become({ kind: 'empty' });
  }

  /** Compares the editor's text with the one that was run again, after an edit. */
  checkStale(): void {
    if (this.present.kind !== 'ready') return;
    const stale = this.context.isStale();
    const { changed: before = [], ...present } = this.present;
    const { changed } = this;
    if (stale === present.stale && String(changed) === String(before)) return;
    this.become({ ...present, stale, ...(changed.length > 0 ? { changed } : {}) });
  }

  /** Compares what the run rests on with what is chosen now, after a setting or a file changed. */
  async checkBasis(): Promise<void> {
    const { made, capture, context } = this;
    if (!made?.basis || !capture) return;
    const now = await context
      .model()
      .then(({ path }) => context.basis?.(path))
      .catch(() => undefined);
    if (this.made !== made || this.capture?.id !== capture.id) return;
    this.changed = now ? changedParts(capture, made.basis, now) : ['model'];
    this.checkStale();
  }

  /** The inspector no longer holds a capture: makes it again, as it was, if it is the one on show. */
  lost(capture: string): void {
    const { made, subject } = this;
    if (capture !== this.capture?.id) return;
    if (!made || !subject) void this.runAgain();
    else void this.attempt(OPENING, making => this.make(made, making), subject);
  }

  /** What a text cannot be run with is forgotten. */
  private async give(change: Partial<Given>, text: TextSpec): Promise<void> {
    const { given: before } = this;
    const given = { ...before, ...change };
    this.given = given;
    await this.runSubject(this.subject ?? textSubject(text, undefined));
    if (isRefusal(this.state) && this.given === given) this.given = before;
  }

  private presentText(otherwise: string): TextSpec {
    if (this.subject?.kind === 'text') return textSpec(this.subject);
    throw new InspectorError('inputs-wrong', otherwise);
  }

  private runSubject(subject: Subject): Promise<void> {
    return this.attempt(OPENING, making => this.inspect(making), subject);
  }

  /** Makes `subject` the present one and shows what `work` finds of it, unless something overtakes it. */
  private async attempt(first: InspectProgress, work: Work, subject: Subject): Promise<void> {
    this.subject = subject;
    const run = this.runs.begin(first, work);
    this.become(run.state);
    await run.ended;
  }

  /** Runs the present text with the present model. */
  private async inspect(making: Making): Promise<Found | undefined> {
    const { path, reference } = await this.context.model();
    const basis = await this.context.basis?.(path);
    if (!making.isWanted()) return undefined;
    const subject = this.subject && ofModel(this.subject, path);
    this.subject = subject;
    if (subject?.kind !== 'text') return undefined;
    const { target, continuation } = subject;
    const generated = { target, continuation: continuation?.tokens };
    const given = givenTo(this.given, path, subject);
    const spec = runSpec({ model: path, ...textSpec(subject), ...generated, ...given });
    return this.make({ params: { ...spec, ...this.context.limits() }, reference, basis }, making);
  }

  private async make(made: Made, { signal, onProgress }: Making): Promise<Found> {
    const options = { signal, onProgress };
    const found = await inspectWhatGoes(this.context.client, made.params, options);
    return { capture: found.capture, made: { ...made, params: found.params } };
  }

  /** The newest run has news: its capture takes the place of the one before. */
  private follow(run: Run, made: Made | undefined): void {
    const { state, capture } = run;
    if (!capture) {
      this.become(ofSubject(this.subject, state));
      return;
    }
    this.runs.show(run);
    this.made = made;
    this.changed = [];
    const window = this.context.window?.() ?? 0;
    this.become({
      kind: 'ready',
      capture,
      stale: this.context.isStale(),
      ...(made?.reference === undefined ? {} : { model: made.reference }),
      ...(window > 0 ? { window } : {}),
    });
    void this.checkBasis();
  }

  private fail(thrown: unknown): void {
    const error = toErrorReport(thrown);
    if (error.code !== 'cancelled') this.context.log(logged(error));
    const failed = { kind: 'failed', error, remedies: remediesFor(error.code) } as const;
    this.become(ofSubject(this.subject, failed));
  }

  private become(state: RunState): void {
    this.present = state;
    if (state.kind !== 'running') this.settled = { state, subject: this.subject };
    this.context.changed(state);
  }
}
