import { InspectorError } from '../../../protocol/errors';
import type { GraphPoint } from '../../onnx/stream/points/point';
import * as ort from '../../runtime/ort';
import { toTensor, type RuntimeTensors } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { ChainFeeds } from './chainFeeds';
import { asInGraph, fed, inOrder, tiled, type PieceLayout } from './layouts';
import { Piece, type Replacement } from './piece';
import type { Heed, PieceEdit, PiecesOf, PlainRun, PlainText } from './piecesOf';
import type { FoundPlace, PiecePlace, Places } from './places';
import { replacedState } from './replaced';
import type { Stage } from './stages';

/** The stages of a model, run one after the other on many rows at once. */
export class Chain {
  readonly #dims = new Map<string, readonly number[]>();
  readonly #pieces: readonly Piece[];
  readonly #feeds: ChainFeeds;

  /** @param expected kinds of numbers that sessions are opened with */
  constructor(
    private readonly model: PiecesOf,
    private readonly places: Places,
    private readonly stages: readonly Stage[],
    private readonly expected: ReadonlySet<GraphPoint>,
  ) {
    this.#feeds = new ChainFeeds(model);
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
    const { states } = await this.#run({ ...text, states: [] }, 1, [], span, [], [], heed);
    const run = { ...text, states };
    return { run, logits: await this.#output(run, states.at(-1), 1) };
  }

  /**
   * Numbers of a run of one row, in the order of `places`: states `[1, tokens, modelDim]`, or
   * `[1, heads, tokens, width]`.
   * @throws InspectorError `not-captured`, `cancelled`
   */
  async values(
    plain: PlainRun,
    places: readonly PiecePlace[],
    heed: Heed,
    edits: readonly PieceEdit[] = [],
  ): Promise<readonly Tensor[]> {
    const found = places.map(place => this.#found(place));
    const known = edits.length ? [] : found.map(place => this.#streamOf(plain, place));
    if (known.length && known.every(state => state !== undefined)) return known;
    const own = found.map(place => this.#stageOf(place));
    const wanted = found.flatMap(({ tensors }) => tensors.map(({ tensor }) => tensor));
    const first = edits.length ? this.#firstOf(edits) : Math.min(...own);
    const got = await this.#run(plain, 1, edits, [first, Math.max(...own)], wanted, found, heed);
    return found.map(place => {
      const terms = place.tensors.map(tensor => {
        const raw = toTensor(got.tensors[tensor.tensor] ?? missingTensor(tensor.tensor));
        this.#dims.set(tensor.tensor, raw.dims);
        return inOrder(raw, this.places.layoutOf(place, tensor, raw.dims), 1);
      });
      return summed(terms);
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
    await this.#learn(plain, edits, heed);
    const span = [this.#firstOf(edits), this.stages.length - 1] as const;
    const found = edits.map(({ place }) => this.#found(place));
    const { states } = await this.#run(plain, rows, edits, span, [], found, heed);
    return this.#output(plain, states.at(-1), rows);
  }

  async release(): Promise<void> {
    for (const piece of this.#pieces) await piece.release();
  }

  /** @param span first and last stage */
  async #run(
    plain: PlainRun,
    rows: number,
    edits: readonly PieceEdit[],
    [first, last]: readonly [number, number],
    wanted: readonly string[],
    places: readonly FoundPlace[],
    heed: Heed,
  ): Promise<{ readonly states: readonly ort.Tensor[]; readonly tensors: RuntimeTensors }> {
    const states: ort.Tensor[] = [];
    const tensors: Record<string, ort.Tensor> = {};
    const stateOf = (index: number) =>
      states[index] ?? this.#tiled(index, plain.states[index] ?? missingTensor(''), rows);
    for (let index = first; index <= last; index++) {
      await heed();
      const stage = this.stages[index];
      const piece = this.#pieces[index];
      if (!stage || !piece) break;
      const mine = edits.filter(({ place }) => this.#stageOf(place) === index);
      const here = places.filter(place => this.#stageOf(place) === index);
      const read = stage.after.map(stateOf);
      const [stream] = stage.bounds.from;
      for (const { place, mask, value } of mine) {
        const [at] = this.#found(place).tensors;
        const state = read[0];
        if (at.tensor !== stream || !state) continue;
        const layout = this.#layoutOfState(stage, at.tensor);
        const ordered = inOrder(toTensor(state), layout, rows);
        read[0] = fed(asInGraph(replacedState(ordered, mask, value), layout, state.dims, rows));
      }
      if (stream !== undefined && read[0] && wanted.includes(stream)) tensors[stream] = read[0];
      const fetched = here
        .flatMap(place => place.tensors.map(({ tensor }) => tensor))
        .filter(tensor => wanted.includes(tensor) && tensor !== stream);
      const points = new Set([
        ...this.expected,
        ...here.map(({ point }) => point),
        ...mine.map(({ place }) => place.point),
      ]);
      const memory = this.#memoryFor(stage, stateOf);
      const feeds = this.#feeds.of(plain.feeds, rows, stage.part, memory);
      const replaced = this.#replacements(mine, stage, rows);
      const got = await piece.run(read, feeds, replaced, fetched, points);
      Object.assign(tensors, got);
      const state = got[stage.bounds.to];
      if (state) states[index] = state;
      if (rows === 1 && state) this.#dims.set(stage.bounds.to, state.dims);
    }
    return { states, tensors };
  }

  #replacements(
    edits: readonly PieceEdit[],
    stage: Stage,
    rows: number,
  ): ReadonlyMap<string, Replacement> {
    const replaced = new Map<string, Replacement>();
    for (const { place, mask, value } of edits) {
      const found = this.#found(place);
      for (const [i, tensor] of found.tensors.entries()) {
        if (tensor.tensor === stage.bounds.from[0]) continue;
        const dims = this.#dims.get(tensor.tensor) ?? [];
        const layout = this.places.layoutOf(found, tensor, dims);
        const where = asInGraph(mask, layout, dims, rows);
        // Where several are added up, the first gives the whole sum.
        const own = i === 0 ? value : { ...value, data: new Float32Array(value.data.length) };
        replaced.set(tensor.tensor, {
          mask: new ort.Tensor('bool', Uint8Array.from(where.data), where.dims),
          value: fed(asInGraph(own, layout, dims, rows)),
        });
      }
    }
    return replaced;
  }

  /** Learns in which shape the numbers lie that are about to be replaced. */
  async #learn(plain: PlainRun, edits: readonly PieceEdit[], heed: Heed): Promise<void> {
    for (const { place } of edits) {
      const isKnown = this.#found(place).tensors.every(({ tensor }) => this.#dims.has(tensor));
      if (!isKnown) await this.values(plain, [place], heed);
    }
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
    const layout = this.#layoutOfState(stage, stage.bounds.to);
    const state = rowsAt(inOrder(raw, layout, rows), plain.token);
    const [, width = 1] = state.dims;
    const head = await this.model.head();
    const { data } = await head.run({ dims: [rows, 1, width], data: state.data });
    return { dims: [rows, head.vocabulary], data };
  }

  #found(place: PiecePlace): FoundPlace {
    const found = this.places.at(place);
    if ('reason' in found) throw new InspectorError('not-captured', found.reason);
    return found;
  }

  #stageOf(place: PiecePlace): number {
    const { part, stack, layer } = this.#found(place);
    const index = this.stages.findIndex(
      stage =>
        stage.part === part &&
        (stage.stack === undefined || stage.stack === stack) &&
        stage.layers[0] <= layer &&
        layer < stage.layers[1],
    );
    return index < 0 ? missingTensor(`${stack} ${layer}`) : index;
  }

  /** A state that a plain run has passed between two stages. */
  #streamOf(plain: PlainRun, place: FoundPlace): Tensor | undefined {
    const index = this.#stageOf(place);
    const stage = this.stages[index];
    const state = plain.states[stage?.after[0] ?? -1];
    const [{ tensor }] = place.tensors;
    if (!stage || !state || tensor !== stage.bounds.from[0]) return undefined;
    return inOrder(toTensor(state), this.#layoutOfState(stage, tensor), 1);
  }

  #firstOf(edits: readonly PieceEdit[]): number {
    return Math.min(...edits.map(({ place }) => this.#stageOf(place)));
  }

  #layoutOfState({ part }: Stage, tensor: string): PieceLayout {
    const dims = this.#dims.get(tensor) ?? [];
    return { of: 'state', layout: this.places.layoutOfState(part, tensor, dims) };
  }

  /** A state of one row as that of several. */
  #tiled(index: number, state: ort.Tensor, rows: number): ort.Tensor {
    const stage = this.stages[index];
    if (!stage || rows === 1) return state;
    const layout = this.#layoutOfState(stage, stage.bounds.to);
    const ordered = inOrder(toTensor(state), layout, 1);
    return fed(asInGraph(tiled(ordered, rows), layout, state.dims, rows));
  }

  /** What the graph before gives, where a stage is of another one. */
  #memoryFor(stage: Stage, stateOf: (index: number) => ort.Tensor): ort.Tensor | undefined {
    const before = this.stages.findLastIndex(({ part }) => part < stage.part);
    return before < 0 ? undefined : stateOf(before);
  }
}

function summed(terms: readonly Tensor[]): Tensor {
  const [first = { dims: [], data: new Float32Array() }, ...others] = terms;
  return others.reduce(
    (sum, { data }) => ({ ...sum, data: sum.data.map((value, i) => value + (data[i] ?? NaN)) }),
    first,
  );
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
