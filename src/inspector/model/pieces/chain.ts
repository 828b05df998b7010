import { InspectorError } from '../../../protocol/errors';
import type { GraphPoint } from '../../onnx/stream/points/point';
import type * as ort from '../../runtime/ort';
import { toTensor, type RuntimeTensors } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { PointTensors } from '../graph/pointTensors';
import { textLengths } from '../graph/textLengths';
import type { PointAt, PointStep } from '../run';
import { ChainFeeds } from './chainFeeds';
import { Piece } from './piece';
import type { Heed, PieceEdit, PiecesOf, PlainRun, PlainText } from './piecesOf';
import type { FoundPlace, Places } from './places';
import type { Stage } from './stages';
import { replacedState, States } from './states';

/** What runs of some stages gave. */
interface ChainRun {
  /** What each stage gave, in the graph's own shape. */
  readonly states: readonly ort.Tensor[];
  /** By the index of the stage. */
  readonly tensors: readonly RuntimeTensors[];
}

/** The stages of a model, run one after the other on many rows at once. */
export class Chain {
  readonly #pieces: readonly Piece[];
  readonly #feeds: ChainFeeds;
  readonly #states = new States();
  /** The points of each graph. */
  readonly #points: readonly PointTensors[];

  /** @param expected kinds of numbers that sessions are opened with */
  constructor(
    private readonly model: PiecesOf,
    private readonly places: Places,
    private readonly stages: readonly Stage[],
    private readonly expected: ReadonlySet<GraphPoint>,
  ) {
    this.#feeds = new ChainFeeds(model);
    this.#points = model.parts.map(({ graph }) => new PointTensors(graph.loaded));
    this.#pieces = stages.flatMap(stage => {
      const part = model.parts[stage.part];
      return part ? new Piece(stage, part, places) : [];
    });
  }

  /** Runs a text as it is: what its stages give, and its logits at the token `[1, vocabulary]`. */
  async plain(
    text: PlainText,
    heed: Heed,
  ): Promise<{ readonly run: PlainRun; readonly logits: Tensor }> {
    const span = [0, this.stages.length - 1] as const;
    const { states } = await this.#run({ ...text, states: [] }, 1, [], span, [], heed);
    const run = { ...text, states };
    return { run, logits: await this.#output(run, states.at(-1), 1) };
  }

  /** Numbers of a run of one row `[1, heads, tokens, width]`, in the order of `places`. */
  async values(
    plain: PlainRun,
    places: readonly PointAt[],
    heed: Heed,
    edits: readonly PieceEdit[] = [],
  ): Promise<readonly Tensor[]> {
    const found = places.map(place => this.#found(place));
    const known = edits.length ? [] : found.map(place => this.#streamOf(plain, place));
    if (known.length && known.every(state => state !== undefined)) return known;
    const own = found.map(({ at }) => this.#stageOf(at));
    const first = edits.length ? this.#firstOf(edits) : Math.min(...own);
    const { tensors } = await this.#run(plain, 1, edits, [first, Math.max(...own)], found, heed);
    return found.map(({ part, index }, i) => {
      const value = this.#points[part]?.read(index, tensors[own[i] ?? -1] ?? {}, 1);
      return value ?? missingTensor(places[i]?.point ?? '');
    });
  }

  /**
   * Logits at the token of the text, with numbers replaced in some rows `[rows, vocabulary]`.
   * @throws InspectorError `not-captured`, `cancelled`
   */
  async outputs(
    plain: PlainRun,
    rows: number,
    edits: readonly PieceEdit[],
    heed: Heed,
  ): Promise<Tensor> {
    const span = [this.#firstOf(edits), this.stages.length - 1] as const;
    const { states } = await this.#run(plain, rows, edits, span, [], heed);
    return this.#output(plain, states.at(-1), rows);
  }

  async release(): Promise<void> {
    for (const piece of this.#pieces) await piece.release();
  }

  /**
   * @param span first and last stage
   * @param places numbers that are wanted, too
   */
  async #run(
    plain: PlainRun,
    rows: number,
    edits: readonly PieceEdit[],
    [first, last]: readonly [number, number],
    places: readonly FoundPlace[],
    heed: Heed,
  ): Promise<ChainRun> {
    const states: ort.Tensor[] = [];
    const tensors: RuntimeTensors[] = [];
    const stateOf = (index: number) =>
      states[index] ?? this.#tiled(index, plain.states[index] ?? missingTensor(''), rows);
    for (let index = first; index <= last; index++) {
      await heed();
      const stage = this.stages[index];
      const piece = this.#pieces[index];
      const points = this.#points[stage?.part ?? -1];
      if (!stage || !piece || !points) break;
      const mine = edits.filter(({ at }) => this.#stageOf(at) === index);
      const here = places.filter(({ at }) => this.#stageOf(at) === index);
      const [stream = '', ...others] = stage.bounds.from;
      const [state, ...rest] = stage.after.map(stateOf);
      const before = state && this.#replaced(stream, state, mine, rows);
      const read = before ? [before, ...rest] : rest;
      const feeds = this.#feeds.of(plain.feeds, rows, stage.part, this.#memoryFor(stage, stateOf));
      const inside = mine.filter(({ at }) => !this.#isOf(stream, at));
      const steps = new Map(
        inside.map(({ at, mask, value }): [number, readonly PointStep[]] => [
          this.#found(at).index,
          [{ mask, value }],
        ]),
      );
      const wanted = here
        .flatMap(({ found }) => found.tensors.map(({ tensor }) => tensor))
        .filter(tensor => tensor !== stream && !others.includes(tensor));
      const kinds = [...here, ...inside].map(({ at }) => at.point);
      const got = await piece.run(
        read,
        feeds,
        inputs => points.feeds(inputs, steps, rows),
        wanted,
        new Set([...this.expected, ...kinds]),
      );
      const all = before && stage.bounds.from.length > 0 ? { ...got, [stream]: before } : got;
      tensors[index] = all;
      if (rows === 1) this.#see(stage, all, feeds);
      const next = got[stage.bounds.to];
      if (next) states[index] = next;
    }
    return { states, tensors };
  }

  /** Keeps in which shapes the numbers of a stage lie, as a run of one row shows. */
  #see(stage: Stage, tensors: RuntimeTensors, feeds: RuntimeTensors): void {
    const loaded = this.model.parts[stage.part]?.graph.loaded;
    if (!loaded) return;
    this.#points[stage.part]?.see(tensors, feeds, 1);
    const state = tensors[stage.bounds.to];
    const lengths = new Set(textLengths(feeds, loaded).values());
    if (state && !stage.isOutput) this.#states.see(stage.bounds.to, state, lengths);
  }

  /** The state that a stage reads, with other numbers in it. */
  #replaced(
    stream: string,
    state: ort.Tensor,
    edits: readonly PieceEdit[],
    rows: number,
  ): ort.Tensor {
    const mine = edits.filter(({ at }) => this.#isOf(stream, at));
    if (mine.length === 0) return state;
    const own = mine.reduce(
      (before, { mask, value }) => replacedState(before, mask, value),
      this.#states.read(stream, state, rows),
    );
    return this.#states.write(stream, own, rows);
  }

  /** Whether a place is the state that a stage reads. */
  #isOf(stream: string, at: PointAt): boolean {
    return this.#found(at).found.tensors.some(({ tensor }) => tensor === stream);
  }

  async #output(plain: PlainRun, last: ort.Tensor | undefined, rows: number): Promise<Tensor> {
    const stage = this.stages.at(-1);
    if (!last || !stage) return missingTensor('');
    const raw = toTensor(last);
    if (stage.isOutput) {
      const vocabulary = raw.dims.at(-1) ?? 1;
      const tokens = raw.data.length / vocabulary / rows;
      return rowsAt({ dims: [rows, tokens, vocabulary], data: raw.data }, plain.token);
    }
    const { dims, data: ordered } = this.#states.read(stage.bounds.to, last, rows);
    const state = rowsAt({ dims: dims.toSpliced(1, 1), data: ordered }, plain.token);
    const [, width = 1] = state.dims;
    const head = await this.model.head();
    const { data } = await head.run({ dims: [rows, 1, width], data: state.data });
    return { dims: [rows, head.vocabulary], data };
  }

  #found(place: PointAt): FoundPlace {
    const found = this.places.at(place);
    if ('reason' in found) throw new InspectorError('not-captured', found.reason);
    return found;
  }

  #stageOf(place: PointAt): number {
    const { part, found } = this.#found(place);
    const index = this.stages.findIndex(
      stage => stage.part === part && this.places.isWithin(stage, found),
    );
    return index < 0 ? missingTensor(place.point) : index;
  }

  /** A state that a plain run has passed between two stages. */
  #streamOf(plain: PlainRun, { at, found }: FoundPlace): Tensor | undefined {
    const stage = this.stages[this.#stageOf(at)];
    const state = plain.states[stage?.after[0] ?? -1];
    const [{ tensor }] = found.tensors;
    if (!stage || !state || tensor !== stage.bounds.from[0]) return undefined;
    return this.#states.read(tensor, state, 1);
  }

  #firstOf(edits: readonly PieceEdit[]): number {
    return Math.min(...edits.map(({ at }) => this.#stageOf(at)));
  }

  /** A state of one row as that of several. */
  #tiled(index: number, state: ort.Tensor, rows: number): ort.Tensor {
    const tensor = this.stages[index]?.bounds.to ?? '';
    if (rows === 1) return state;
    return this.#states.write(tensor, this.#states.read(tensor, state, 1), rows);
  }

  /** What the graph before gives, where a stage is of another one. */
  #memoryFor(stage: Stage, stateOf: (index: number) => ort.Tensor): ort.Tensor | undefined {
    const before = this.stages.findLastIndex(({ part }) => part < stage.part);
    return before < 0 ? undefined : stateOf(before);
  }
}

/** One token of every row `[rows, width]`. */
function rowsAt({ dims, data }: Tensor, token: number): Tensor {
  const [rows = 1, tokens = 1, width = 1] = dims;
  const taken = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const from = (row * tokens + token) * width;
    taken.set(data.subarray(from, from + width), row * width);
  }
  return { dims: [rows, width], data: taken };
}

function missingTensor(name: string): never {
  throw new InspectorError('internal', `The graph gave no tensor “${name}”.`);
}
