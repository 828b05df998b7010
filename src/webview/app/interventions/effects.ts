import { InspectorError, toErrorReport, type ErrorReport } from '../../../protocol/errors';
import type { InterventionEffect } from '../../../protocol/intervention';
import type { AnswerLoader } from '../answerLoader';
import { answerTo, question } from '../answers';
import { outputToken } from '../output';
import type { State } from '../state';
import type { Store } from '../store';
import { runList, type Effects } from './list';
import { isIntervening } from './wanted';

/** Finds what each intervention does alone: a run each, after the joint one, as long as the list is open. */
export class EffectsRunner {
  private running: AbortController | null = null;

  constructor(
    private readonly answers: AnswerLoader<State>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [state.capture, outputToken(state), isIntervening(state)],
      () => this.follow(),
    );
  }

  /** Stops; what is known stays. */
  cancel(): void {
    this.running?.abort();
  }

  /** Finds them again, after a cancelled or failed attempt. */
  again(): void {
    this.set(null);
    this.follow();
  }

  private follow(): void {
    const { state } = this.store;
    const asked = questionIn(state);
    if (!asked) {
      this.stop();
      return;
    }
    const { capture, token } = asked.params;
    const shown = state.interventions.effects;
    if (shown?.capture === capture && shown.token === token) return;
    this.stop();
    const known = answerTo(state, asked);
    if (known) this.set({ capture, token, known, isRunning: false, error: null });
    else void this.run(asked);
  }

  private async run(asked: Asked): Promise<void> {
    const { capture, token } = asked.params;
    const abort = new AbortController();
    this.running = abort;
    const found = new Map<number, InterventionEffect>();
    const show = (isRunning: boolean, error: ErrorReport | null = null): void => {
      if (this.running === abort) {
        this.set({ capture, token, known: [...found.values()], isRunning, error });
      }
    };
    const learn = (one: InterventionEffect): void => void found.set(one.index, one);
    show(true);
    try {
      const all = await this.answers.ask(asked, {
        signal: abort.signal,
        onProgress: value => {
          learn(value as InterventionEffect);
          show(true);
        },
      });
      all.forEach(learn);
      show(false);
    } catch (error) {
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      show(false, isCancelled ? null : toErrorReport(error));
    }
    if (this.running === abort) this.running = null;
  }

  private stop(): void {
    const { running } = this;
    this.running = null;
    running?.abort();
  }

  private set(effects: Effects | null): void {
    const { interventions } = this.store.state;
    this.store.set({ interventions: { ...interventions, effects } });
  }
}

type Asked = NonNullable<ReturnType<typeof questionIn>>;

/** What the effects of the run on show are asked with; null while nobody wants them. */
function questionIn(state: State) {
  const token = outputToken(state);
  const { capture } = state;
  if (!isIntervening(state) || !capture || token === null || runList(state).length === 0) {
    return null;
  }
  const params = { capture: capture.id, token };
  return { ...question('effects', params), params };
}
