import type { AttentionRow, CaptureSummary } from '../protocol/capture';
import { InspectorError, toErrorReport, type ErrorReport } from '../protocol/errors';
import {
  address,
  layerRowsParams,
  mapParams,
  pairParams,
  predictedParams,
  rowParams,
} from './addresses';
import {
  answerTo,
  perState,
  question,
  refusalOf,
  type AnswerLoader,
  type Question,
  type Questions,
  type ReadMethod,
} from './answers';
import { isLong, isTiled } from './capture';
import { carryLocus } from './locus';
import { MASKING_VIEW } from './masking/sideWishes';
import { STACK_MAPS } from './masking/wanted';
import { openingPlace, type OpeningNumbers } from './openingPlace';
import type { Locus } from './place';
import { rowsOfHeads, strongestKey } from './rowFacts';
import type { Slice } from './slice';
import { NO_SLICES, type Slices, type State } from './state';
import type { Store } from './store';
import { keyUnits } from './units';

/** Whether a map is worked out from others, which not every model or kind of attention allows. */
const isDerived = ({ aggregate }: Locus): boolean =>
  aggregate === 'rollout' || aggregate === 'norm';

type LocusQuestions = NonNullable<ReturnType<typeof work>>;

/** What the locus and the preview call for; nothing while there is no result. */
const questionsOf = perState((state: State) => work(state));

function work({ capture, locus, preview, options }: State) {
  if (!capture || !locus) return null;
  const { grouping, picture, view } = options;
  const row = (query: number) => question('row', rowParams(capture, locus, grouping, query));
  const ofBlock = { capture: capture.id, block: locus.block };
  const map = question('map', mapParams(capture.id, locus, grouping));
  const isBeside = view === MASKING_VIEW && capture.model.stacks.length > 1;
  const predicted = predictedParams(
    capture,
    isBeside ? { ...locus, block: STACK_MAPS.crossMap } : locus,
  );
  return {
    overview: question('overview', ofBlock),
    map: isTiled(capture, locus, grouping) ? undefined : map,
    row: row(locus.query),
    headFacts: question('headFacts', ofBlock),
    layerRows:
      picture === 'arcs'
        ? question('layerRows', layerRowsParams(capture, locus, grouping))
        : undefined,
    pair:
      locus.key === null ? undefined : question('pair', pairParams(capture.id, locus, locus.key)),
    previewRow: preview === null || preview.query === null ? undefined : row(preview.query),
    predicted: predicted && {
      params: predicted,
      asked: predictions(predicted.capture, predicted.tokens),
    },
  };
}

let latest:
  { readonly capture: string; readonly all: readonly Question<'predictions'>[] } | undefined;

/** The most probable entry at each token of the target. */
function predictions(capture: string, tokens: number): readonly Question<'predictions'>[] {
  if (latest?.capture !== capture || latest.all.length !== tokens) {
    const at = (token: number) => question('predictions', { capture, token, count: 1 });
    latest = { capture, all: Array.from({ length: tokens }, (_, token) => at(token)) };
  }
  return latest.all;
}

/** What the locus and the preview call for, whichever view is open. */
export function locusQuestions(state: State): Questions {
  const questions = questionsOf(state);
  if (!questions) return {};
  const { predicted, ...others } = questions;
  const each = predicted?.asked.map((one, i) => [`predicted ${i}`, one] as const);
  return { ...others, ...Object.fromEntries(each ?? []) };
}

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
      () => this.show(),
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
      const [{ key, row, pair }, overview, map] = await Promise.all([
        this.rowAndPair(capture, locus),
        this.slice(question('overview', { capture: capture.id, block: locus.block })),
        isLong(capture, locus.block)
          ? null
          : this.slice(question('map', mapParams(capture.id, locus, grouping))),
      ]);
      if (this.adopting !== capture.id) return;
      const shown = { ...locus, key };
      if (!before) this.opened = shown;
      const slices = { ...NO_SLICES, overview, map, row, pair };
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
    if (locus && locus === this.opened && shown?.text !== capture.text) return null;
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
    const row = await this.slice(question('row', rowParams(capture, locus, grouping, locus.query)));
    const key = locus.key ?? this.strongestOf(row.value, capture, locus);
    const pair =
      key === null ? null : await this.slice(question('pair', pairParams(capture.id, locus, key)));
    return { key, row, pair };
  }

  private async slice<M extends ReadMethod>(asked: Question<M>) {
    return { at: address(asked.params), value: await this.answers.get(asked) };
  }

  private strongestOf(row: AttentionRow, capture: CaptureSummary, locus: Locus): number | null {
    const unit = strongestKey(row);
    const { grouping } = this.store.state.options;
    return unit === null ? null : keyUnits(capture, locus.block, grouping).first(unit);
  }

  private show(): void {
    const { state } = this.store;
    const questions = questionsOf(state);
    if (!questions) return;
    const change = slicesOf(state, questions);
    for (const name of FAILING) {
      const error = refusalOf(state, questions[name]);
      if (!error || isNotThere(state, name) || this.said.has(error)) continue;
      this.said.add(error);
      change.sliceError = error;
    }
    if (Object.keys(change).length > 0) this.store.set(change);
  }
}

/** What every place has; a failure is said once. */
const FAILING = ['overview', 'map', 'row', 'previewRow', 'pair', 'layerRows'] as const;

/** Whether a refusal means that the model, or this kind of attention, has no such numbers. */
function isNotThere({ capture, locus }: State, name: (typeof FAILING)[number]): boolean {
  if (!capture || !locus || name === 'overview' || name === 'pair') return false;
  return isDerived(locus) || (name === 'map' && isLong(capture, locus.block));
}

/** Why something that not every model has is not there, said in its place. */
const ABSENT = { map: 'mapError', headFacts: 'headFactsError' } as const;

type Change = { -readonly [N in keyof State]?: State[N] };

/** The slices that are others than those on show. */
function slicesOf(state: State, questions: LocusQuestions): Change {
  const change: Change = {};
  const put = (name: keyof Slices, params: object | undefined, value: unknown): void => {
    const at = params && address(params);
    if (at === undefined || value === undefined || state[name]?.at === at) return;
    Object.assign(change, { [name]: { at, value } satisfies Slice<unknown> });
  };
  for (const name of ['overview', 'map', 'row', 'previewRow', 'pair', 'headFacts'] as const) {
    const asked: Question | undefined = questions[name];
    put(name, asked?.params, answerTo(state, asked));
  }
  for (const name of ['map', 'previewRow', 'pair'] as const) {
    if (!questions[name] && state[name]) change[name] = null;
  }
  const { layerRows, predicted } = questions;
  const rows = answerTo(state, layerRows);
  put('layerRows', layerRows?.params, rows && rowsOfHeads(rows));
  const texts = predicted?.asked.flatMap(one => {
    const answer = answerTo(state, one);
    return answer ? [answer.best[0]?.text ?? ''] : [];
  });
  if (texts && texts.length === predicted?.asked.length) put('predicted', predicted.params, texts);
  for (const name of ['map', 'headFacts'] as const) {
    const asked = questions[name];
    const error = refusalOf(state, asked);
    const isQuiet = name === 'headFacts' || isNotThere(state, name);
    if (!asked || !error || !isQuiet) continue;
    put(ABSENT[name], asked.params, error);
    if (change.mapError) Object.assign(change, { row: null, previewRow: null, layerRows: null });
  }
  return change;
}
