import type { Chat } from '../../protocol/chat';
import { toErrorReport } from '../../protocol/errors';
import type { AttentionRow, Block, HeadAddress } from '../../protocol/capture';
import type { GivenFeeds, Stack } from '../../protocol/model';
import type { PanelApi, RemedyId } from '../../protocol/panel';
import type { Caller, Params } from '../../protocol/rpc';
import type { SourceStage } from '../../protocol/source';
import { keyTokens, queryTokens, textStack } from '../reading/capture';
import { CAPTURE_FILE } from './choices/masking';
import { fitStep, move, type Step, type StepMove } from './choices/step';
import { aggregatesOf, fitLocus, moveHead, moveLayer, openingLocus } from './locus';
import type { SliceLoader } from './slices';
import type { Arrangement, PositionsLook } from './choices/positions';
import { isSingleHead, type Locus } from '../reading/place';
import type { ViewOptions } from './viewOptions';
import type { State } from './state';
import type { Store } from './store';
import type { Range } from '../reading/tokenLookup';

/** A sequence of tokens that the pointer or the focus can be on. */
export type Sequence = 'encoder' | 'decoder';

/** Everything that people can do in the panel; views call these and never the store's setters. */
export class Actions {
  private hovered: number | null = null;
  /** Where each block was left, for coming back to it. */
  private readonly left = new Map<string, Locus>();

  constructor(
    private readonly api: Caller<PanelApi>,
    private readonly store: Store<State>,
    private readonly slices: SliceLoader,
  ) {}

  setQuery(query: number): void {
    this.commit({ query });
  }

  setKey(key: number | null): void {
    this.commit({ key });
  }

  setPair(query: number, key: number): void {
    this.commit({ query, key });
  }

  setHead(layer: number, head: number): void {
    const locus = this.store.state.locus;
    const aggregate = locus && isSingleHead(locus) ? locus.aggregate : 'head';
    this.commit({ layer, head, aggregate });
  }

  /** Goes to another layer; the head and what is shown of it stay. */
  setLayer(layer: number): void {
    this.commit({ layer });
  }

  /** Goes to a pair, or to one token of it, of any kind of attention. */
  setPlace(block: Block, query: number | null, key: number | null): void {
    this.commit({
      block,
      ...(query === null ? {} : { query }),
      ...(key === null ? {} : { key }),
    });
  }

  /** Makes a token of a stack the query: of the attention on show, else of the stack's own. */
  setQueryOf(stack: Stack, token: number): void {
    if (this.store.state.locus?.block.stack === stack) this.setQuery(token);
    else this.setPlace({ stack, kind: 'self' }, token, null);
  }

  /** Says whose effective attention is looked at: a layer's without a softmax, which the locus cannot be at. */
  chooseEffective(layer: number): void {
    const { layers, locus } = this.store.state;
    const effectiveLayer = locus && { layer, at: locus.layer };
    this.store.set({ layers: { ...layers, effectiveLayer } });
  }

  setAggregate(aggregate: Locus['aggregate']): void {
    this.commit({ aggregate });
  }

  /** Head, mean, maximum, rollout, norm, head, …; what the kind of attention has of them. */
  cycleAggregate(): void {
    const { locus } = this.store.state;
    if (!locus) return;
    const choices = aggregatesOf(locus.block);
    const next = (choices.indexOf(locus.aggregate) + 1) % choices.length;
    this.commit({ aggregate: choices[next] ?? 'head' });
  }

  /** Goes to another kind of attention: where it was left, or to its first question. */
  setBlock(block: Block): void {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return;
    const place = ({ stack, kind }: Block) => `${capture.id} ${stack} ${kind}`;
    this.left.set(place(locus.block), locus);
    const known = this.left.get(place(block));
    const wanted = known ?? openingLocus(capture, block);
    if (!wanted) return;
    this.store.set({ locus: fitLocus(capture, wanted), preview: null });
    if (!known) void this.takeStrongestKey();
  }

  /** Goes to a query of one head, wherever it is in the capture. */
  goTo({ stack, kind, layer, head }: HeadAddress, query: number): void {
    this.setBlock({ stack, kind });
    this.commit({ layer, head, aggregate: 'head', query });
  }

  stepLayer(step: 1 | -1): void {
    const { capture, locus } = this.store.state;
    if (capture && locus) this.store.set({ locus: moveLayer(capture, locus, step), preview: null });
  }

  stepHead(step: 1 | -1): void {
    const { capture, locus } = this.store.state;
    if (capture && locus) this.store.set({ locus: moveHead(capture, locus, step), preview: null });
  }

  /** Makes the key with the largest weight of the query's row the key. */
  async takeStrongestKey(): Promise<void> {
    const query = this.store.state.locus?.query;
    const key = query === undefined ? null : await this.slices.strongestKey(query);
    if (key !== null && this.store.state.locus?.query === query) this.setKey(key);
  }

  /** The row of any query of what is on show; null where it cannot be had. */
  async rowOf(query: number): Promise<AttentionRow | null> {
    return this.slices.row(query).catch(() => null);
  }

  /** The key with the largest weight of any query's row. */
  async strongestKeyOf(query: number): Promise<number | null> {
    return this.slices.strongestKey(query);
  }

  /** Points at a pair without committing it; null for a part means the locus's own. */
  preview(query: number | null, key: number | null): void {
    const { preview } = this.store.state;
    if (preview?.query === query && preview.key === key) return;
    this.store.set({ preview: { query, key } });
  }

  endPreview(): void {
    if (this.store.state.preview) this.store.set({ preview: null });
  }

  /** Points at characters of the text; the editor highlights the token among them. */
  pointAt(range: Range | null, token: number | null): void {
    if (this.store.state.pointed !== range) this.store.set({ pointed: range });
    const { capture } = this.store.state;
    if (capture) this.hoverToken(token, textStack(capture));
  }

  /** Makes a token of the text the query, or the key where the queries are another sequence's. */
  chooseTextToken(token: number): void {
    const { capture, locus } = this.store.state;
    const tokens = capture?.tokens[textStack(capture)];
    if (!capture || !locus || !tokens?.[token]) return;
    if (queryTokens(capture, locus.block) === tokens) this.setQuery(token);
    else if (keyTokens(capture, locus.block) === tokens) this.setKey(token);
    else this.commit({ block: { stack: textStack(capture), kind: 'self' }, query: token });
  }

  /** Goes through the computation of the head on show, whose vectors have `headDim` numbers. */
  step(name: StepMove, headDim: number): void {
    const { step } = this.store.state;
    this.store.set({ step: move(fitStep(step, headDim), name, headDim) });
  }

  /** Pauses the computation somewhere. */
  pauseAt(step: Step): void {
    this.store.set({ step });
  }

  /** Tells which keys' vectors are on the screen. */
  lookAtKeys(first: number, last: number): void {
    const { keysInSight } = this.store.state;
    if (keysInSight.first === first && keysInSight.last === last) return;
    this.store.set({ keysInSight: { first, last } });
  }

  /** Asks for the stages of the run's tokenizer. */
  wantTrace(): void {
    this.store.set({ isTraceWanted: true });
  }

  /** Puts the text's tokens in another order; what depends on it is run again. */
  arrange(arrangement: Arrangement): void {
    this.store.set({ positions: { ...this.store.state.positions, arrangement } });
  }

  /** Looks at another part of the figures of positions. */
  lookAtPositions(change: Partial<PositionsLook>): void {
    const { positions } = this.store.state;
    this.store.set({ positions: { ...positions, look: { ...positions.look, ...change } } });
  }

  setOption(change: Partial<ViewOptions>): void {
    this.store.set({ options: { ...this.store.state.options, ...change } });
  }

  /** Rows and columns: tokens, or whole words. */
  toggleWords(): void {
    const { grouping } = this.store.state.options;
    this.setOption({ grouping: grouping === 'word' ? 'token' : 'word' });
  }

  /** Highlights a token's characters in the editor; only tokens of the editor's text have some. */
  hoverToken(token: number | null, sequence: Sequence): void {
    const { capture } = this.store.state;
    const known = token !== null && (!capture || textStack(capture) === sequence) ? token : null;
    if (known === this.hovered) return;
    this.hovered = known;
    this.send('hoverToken', { token: known });
  }

  /** Moves the editor to a token of its text. */
  revealToken(token: number, sequence: Sequence): void {
    const { capture } = this.store.state;
    if (!capture || textStack(capture) === sequence) this.send('revealToken', { token });
  }

  /** Shows where a step of the attention on show is written. */
  goToSource(stage: SourceStage): void {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return;
    const asked = { capture: capture.id, block: locus.block, layer: locus.layer, stage };
    this.api
      .call('openSource', asked)
      .then(fit => this.store.set({ sourceOutcome: { ...asked, fit } }))
      .catch((error: unknown) => this.fail(error));
  }

  useModel(reference: string): void {
    this.send('useModel', { reference });
  }

  /** Runs again with this as the decoder's text. */
  setTarget(target: string): void {
    this.send('setTarget', { target });
  }

  /** Runs the text again as messages; null runs it as it is. */
  setChat(chat: Chat | null): void {
    this.send('setChat', { chat });
  }

  /** Runs again with these values for the model's inputs. */
  setFeeds(feeds: GivenFeeds): void {
    this.send('setFeeds', { feeds });
  }

  /** Lets the model write the target, then runs with it. */
  generateTarget(): void {
    this.send('generateTarget', {});
  }

  remedy(remedy: RemedyId): void {
    this.send('remedy', { remedy });
  }

  /** Takes the sentence about a failed wish away. */
  dismiss(): void {
    this.store.set({ wishError: null });
  }

  cancel(): void {
    this.send('cancel', {});
  }

  /** Lays another model, or a capture file that people are asked for, beside the main run. */
  async setOther(other: string): Promise<void> {
    let chosen = other;
    if (other === CAPTURE_FILE) {
      const asked = this.api.call('chooseCapture', {});
      const file = await asked.catch((error: unknown) => (this.fail(error), null));
      const { models, options } = this.store.state;
      if (file) this.store.set({ models: { ...models, captures: [file] } });
      chosen = file?.reference ?? options.masking.other;
    }
    this.setOption({ masking: { ...this.store.state.options.masking, other: chosen } });
  }

  private commit(change: Partial<Locus>): void {
    const { capture, locus } = this.store.state;
    if (!capture || !locus) return;
    this.store.set({ locus: fitLocus(capture, { ...locus, ...change }), preview: null });
  }

  private send<M extends keyof PanelApi>(method: M, params: Params<PanelApi, M>): void {
    this.api.call(method, params).catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    this.store.set({ wishError: toErrorReport(error) });
  }
}
