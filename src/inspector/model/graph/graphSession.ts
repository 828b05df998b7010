import type { FoundSite, Quantity } from '../../onnx/graph/site';
import { derivationInputs, type ChangeInputs } from '../../onnx/rewrite/instrument';
import { recurrenceTensors } from '../../onnx/graph/recurrence';
import { routerTensors } from '../../onnx/graph/router';
import {
  toTensor,
  type OpenSession,
  type RuntimeTensors,
  type SessionOptions,
} from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { withGate } from '../tensors/gate';
import type { Recurrence } from '../run';
import { noChanges, type Changes } from '../changes/interventions';
import { changeFeeds } from './changeFeeds';
import { ChangingSession, openSession, plain, type Changing } from './changingSession';
import { DerivedSession, isDerived } from './derivedSession';
import { openHeadApart } from './headApartSession';
import type { LoadedGraph } from './loadGraph';
import { decisionOf, type Decision } from './decision';
import { recurrenceOf } from './linearAttention';
import { PointTensors, type PointSteps } from './pointTensors';
import { factorTensors, picked, readView, scaleOf, shareOfOne } from './siteTensors';
import { TokenAxes } from './tokenAxes';
import { isPastGiven, textLengths, type TextLengths } from './textLengths';

/** What to bring back from a run. */
export interface Wanted {
  readonly quantities: ReadonlySet<Quantity>;
  /** Indices of the graph's sites whose quantities are wanted; all when absent. */
  readonly sites?: ReadonlySet<number>;
  readonly hiddenStates: boolean;
  /** What the routers of experts decided. */
  readonly experts?: boolean;
  /** What linear attentions computed. */
  readonly recurrences?: boolean;
  /** Points, by their place among the graph's. */
  readonly points?: ReadonlySet<number>;
  readonly output: boolean;
  /** Other tensors that the session puts out, as the runtime gives them. */
  readonly raw?: readonly string[];
}

export type SiteTensors = { readonly [Q in Quantity]?: Tensor };

/** The residual stream of one stack, `[batch, tokens, modelDim]` each. */
export interface StreamTensors {
  readonly beforeLayers: readonly (Tensor | undefined)[];
  readonly residual?: Tensor;
  readonly normed?: Tensor;
}

/** What one run of one graph brought back, by the order of its sites and streams. */
export interface GraphRun {
  readonly sites: readonly SiteTensors[];
  readonly streams: readonly StreamTensors[];
  /** By the order of the graph's routers; undefined where the run does not show one. */
  readonly experts?: readonly (Decision | undefined)[];
  /** By the order of the graph's linear attentions; undefined where the run does not show one. */
  readonly recurrences?: readonly (Recurrence | undefined)[];
  readonly output?: Tensor;
  /** `[batch, heads, rows, columns]` of the points that were wanted. */
  readonly points?: ReadonlyMap<number, Tensor>;
  /**
   * Factor on q·k of each site in this run, which some models compute from the length of the text;
   * undefined where the run did not ask for what it depends on.
   */
  readonly scales: readonly (number | undefined)[];
  /** Tokens in each of the model's texts; none where the run has several rows. */
  readonly lengths: TextLengths;
  /** Keys and values of earlier runs were given. */
  readonly hasPast: boolean;
  /** What was wanted as the runtime gives it. */
  readonly raw?: RuntimeTensors;
  readonly milliseconds: number;
}

/** An instrumented graph in the runtime. */
export class GraphSession {
  /** Shapes of tensors as they were last seen, for feeding factors per head. */
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #derived: DerivedSession;
  readonly #changing: ChangingSession;
  readonly #points: PointTensors;
  readonly #tokenAxes = new TokenAxes();

  private constructor(
    readonly loaded: LoadedGraph,
    private readonly session: OpenSession,
    readonly options: SessionOptions,
  ) {
    this.#derived = new DerivedSession(loaded, options);
    this.#changing = new ChangingSession(loaded, options);
    this.#points = new PointTensors(loaded);
  }

  /** @param more tensors that it must put out for `Wanted.raw` */
  static async open(
    loaded: LoadedGraph,
    options: SessionOptions,
    more: readonly string[] = [],
  ): Promise<GraphSession> {
    return new GraphSession(loaded, await openSession(loaded, options, plain, more), options);
  }

  /** Opens a large graph as `open` does, with its output head in a session of its own. */
  static async openLarge(
    loaded: LoadedGraph,
    options: SessionOptions,
    more: readonly string[],
  ): Promise<GraphSession> {
    return new GraphSession(loaded, await openHeadApart(loaded, options, more), options);
  }

  /**
   * @param feeds every input of the graph
   * @param changes what to change, by the index of the site
   */
  async run(
    feeds: RuntimeTensors,
    batch: number,
    wanted: Wanted,
    changes: Changes = noChanges,
  ): Promise<GraphRun> {
    const read = wanted.points ?? none;
    const changing = await this.#sessionFor(changes, read);
    const { sites, streams } = this.loaded;
    const hidden = wanted.hiddenStates
      ? streams.streams.flatMap(stream => [...stream.beforeLayers, stream.residual, stream.normed])
      : [];
    // Where no output has scores over a vocabulary, the first one is there for comparing.
    const first = this.loaded.analysis.model.graph.outputs[0]?.name;
    const output = wanted.output ? (streams.output ?? first) : undefined;
    const quantitiesOf = (i: number) =>
      !wanted.sites || wanted.sites.has(i) ? wanted.quantities : nothing;
    const views = [
      ...sites.flatMap((site, i) => this.#viewsOf(site, quantitiesOf(i))),
      ...sites.flatMap((site, i) =>
        isDerived(site, quantitiesOf(i)) ? derivationInputs(site) : [],
      ),
    ].filter(name => !this.loaded.analysis.model.graph.initializers.has(name));
    const factors = sites
      .flatMap((site, i) => (quantitiesOf(i).size ? factorTensors(site) : []))
      .filter(name => !(name in feeds));
    const routers = wanted.experts ? this.loaded.routers : [];
    const recurrences = wanted.recurrences ? this.loaded.recurrences : [];
    const more = [...routers.flatMap(routerTensors), ...recurrences.flatMap(recurrenceTensors)];
    const { raw = [] } = wanted;
    const names = new Set(
      [
        ...[...views, ...hidden, ...factors, ...more, ...this.#points.tensorsOf(read)],
        ...[...raw, output],
      ].filter(name => name !== undefined),
    );

    const started = performance.now();
    const fetches = [...names].filter(name => !(name in feeds));
    // Where a graph shows none of what is wanted there is nothing to run.
    const got = fetches.length ? await this.#runWith(changing, feeds, batch, changes, fetches) : {};
    if (read.size > 0) this.#points.see(got, feeds, batch);
    const tensors: Record<string, RuntimeTensors[string]> = { ...feeds, ...got };
    Object.assign(tensors, await this.#derived.run(tensors, quantitiesOf));
    const milliseconds = performance.now() - started;

    for (const [name, { dims }] of Object.entries(tensors)) this.#shapes.set(name, dims);
    const tensorOf = (name: string | undefined) => {
      const value = name === undefined ? undefined : tensors[name];
      return value && toTensor(value);
    };
    const { axes } = this.loaded.signature;
    const lengths = textLengths(feeds, this.loaded);
    const placed = (name: string | undefined) => {
      const tensor = tensorOf(name);
      if (!tensor || name === undefined) return undefined;
      return axes ? ofOneText(tensor) : this.#tokenAxes.arranged(name, tensor, batch, lengths);
    };
    const optional = (name: 'residual' | 'normed' | 'output', tensor: Tensor | undefined) =>
      tensor ? { [name]: tensor } : {};
    const captured = sites.map((site, i) => this.#readSite(site, tensors, batch, quantitiesOf(i)));
    return {
      sites: captured,
      scales: sites.map((site, i) => scaleOf(site, tensors, captured[i]?.query?.dims[3])),
      streams: wanted.hiddenStates
        ? streams.streams.map(stream => ({
            beforeLayers: stream.beforeLayers.map(placed),
            ...optional('residual', placed(stream.residual)),
            ...optional('normed', placed(stream.normed)),
          }))
        : [],
      ...(wanted.experts
        ? { experts: routers.map(router => decisionOf(router, tensorOf, axes ? 1 : batch)) }
        : {}),
      ...(wanted.recurrences
        ? { recurrences: recurrences.map(found => recurrenceOf(found, tensorOf)) }
        : {}),
      ...optional('output', placed(output)),
      ...(wanted.points ? { points: this.#readPoints(read, got, batch) } : {}),
      lengths,
      hasPast: isPastGiven(feeds, this.loaded),
      ...(wanted.raw ? { raw: picked(tensors, wanted.raw) } : {}),
      milliseconds,
    };
  }

  async dispose(): Promise<void> {
    await this.session.release();
    await this.#changing.release();
    await this.#derived.release();
  }

  #viewsOf(site: FoundSite, quantities: ReadonlySet<Quantity>): string[] {
    const sink = sharesWithOne(site, quantities) ? site.views.maskedScores?.tensor : undefined;
    const views = [...quantities].flatMap(quantity => site.views[quantity]?.tensor ?? []);
    return sink === undefined ? views : [...views, sink];
  }

  /**
   * The session that can make the changes. Plain runs keep theirs: the runtime fuses other operators
   * around inputs for changes, which moves the last digits of every number.
   */
  #sessionFor(
    { masks, equalPositions = [], points = new Map() }: Changes,
    read: ReadonlySet<number>,
  ): Promise<Changing> {
    const needed: ChangeInputs = {
      masks: masks.size > 0,
      positions: equalPositions,
      points: this.#points.inputsFor(read, points),
    };
    const isPlain = !needed.masks && needed.positions.length === 0 && needed.points.size === 0;
    const own = { session: this.session, inputs: plain };
    return isPlain ? Promise.resolve(own) : this.#changing.with(needed);
  }

  /** Runs a session with changes. */
  async #runWith(
    { session, inputs }: Changing,
    feeds: RuntimeTensors,
    batch: number,
    changes: Changes,
    fetches: readonly string[],
  ): Promise<RuntimeTensors> {
    const { loaded } = this;
    const { points: steps = new Map() } = changes;
    const all = { ...feeds, ...changeFeeds(loaded, this.#shapes, batch, changes, inputs) };
    const points = (made: PointSteps) => this.#points.feeds(inputs.points, made, batch);
    const unseen = this.#points.unseen(steps.keys(), feeds, batch);
    if (unseen.length > 0) {
      const seen = await session.run({ ...all, ...points(new Map()) }, unseen);
      this.#points.see(seen, feeds, batch);
    }
    return session.run({ ...all, ...points(steps) }, fetches);
  }

  #readPoints(
    points: ReadonlySet<number>,
    tensors: RuntimeTensors,
    batch: number,
  ): ReadonlyMap<number, Tensor> {
    return new Map(
      [...points].flatMap(point => {
        const tensor = this.#points.read(point, tensors, batch);
        return tensor ? [[point, tensor] as const] : [];
      }),
    );
  }

  #readSite(
    site: FoundSite,
    tensors: RuntimeTensors,
    batch: number,
    quantities: ReadonlySet<Quantity>,
  ): SiteTensors {
    const read: { -readonly [Q in Quantity]?: Tensor } = {};
    for (const quantity of quantities) {
      const view = site.views[quantity] ?? site.derived?.views[quantity];
      const value = view && tensors[view.tensor];
      if (value) read[quantity] = readView(toTensor(value), view.layout, batch);
    }
    const masked = sharesWithOne(site, quantities) ? site.views.maskedScores : undefined;
    const scores = masked && tensors[masked.tensor];
    if (scores) read.sink = shareOfOne(readView(toTensor(scores), masked.layout, batch));
    return site.gate ? withGate(read, site.gate) : read;
  }
}

/** Whether a wanted sink is none of the graph's tensors, but follows from the scores. */
function sharesWithOne({ sink, views }: FoundSite, quantities: ReadonlySet<Quantity>): boolean {
  return sink === 'one' && quantities.has('sink') && views.maskedScores !== undefined;
}

/** `[tokens, 1, width]` or `[tokens, width]` as `[1, tokens, width]`. */
function ofOneText({ dims, data }: Tensor): Tensor {
  const width = dims.at(-1) ?? 1;
  return { dims: [1, data.length / width, width], data };
}

const nothing: ReadonlySet<Quantity> = new Set();
const none: ReadonlySet<number> = new Set();
