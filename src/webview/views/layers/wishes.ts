import type { PanelApi } from '../../../protocol/panel';
import type { Caller } from '../../../protocol/rpc';
import type { Actions } from '../../app/actions';
import type { AnswerLoader } from '../../app/answerLoader';
import type { MeasuredEntries } from '../../app/measure';
import { outputStack, outputToken } from '../../app/output';
import type { Panel } from '../../app/panel';
import type { State } from '../../app/state';
import type { Store } from '../../app/store';
import { Generation } from './generation';
import { LensRunner } from './lensRunner';
import type { LayersOptions, LayersState } from '../../app/choices/layers';
import { ProbeRunner } from './probeRunner';
import { SweepRunner } from './sweepRunner';

/** What the parts of the Layers view are given. */
export interface LayersPanel extends Panel {
  readonly layers: LayerWishes;
}

/** Everything that people can do in the Layers view: predictions by layer, probes, and writing on. */
export class LayerWishes {
  readonly lens: LensRunner;
  readonly probes: ProbeRunner;
  readonly generation: Generation;
  readonly sweeps: SweepRunner;

  constructor(
    api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly actions: Actions,
    answers: AnswerLoader<State>,
  ) {
    this.lens = new LensRunner(answers, store);
    this.probes = new ProbeRunner(api, store, answers);
    this.generation = new Generation(api, store, actions);
    this.sweeps = new SweepRunner(answers, store);
    store.select(
      state => [state.locus?.layer],
      layer => {
        const { chosen } = store.state.layers;
        if (chosen && chosen.layer !== layer) this.set({ chosen: null });
      },
    );
  }

  /** Goes to a state of a token of the stack that has the output head. */
  choose(token: number, state: number): void {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return;
    this.actions.setQueryOf(outputStack(capture), token);
    this.chooseState(state);
  }

  /** Goes to a state: the locus goes to the layer that wrote it; the embeddings are remembered beside it. */
  chooseState(state: number): void {
    if (state > 0) this.actions.setLayer(state - 1);
    const layer = this.store.state.locus?.layer ?? 0;
    this.set({ chosen: state === layer + 1 ? null : { state, layer } });
  }

  /** Takes another entry's logit apart at a token; null for the most probable one. */
  chooseLogit(token: number, id: number | null): void {
    const capture = this.store.state.capture?.id;
    if (capture === undefined) return;
    this.set({ logit: id === null ? null : { capture, token, id } });
  }

  /** Has sweeps measure another entry at the token looked at. */
  chooseSweepEntry(change: Partial<MeasuredEntries>): void {
    const { capture, layers } = this.store.state;
    const token = outputToken(this.store.state);
    if (!capture || token === null) return;
    const { sweepChoice: before } = layers;
    const isOwn = before?.capture === capture.id && before.token === token;
    const sweepChoice = { ...(isOwn ? before : {}), ...change, capture: capture.id, token };
    this.set({ sweepChoice });
  }

  /** Has everything at the query, sweeps among it, look at another token of the stack with the output. */
  chooseOutputToken(token: number): void {
    const { capture } = this.store.state;
    if (capture) this.actions.setQueryOf(outputStack(capture), token);
  }

  /** Goes to a head of the effective attention. */
  chooseEffectiveHead(effectiveHead: number): void {
    this.set({ effectiveHead });
  }

  /** Goes to the effective attention of a layer. */
  chooseEffectiveLayer(layer: number): void {
    this.actions.chooseEffective(layer);
  }

  /** Tells which columns of the predictions are on the screen. */
  lookAt(first: number, last: number): void {
    const { sight } = this.store.state.layers;
    if (sight.first !== first || sight.last !== last) this.set({ sight: { first, last } });
  }

  setOption(change: Partial<LayersOptions>): void {
    const { layers } = this.store.state.options;
    this.actions.setOption({ layers: { ...layers, ...change } });
  }

  private set(change: Partial<LayersState>): void {
    this.store.set({ layers: { ...this.store.state.layers, ...change } });
  }
}
