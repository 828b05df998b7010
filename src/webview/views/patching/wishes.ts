import { toErrorReport } from '../../../protocol/errors';
import type { PanelApi } from '../../../protocol/panel';
import type { Caller } from '../../../protocol/rpc';
import type { Actions } from '../../app/actions';
import type { AnswerLoader } from '../../app/answerLoader';
import { answerTo } from '../../app/answers';
import { SAME_MODEL } from '../../app/choices/masking';
import type {
  MeasureChoice,
  PatchCell,
  PatchingOptions,
  PatchingState,
} from '../../app/choices/patching';
import type { Interventions } from '../../app/interventions/interventions';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { interventionAt } from './intervention';
import { pairKey, pairOf } from './pair';
import { PatchRunner } from './patchRunner';
import { pathQuestion, type PathEnds } from './paths';

/** What the parts of the Patching view are given. */
export interface PatchingPanel extends Panel {
  readonly patching: PatchWishes;
}

/** Everything that people can do in the Patching view. */
export class PatchWishes {
  readonly maps: PatchRunner;

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly actions: Actions,
    private readonly answers: AnswerLoader<State>,
    private readonly interventions: Interventions,
  ) {
    this.maps = new PatchRunner(answers, store);
  }

  /** Goes to a cell, and with the locus to its layer and its token or head. */
  choose(cell: PatchCell): void {
    const { state } = this.store;
    this.set({ cell });
    this.setOption({ map: cell.map });
    const pair = pairOf(state);
    if (!pair) return;
    if (cell.map === 'heads') this.actions.setHead(cell.layer, cell.column);
    else {
      this.actions.setQueryOf(pair.block.stack, cell.column);
      this.actions.setLayer(cell.layer);
    }
  }

  /** Points at a cell; null ends that. */
  point(pointed: PatchCell | null): void {
    this.set({ pointed });
  }

  /** Measures another entry, or at another token. */
  measure(change: Omit<MeasureChoice, 'of'>): void {
    const { state } = this.store;
    const pair = pairOf(state);
    if (!pair) return;
    const of = pairKey(pair);
    const { choice } = state.patching;
    this.set({ choice: { ...(choice?.of === of ? choice : {}), ...change, of } });
  }

  setOption(change: Partial<PatchingOptions>): void {
    const { patching } = this.store.state.options;
    this.actions.setOption({ patching: { ...patching, ...change } });
  }

  /** Runs another text as B. */
  setOther(otherText: string): void {
    const { masking } = this.store.state.options;
    this.actions.setOption({ masking: { ...masking, otherText } });
  }

  /** Makes B the text on show, and A the one that it is compared with. */
  async swap(): Promise<void> {
    const pair = pairOf(this.store.state);
    if (!pair) return;
    try {
      await this.api.call('inspectText', { text: pair.b.text });
    } catch (error) {
      this.store.set({ wishError: toErrorReport(error) });
      return;
    }
    const { masking } = this.store.state.options;
    const otherText = pair.a.text;
    this.actions.setOption({ masking: { ...masking, other: SAME_MODEL, otherText } });
  }

  /**
   * Makes the patch of a cell an intervention in the run that is patched; where that is the run of B,
   * B becomes the text on show.
   */
  async keep(cell: PatchCell): Promise<void> {
    const { state } = this.store;
    const pair = pairOf(state);
    const { direction, heads } = state.options.patching;
    if (!pair) return;
    const kept = interventionAt(cell, heads, pair.block, direction === 'intoB' ? pair.a : pair.b);
    if (direction === 'intoB') {
      await this.swap();
      this.setOption({ direction: 'intoA' });
    }
    this.interventions.add(kept);
  }

  /** Measures what the path between two heads carries. */
  async follow(ends: PathEnds): Promise<void> {
    const asked = pathQuestion(this.store.state, ends);
    if (!asked) return;
    const at = asked.at;
    const known = answerTo(this.store.state, asked.question);
    this.set({ path: { at, effects: known ?? null, error: null } });
    if (known) return;
    try {
      const effects = await this.answers.get(asked.question);
      if (this.store.state.patching.path?.at === at) {
        this.set({ path: { at, effects, error: null } });
      }
    } catch (error) {
      if (this.store.state.patching.path?.at === at) {
        this.set({ path: { at, effects: null, error: toErrorReport(error) } });
      }
    }
  }

  private set(change: Partial<PatchingState>): void {
    this.store.set({ patching: { ...this.store.state.patching, ...change } });
  }
}
