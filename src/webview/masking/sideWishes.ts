import { changesOf, type MaskChange } from '../../protocol/change';
import { toErrorReport } from '../../protocol/errors';
import type { PanelApi, SideSlot } from '../../protocol/panel';
import type { Caller, Params } from '../../protocol/rpc';
import type { State } from '../state';
import type { Store } from '../store';
import { SAME_MODEL } from './options';

type Wish = Params<PanelApi, 'runSide'>;

/** The Masking view's name in the tabs. */
export const MASKING_VIEW = 'masking';

/** The other run's model that suits where none was chosen: the bundled one of the other kind. */
export function otherModel({ options, capture, models }: State): string | null {
  const { other } = options.masking;
  if (other === SAME_MODEL) return SAME_MODEL;
  if (models.choices.some(choice => choice.reference === other)) return other;
  if (!capture || capture.model.stacks.length > 1) return null;
  const kind = capture.model.stacks.includes('encoder') ? 'decoder' : 'encoder';
  return models.choices.some(choice => choice.reference === kind) ? kind : null;
}

/** The mask that the main run is also made with: the chosen one, or the one that it does not have. */
export function changeOf({ options, capture }: State): MaskChange {
  const { change } = options.masking;
  if (change) return change;
  const isCausal = capture?.sites.some(
    ({ kind, mask }) => kind === 'self' && mask.kind === 'causal',
  );
  const isPair = (capture?.model.stacks.length ?? 0) > 1;
  return { kind: isCausal === true && !isPair ? 'bidirectional' : 'causal' };
}

function wishOf(state: State, slot: SideSlot): Wish | null {
  const { capture, options } = state;
  if (options.view !== MASKING_VIEW || !capture) return null;
  const { isChanged, otherText } = options.masking;
  if (slot === 'changed') {
    const changes = changesOf({ mask: changeOf(state) });
    return isChanged ? { slot, model: null, text: null, changes } : null;
  }
  const model = otherModel(state);
  if (model === null) return null;
  const text = otherText.trim() === '' ? null : otherText;
  return { slot, model: model === SAME_MODEL ? null : model, text, changes: [] };
}

/** Asks the host for the runs that the Masking view shows while it is open, and lets go of them after. */
export class SideWishes {
  private readonly asked = new Map<SideSlot, string>();

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [state.capture, state.options, state.models],
      () => this.follow(),
    );
  }

  /** Runs again what failed or was cancelled. */
  again(slot: SideSlot): void {
    this.asked.delete(slot);
    this.follow();
  }

  private follow(): void {
    for (const slot of ['other', 'changed'] as const) {
      const wish = wishOf(this.store.state, slot);
      const wanted = wish && JSON.stringify(wish);
      if (wanted === (this.asked.get(slot) ?? null)) continue;
      if (wish && wanted !== null) {
        this.asked.set(slot, wanted);
        this.send('runSide', wish);
      } else {
        this.asked.delete(slot);
        this.send('closeSide', { slot });
      }
    }
  }

  private send<M extends 'runSide' | 'closeSide'>(method: M, params: Params<PanelApi, M>): void {
    this.api
      .call(method, params)
      .catch((error: unknown) => this.store.set({ sliceError: toErrorReport(error) }));
  }
}
