import { InspectorError, toErrorReport, type ErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Caller } from '../../protocol/rpc';
import { address } from '../addresses';
import type { Slice, State } from '../state';
import type { Store } from '../store';
import { WantedLanes } from '../wantedLanes';
import type { LayerNumber } from './state';
import { LAYERS_VIEW, wantedLayers } from './wanted';

/** What is asked for by itself, and how many answers of each are kept. */
const KEPT = { residuals: 8, attribution: 64, distribution: 64 } as const;
type Kept = keyof typeof KEPT;
const LANES = Object.keys(KEPT) as readonly Kept[];
/** Asked for once for each run and corpus: fitting probes changes the answer. */
const ONCE = ['probes', 'probeLabels'] as const;
type Once = (typeof ONCE)[number];

/** Fetches what the Layers view reads while it is open. */
export class LayersLoader {
  private readonly lanes: WantedLanes<Kept>;
  private readonly asked = new Map<Once, { readonly at: string }>();

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
  ) {
    this.lanes = new WantedLanes(LANES, {
      call: (name, params) => api.call(name, params as never),
      found: (name, slice) => this.keep(name, slice),
      failed: (name, slice) => this.refuse(name, slice),
      kept: name => KEPT[name],
    });
    store.select(
      state => [
        state.capture,
        state.locus,
        state.options.view,
        state.options.layers,
        state.layers.logit,
      ],
      () => this.follow(),
    );
  }

  /** Puts an answer where the view reads it. */
  keep(name: LayerNumber, slice: Slice<unknown>): void {
    const { layers } = this.store.state;
    if (layers.found[name] === slice) return;
    this.store.set({ layers: { ...layers, found: { ...layers.found, [name]: slice } } });
  }

  /** Keeps why there is no answer; a call that was cancelled has none and no reason. */
  fail(name: LayerNumber, error: unknown, at: string): void {
    if (error instanceof InspectorError && error.code === 'cancelled') return;
    this.refuse(name, { at, value: toErrorReport(error) });
  }

  /** Asks again for what probes say of the tokens: other ones were fitted. */
  askAgain(name: Once): void {
    this.asked.delete(name);
    this.follow();
  }

  /** Forgets what is known of these, because what they were made of is another file now. */
  forget(names: readonly LayerNumber[]): void {
    const { layers } = this.store.state;
    const others = <T extends object>(known: T): T =>
      Object.fromEntries(
        Object.entries(known).filter(([name]) => !names.includes(name as LayerNumber)),
      ) as T;
    for (const name of ONCE) if (names.includes(name)) this.asked.delete(name);
    this.store.set({
      layers: { ...layers, found: others(layers.found), errors: others(layers.errors) },
    });
  }

  private refuse(name: LayerNumber, slice: Slice<ErrorReport>): void {
    const { layers } = this.store.state;
    this.store.set({ layers: { ...layers, errors: { ...layers.errors, [name]: slice } } });
  }

  private follow(): void {
    const { state } = this.store;
    const wanted = state.options.view === LAYERS_VIEW ? wantedLayers(state) : {};
    this.lanes.follow(wanted, state.layers.errors);
    for (const name of ONCE) {
      const params = wanted[name];
      if (params && this.asked.get(name)?.at !== address(params)) void this.ask(name, params);
    }
  }

  private async ask<N extends Once>(name: N, params: Parameters<PanelApi[N]>[0]): Promise<void> {
    const at = address(params);
    const asked = { at };
    this.asked.set(name, asked);
    const isCurrent = (): boolean => this.asked.get(name) === asked;
    try {
      const value = await this.api.call(name, params as never);
      if (isCurrent()) this.keep(name, { at, value });
    } catch (error) {
      if (!isCurrent()) return;
      const isEnded = error instanceof InspectorError && error.code === 'cancelled';
      // What was ended for another run is asked for again with the next wish.
      if (isEnded) this.asked.delete(name);
      else this.fail(name, error, at);
    }
  }
}
