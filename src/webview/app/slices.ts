import { isSameText } from '../../protocol/run';
import type { AttentionRow, CaptureSummary } from '../../protocol/capture';
import { InspectorError, toErrorReport, type ErrorReport } from '../../protocol/errors';
import type { PanelApi } from '../../protocol/panel';
import type { Params } from '../../protocol/rpc';
import { address, isDerived, locusQuestions, mapParams, mapRefusal, rowParams } from './addresses';
import type { AnswerLoader } from './answerLoader';
import { answerTo, question, type Question, refusalOf, type Slice } from './answers';
import { isLong } from '../reading/capture';
import { carryLocus } from './locus';
import { openingPlace, type OpeningNumbers } from './openingPair';
import type { Locus } from '../reading/place';
import { rowsOfHeads, strongestKey } from '../reading/rowFacts';
import { NO_SLICES, type Slices, type State } from './state';
import type { Store } from './store';
import { keyUnits } from '../reading/units';

type Change = { -readonly [N in keyof State]?: State[N] };

/** Puts the numbers of the locus into the store as they come; what was there stays until then. */
export class SliceLoader {
  private adopting = '';
  /** Where a capture was opened without anybody's choice: another text opens by itself again. */
  private opened: Locus | null = null;
  /** Failures that were reported. */
  private readonly said = new WeakSet<ErrorReport>();

  constructor(
    private readonly answers: AnswerLoader<State>,
    private readonly store: Store<State>,
    private readonly restored: () => Locus | null,
  ) {
    store.select(
      state => [state.answers, state.capture, state.locus, state.preview, state.options],
      () => {
        const change = { ...changedSlices(store.state), ...this.failure() };
        if (Object.keys(change).length > 0) store.set(change);
      },
    );
  }

  /**
   * Shows a new capture once its overview, map and row are here, so that the previous one gives
   * way to a complete picture.
   */
  async adopt(
    capture: CaptureSummary,
    before: Locus | null = this.chosenBefore(capture),
  ): Promise<void> {
    if (capture.id === this.adopting) return;
    this.adopting = capture.id;
    const carried = before && carryLocus(capture, before, this.store.state.capture);
    const locus = before ? carried : await openingPlace(capture, this.numbers(capture.id));
    if (this.adopting !== capture.id) return;
    if (!locus) {
      this.store.set({ ...NO_SLICES, capture, locus, preview: null, sliceError: null });
      return;
    }
    const { grouping } = this.store.state.options;
    try {
      const [{ key, row }, overview, map] = await Promise.all([
        this.rowAndPair(capture, locus),
        this.slice('overview', { capture: capture.id, block: locus.block }),
        isLong(capture, locus.block)
          ? null
          : this.slice('map', mapParams(capture.id, locus, grouping)),
      ]);
      if (this.adopting !== capture.id) return;
      const shown = { ...locus, key };
      if (!before) this.opened = shown;
      const slices = { ...NO_SLICES, overview, map, row };
      this.store.set({ ...slices, capture, locus: shown, preview: null, sliceError: null });
    } catch (error) {
      if (this.adopting !== capture.id) return;
      this.adopting = '';
      const { run } = this.store.state;
      const isOnShow = run.kind === 'ready' && run.capture.id === capture.id;
      const isCancelled = error instanceof InspectorError && error.code === 'cancelled';
      // The process was ended for another run, which was cancelled: what is there is asked again.
      if (isCancelled && isOnShow) await this.adopt(capture, before);
      else if (before && isDerived(locus))
        await this.adopt(capture, { ...before, aggregate: 'head' });
      else if (!isCancelled) this.store.set({ sliceError: toErrorReport(error) });
    }
  }

  /** The row of any query of the shown head; null without a result. */
  async row(query: number): Promise<AttentionRow | null> {
    const { capture, locus, options } = this.store.state;
    if (!capture || !locus) return null;
    return this.answers.get(question('row', rowParams(capture, locus, options.grouping, query)));
  }

  /** The key that the query's row of the shown head gives most to; null where it sees none. */
  async strongestKey(query: number): Promise<number | null> {
    const { capture, locus } = this.store.state;
    const row = await this.row(query).catch(() => null);
    return capture && locus && row ? this.strongestOf(row, capture, locus) : null;
  }

  /** Where people stand, or stood before a reload; null where they have chosen nothing for this text. */
  private chosenBefore(capture: CaptureSummary): Locus | null {
    const { locus, capture: shown } = this.store.state;
    if (locus && locus === this.opened && !(shown && isSameText(shown, capture))) {
      return null;
    }
    return locus ?? this.restored();
  }

  private numbers(capture: string): OpeningNumbers {
    const { answers } = this;
    return {
      overview: ({ block }) => answers.get(question('overview', { capture, block })),
      map: locus => answers.get(question('map', mapParams(capture, locus, 'token'))),
    };
  }

  /** Asked for first, so that the pair is on its way while the pictures are computed. */
  private async rowAndPair(capture: CaptureSummary, locus: Locus) {
    const { grouping } = this.store.state.options;
    const { block, query } = locus;
    const row = await this.slice('row', rowParams(capture, locus, grouping, query));
    const key = locus.key ?? this.strongestOf(row.value, capture, locus);
    if (key !== null) {
      await this.answers.get(question('pair', { capture: capture.id, block, query, key }));
    }
    return { key, row };
  }

  private async slice<M extends 'overview' | 'map' | 'row'>(
    method: M,
    params: Params<PanelApi, M> & object,
  ) {
    return { at: address(params), value: await this.answers.get(question(method, params)) };
  }

  private strongestOf(row: AttentionRow, capture: CaptureSummary, locus: Locus): number | null {
    const unit = strongestKey(row);
    const { grouping } = this.store.state.options;
    return unit === null ? null : keyUnits(capture, locus.block, grouping).first(unit);
  }

  /** A failure at this place that was not reported yet. */
  private failure(): Change {
    const { state } = this.store;
    const questions = locusQuestions(state);
    const mayMiss = state.locus !== null && isDerived(state.locus);
    for (const name of ['overview', 'map', 'row', 'previewRow', 'pair', 'layerRows'] as const) {
      const isMissing =
        name === 'map'
          ? mapRefusal(state) !== null
          : mayMiss && name !== 'overview' && name !== 'pair';
      const error = refusalOf(state, questions?.[name]);
      if (!error || isMissing || this.said.has(error)) continue;
      this.said.add(error);
      return { sliceError: error };
    }
    return {};
  }
}

/** The slices that are others than those on show. */
function changedSlices(state: State): Change {
  const questions = locusQuestions(state);
  if (!questions) return {};
  const refused = mapRefusal(state) !== null;
  const change: Partial<Record<keyof Slices, Slice<unknown> | null>> = {};
  const show = (name: keyof Slices, asked: Question | undefined, value: unknown): void => {
    const at = asked && address(asked.params);
    const isCurrent = at !== undefined && state[name]?.at === at;
    // A map that is not there takes the rows of the map before away; a layer's rows stay for later.
    const isGone = asked ? name !== 'overview' && name !== 'map' && refused : name !== 'layerRows';
    if (at !== undefined && value !== undefined && !isCurrent) change[name] = { at, value };
    else if (isGone && !isCurrent && state[name]) change[name] = null;
  };
  for (const name of ['overview', 'map', 'row', 'previewRow'] as const) {
    const asked: Question | undefined = questions[name];
    show(name, asked, answerTo(state, asked));
  }
  const rows = answerTo(state, questions.layerRows);
  show('layerRows', questions.layerRows, rows && rowsOfHeads(rows));
  return change as Change;
}
