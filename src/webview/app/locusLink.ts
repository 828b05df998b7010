import type { PanelApi, SharedLocus } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import { fitLocus } from './locus';
import type { Locus } from '../reading/place';
import type { State } from './state';
import type { Store } from './store';

/** Keeps our pages at one locus: tells the others where people moved, and follows them without echo. */
export class LocusLink {
  /** Where another page stands, until its capture is on show here. */
  private heard: SharedLocus | null = null;
  /** The locus that was adopted with a capture or followed: nobody moved to it here. */
  private known: { readonly capture: string; readonly locus: Locus } | null = null;

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    store.select(
      state => [state.capture, state.locus],
      (capture, locus) => {
        if (!capture || !locus) return;
        const isNew = this.known?.capture !== capture.id;
        const moved = !isNew && this.known?.locus !== locus;
        this.known = { capture: capture.id, locus };
        if (moved) this.share({ capture: capture.id, ...locus });
        else if (isNew) this.follow();
      },
    );
  }

  /** Goes where another page stands, now or when its capture is on show. */
  hear(locus: SharedLocus): void {
    this.heard = locus;
    this.follow();
  }

  private follow(): void {
    const { capture } = this.store.state;
    const { heard } = this;
    if (!capture || heard?.capture !== capture.id) return;
    this.heard = null;
    const { block, layer, head, aggregate, query, key } = heard;
    const locus = fitLocus(capture, { block, layer, head, aggregate, query, key });
    if (!locus) return;
    this.known = { capture: capture.id, locus };
    this.store.set({ locus, preview: null });
  }

  private share(locus: SharedLocus): void {
    // A page that cannot be told is gone; what is shown here does not depend on it.
    this.api.call('shareLocus', locus).catch(() => undefined);
  }
}
