import { generatesAt } from '../../../protocol/continuation';
import { toErrorReport } from '../../../protocol/errors';
import type { Candidate } from '../../../protocol/layers';
import type { PanelApi } from '../../../protocol/panel';
import type { Caller } from '../../../protocol/rpc';
import type { Actions } from '../../app/actions';
import { outputStack } from '../../app/output';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { layerNumber } from './wanted';

/** Writes on token by token: every step is a run of its own, whose last token becomes the query. */
export class Generation {
  /** Tokens that were asked for; the run that has them moves the locus. */
  private awaited: string | null = null;

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly actions: Actions,
  ) {
    store.select(
      state => [state.capture],
      capture => {
        if (!capture || this.awaited === null) return;
        if ((capture.continuation ?? []).join() !== this.awaited) return;
        this.awaited = null;
        this.goToLast();
      },
    );
  }

  /** Puts a vocabulary entry after the last token. */
  step(id: number): void {
    this.ask([...this.written(), id]);
  }

  /** Puts a token there that is drawn from the distribution on show. */
  sample(): void {
    const distribution = layerNumber(this.store.state, 'distribution');
    if (!distribution) return;
    const { seed } = this.store.state.options.layers;
    const drawn = draw(distribution.candidates, random(seed, this.written().length));
    if (drawn) this.step(drawn.id);
  }

  /** Takes the last written token away. */
  back(): void {
    this.ask(this.written().slice(0, -1));
  }

  /** Takes every written token away. */
  reset(): void {
    this.ask([]);
  }

  private written(): readonly number[] {
    return this.store.state.capture?.continuation ?? [];
  }

  private ask(tokens: readonly number[]): void {
    this.awaited = tokens.join();
    this.api.call('setContinuation', { tokens: [...tokens] }).catch((error: unknown) => {
      this.awaited = null;
      this.store.set({ wishError: toErrorReport(error) });
    });
  }

  private goToLast(): void {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return;
    this.actions.setQueryOf(outputStack(capture), generatesAt(capture));
    void this.actions.takeStrongestKey();
  }
}

/**
 * A number in [0, 1) for a seed and a step (mulberry32): the same step of the same seed draws the
 * same number, also after going back.
 */
export function random(seed: number, step: number): number {
  let t = (seed + Math.imul(step + 1, 0x6d2b79f5)) >>> 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/**
 * The candidate that a number in [0, 1) falls on when candidates lie beside each other by what
 * sampling leaves of them; candidates that are not listed are never drawn.
 */
export function draw(candidates: readonly Candidate[], at: number): Candidate | null {
  const open = candidates.filter(({ sampled }) => sampled > 0);
  const mass = open.reduce((sum, { sampled }) => sum + sampled, 0);
  let left = at * mass;
  for (const candidate of open) {
    left -= candidate.sampled;
    if (left < 0) return candidate;
  }
  return open.at(-1) ?? null;
}
