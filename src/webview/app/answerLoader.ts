import { InspectorError, toErrorReport, type ErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Caller, CallOptions, Result } from '../../protocol/rpc';
import {
  addressOf,
  type Answer,
  type HasAnswers,
  type Question,
  type Questions,
  type ReadMethod,
} from './answers';
import type { Store } from './store';

/** Bytes of answers that are remembered, at most: maps are large, rows are many. */
const MOST_BYTES = 1 << 25;
/** What the entry of an answer takes beside its numbers. */
const ENTRY_BYTES = 1 << 10;

/** Bytes of the numbers and words in an answer. */
export function bytesIn(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength;
  if (typeof value === 'string') return 2 * value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce((sum: number, part) => sum + bytesIn(part), 0);
}

const isCancelled = (error: unknown): boolean =>
  error instanceof InspectorError && error.code === 'cancelled';

/**
 * Asks the host and remembers what it answers. What is wanted by name is asked for by itself: under
 * each name one question at a time, always the newest; equal questions are asked once.
 */
export class AnswerLoader<S extends HasAnswers> {
  /** By question, those used longest ago first. */
  private readonly known = new Map<string, Answer>();
  private readonly sizes = new Map<string, number>();
  private held = 0;
  private readonly asked = new Map<string, Promise<unknown>>();
  /** Questions on their way whose answers come too late: something newer is known. */
  private readonly late = new WeakSet<Promise<unknown>>();
  /** Names under which a question is on its way. */
  private readonly busy = new Set<string>();
  /** What was cancelled: asked again once people went on. */
  private readonly ended = new Set<string>();
  /** What was refused under a name: asked again once something else was wanted in between. */
  private readonly refused = new Set<string>();

  /**
   * @param wanted what is to be known in a state
   * @param moved what tells that people went on: only then is a cancelled question asked again
   */
  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<S>,
    private readonly wanted: (state: S) => Questions,
    moved: (state: S) => readonly unknown[],
  ) {
    store.select(moved, () => this.ended.clear());
    store.select(
      state => [state],
      () => this.follow(),
    );
  }

  /**
   * The answer, from memory or from the host.
   * @throws InspectorError why there is none
   */
  async get<M extends ReadMethod>(question: Question<M>): Promise<Result<PanelApi, M>> {
    const at = addressOf(question);
    const known = this.known.get(at);
    if (!known || !('value' in known)) return this.ask(question);
    this.use(at, known);
    return known.value as Result<PanelApi, M>;
  }

  /**
   * Asks the host, unless the question is on its way to it, and remembers the answer. A question that
   * is watched goes its own way.
   * @throws InspectorError why there is no answer
   */
  ask<M extends ReadMethod>(
    question: Question<M>,
    watch?: CallOptions,
  ): Promise<Result<PanelApi, M>> {
    const at = addressOf(question);
    const before = this.asked.get(at);
    if (before && !watch) return before as Promise<Result<PanelApi, M>>;
    if (before) this.late.add(before);
    const call: Promise<unknown> = this.api
      .call(question.method, question.params as never, watch)
      .then(value => {
        if (!this.late.has(call)) this.learn(at, { value });
        return value;
      })
      .finally(() => {
        if (this.asked.get(at) === call) this.asked.delete(at);
      });
    this.asked.set(at, call);
    return call as Promise<Result<PanelApi, M>>;
  }

  /** Takes an answer that another method gave. */
  keep(question: Question, value: unknown): void {
    const at = addressOf(question);
    this.overtake(at);
    this.learn(at, { value });
  }

  /** Remembers why there is no answer, or no newer one: what was answered before stays. */
  refuse(question: Question, error: ErrorReport): void {
    const at = addressOf(question);
    this.overtake(at);
    this.learn(at, { ...this.known.get(at), error });
  }

  /** Takes that reason away. */
  retry(question: Question): void {
    const at = addressOf(question);
    const known = this.known.get(at);
    if (!known?.error) return;
    this.drop(at);
    if ('value' in known) this.learn(at, { value: known.value });
    else this.publish();
  }

  /** Forgets what these methods answered, or are about to: it is another one now. */
  forget(...methods: readonly ReadMethod[]): void {
    const isOf = (at: string): boolean => methods.some(name => at.startsWith(`${name} `));
    for (const at of [...this.known.keys()].filter(isOf)) this.drop(at);
    for (const at of [...this.asked.keys()].filter(isOf)) this.overtake(at);
    this.publish();
  }

  /** What was asked before is not heard any more. */
  private overtake(at: string): void {
    const call = this.asked.get(at);
    if (!call) return;
    this.late.add(call);
    this.asked.delete(at);
  }

  private learn(at: string, answer: Answer): void {
    this.drop(at);
    this.known.set(at, answer);
    const size = ENTRY_BYTES + bytesIn(answer);
    this.sizes.set(at, size);
    this.held += size;
    if (this.held > MOST_BYTES) this.makeRoom(at);
    this.publish();
  }

  /** Forgets what was used longest ago; what is wanted now stays. */
  private makeRoom(newest: string): void {
    const wanted = Object.values(this.wanted(this.store.state)).flatMap(one =>
      one ? addressOf(one) : [],
    );
    const needed = new Set([...wanted, newest]);
    for (const oldest of [...this.known.keys()]) {
      if (this.held <= MOST_BYTES) return;
      if (!needed.has(oldest)) this.drop(oldest);
    }
  }

  private use(at: string, answer: Answer): void {
    this.known.delete(at);
    this.known.set(at, answer);
  }

  private drop(at: string): void {
    this.known.delete(at);
    this.held -= this.sizes.get(at) ?? 0;
    this.sizes.delete(at);
  }

  private publish(): void {
    const change: Partial<HasAnswers> = { answers: { known: this.known } };
    this.store.set(change as Partial<S>);
  }

  private follow(): void {
    const wanted = Object.entries(this.wanted(this.store.state));
    for (const at of this.refused) {
      if (wanted.some(([, one]) => one && addressOf(one) === at)) continue;
      this.refused.delete(at);
      this.drop(at);
    }
    for (const [name, question] of wanted) {
      if (!question || this.busy.has(name)) continue;
      const at = addressOf(question);
      const known = this.known.get(at);
      if (known) this.use(at, known);
      else if (!this.ended.has(at)) void this.work(name, question, at);
    }
  }

  private async work(name: string, question: Question, at: string): Promise<void> {
    this.busy.add(name);
    const call = this.ask(question);
    try {
      await call;
    } catch (error) {
      if (isCancelled(error)) this.ended.add(at);
      else if (!this.late.has(call)) {
        this.refused.add(at);
        this.refuse(question, toErrorReport(error));
      }
    }
    this.busy.delete(name);
    this.follow();
  }
}
