import { toErrorReport } from '../../../protocol/errors';
import { isOn, type Intervention, type ListedIntervention } from '../../../protocol/intervention';
import type { PanelApi } from '../../../protocol/panel';
import type { Caller } from '../../../protocol/rpc';
import type { State } from '../state';
import type { Store } from '../store';
import {
  countOn,
  isSameIntervention,
  moved,
  removed,
  replaced,
  selectedRow,
  shownList,
  switched,
  type InterventionList,
  type InterventionsState,
} from './list';

/** Everything that people can do to the list of interventions; each step runs the model again. */
export class Interventions {
  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly effects: { cancel(): void; again(): void },
    private readonly plain: { again(slot: 'before'): void },
  ) {
    // What is on show is what was wished, or what was wished could not be had.
    store.select(
      state => [state.run, state.capture],
      (run, capture) => {
        if (run.kind === 'failed' || (run.kind === 'ready' && run.capture.id === capture?.id)) {
          this.set({ wished: null });
        }
      },
    );
  }

  /** Opens the list, or closes it. */
  open(isIntervening: boolean): void {
    this.store.set({ options: { ...this.store.state.options, isIntervening } });
  }

  toggleOpen(): void {
    this.open(!this.store.state.options.isIntervening);
  }

  /**
   * Puts interventions at the end of the list, selects the last of them and opens the list. One that is
   * there already is switched on instead of standing there twice.
   */
  add(...added: readonly ListedIntervention[]): void {
    let list = shownList(this.store.state);
    let { selected } = this.store.state.interventions;
    for (const one of added) {
      const made: Intervention = { kind: 'intervention', ...one };
      const known = list.findIndex(other => isSameIntervention(other, made));
      selected = known < 0 ? list.length : known;
      list = known < 0 ? [...list, made] : replaced(list, known, made);
    }
    this.open(true);
    this.wish(list, selected);
  }

  /** Adds it where it is not in the list, else takes it away. */
  toggle(one: ListedIntervention): void {
    const list = shownList(this.store.state);
    const made: Intervention = { kind: 'intervention', ...one };
    const known = list.findIndex(other => isSameIntervention(other, made));
    if (known < 0) this.add(one);
    else this.wish(removed(list, known));
  }

  /** Puts another one in the place of one. */
  replace(place: number, one: Intervention): void {
    this.wish(replaced(shownList(this.store.state), place, one), place);
  }

  /** Switches one on or off; the selected one where none is named. */
  switch(place = selectedRow(this.store.state)): void {
    const one = shownList(this.store.state)[place ?? -1];
    if (one && place !== undefined) this.replace(place, switched(one, !isOn(one)));
  }

  /** Switches all off, or all on where all are off. */
  switchAll(): void {
    const list = shownList(this.store.state);
    const on = countOn(list) === 0;
    this.wish(list.map(one => switched(one, on)));
  }

  remove(place: number): void {
    this.wish(removed(shownList(this.store.state), place), Math.max(0, place - 1));
  }

  /** Moves one up or down: changes of one place are made in the order of the list. */
  move(place: number, step: 1 | -1): void {
    const list = shownList(this.store.state);
    const next = moved(list, place, place + step);
    if (next !== list) this.wish(next, place + step);
  }

  /** Makes a row the one that is looked at. */
  select(selected: number): void {
    this.set({ selected });
  }

  /** Asks where to, and saves the list as a file. */
  save(): void {
    const list = shownList(this.store.state).map(({ at, how, only, on }): ListedIntervention => ({
      at,
      how,
      ...(only ? { only } : {}),
      ...(on === undefined ? {} : { on }),
    }));
    this.send(this.api.call('saveInterventions', { list }));
  }

  /** Stops finding what each does alone. */
  cancelEffects(): void {
    this.effects.cancel();
  }

  /** Runs the list again as it is. */
  runAgain(): void {
    this.plain.again('before');
    this.effects.again();
    this.send(this.api.call('remedy', { remedy: 'runAgain' }));
  }

  private wish(list: InterventionList, selected?: number): void {
    this.set({ wished: list, ...(selected === undefined ? {} : { selected }) });
    this.send(this.api.call('setInterventions', { interventions: list }));
  }

  private send(call: Promise<void>): void {
    call.catch((error: unknown) => {
      this.set({ wished: null });
      this.store.set({ wishError: toErrorReport(error) });
    });
  }

  private set(change: Partial<InterventionsState>): void {
    const { interventions } = this.store.state;
    this.store.set({ interventions: { ...interventions, ...change } });
  }
}
