import type { FoundSite, Quantity } from '../../onnx/graph/site';
import {
  derivationInputs,
  instrumentedSkeleton,
  weightsFolder,
  type ChangeInputs,
} from '../../onnx/rewrite/instrument';
import { recurrenceTensors } from '../../onnx/graph/recurrence';
import { routerTensors } from '../../onnx/graph/router';
import { EQUAL_POSITIONS } from '../../onnx/rewrite/positionOverride';
import * as ort from '../../runtime/ort';
import { Session, toTensor, type RuntimeTensors, type SessionOptions } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { headScaleFeed, headScaleName, neutralScale } from '../changes/headScale';
import { withGate } from '../tensors/gate';
import type { Recurrence } from '../run';
import { noChanges, type Changes } from '../changes/interventions';
import { maskFeeds, type MadeMasks } from '../changes/maskFeeds';
import { DerivedSession, isDerived } from './derivedSession';
import type { LoadedGraph } from './loadGraph';
import { decisionOf, type Decision } from './decision';
import { recurrenceOf } from './linearAttention';
import { factorTensors, readView, scaleOf, shareOfOne } from './siteTensors';
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
  readonly output: boolean;
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
  /**
   * Factor on q·k of each site in this run, which some models compute from the length of the text;
   * undefined where the run did not ask for what it depends on.
   */
  readonly scales: readonly (number | undefined)[];
  /** Tokens in each of the model's texts; none where the run has several rows. */
  readonly lengths: TextLengths;
  /** Keys and values of earlier runs were given. */
  readonly hasPast: boolean;
  readonly milliseconds: number;
}

/** An instrumented graph in the runtime. */
export class GraphSession {
  /** Shapes of tensors as they were last seen, for feeding factors per head. */
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #derived: DerivedSession;
  /** A session with inputs for changes: opened when one is asked for, beside the plain one. */
  #changing: { readonly session: Session; readonly inputs: ChangeInputs } | undefined;
  #opening: Promise<unknown> = Promise.resolve();
  readonly #tokenAxes = new TokenAxes();

  private constructor(
    readonly loaded: LoadedGraph,
    private readonly session: Session,
    readonly options: SessionOptions,
  ) {
    this.#derived = new DerivedSession(loaded, options);
  }

  static async open(loaded: LoadedGraph, options: SessionOptions): Promise<GraphSession> {
    return new GraphSession(loaded, await openSession(loaded, options, plain), options);
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
    const { session, inputs } = await this.#sessionFor(changes);
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
      ...sites.flatMap(site => (isDerived(site, wanted.quantities) ? derivationInputs(site) : [])),
    ].filter(name => !this.loaded.analysis.model.graph.initializers.has(name));
    const factors = sites
      .flatMap((site, i) => (quantitiesOf(i).size ? factorTensors(site) : []))
      .filter(name => !(name in feeds));
    const routers = wanted.experts ? this.loaded.routers : [];
    const recurrences = wanted.recurrences ? this.loaded.recurrences : [];
    const more = [...routers.flatMap(routerTensors), ...recurrences.flatMap(recurrenceTensors)];
    const names = new Set(
      [...views, ...hidden, ...factors, ...more, output].filter(name => name !== undefined),
    );

    const started = performance.now();
    const fetches = [...names].filter(name => !(name in feeds));
    // Where a graph shows none of what is wanted there is nothing to run.
    const got = fetches.length
      ? await session.run(this.#withChanges(feeds, batch, changes, inputs), fetches)
      : {};
    const tensors: Record<string, RuntimeTensors[string]> = { ...feeds, ...got };
    Object.assign(tensors, await this.#derived.run(tensors, quantitiesOf));
    const milliseconds = performance.now() - started;

    for (const [name, { dims }] of Object.entries(tensors)) this.#shapes.set(name, dims);
    const read = (name: string | undefined) => {
      const value = name === undefined ? undefined : tensors[name];
      return value && toTensor(value);
    };
    const { axes } = this.loaded.signature;
    const lengths = textLengths(feeds, this.loaded);
    const placed = (name: string | undefined) => {
      const tensor = read(name);
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
        ? { experts: routers.map(router => decisionOf(router, read, axes ? 1 : batch)) }
        : {}),
      ...(wanted.recurrences
        ? { recurrences: recurrences.map(found => recurrenceOf(found, read)) }
        : {}),
      ...optional('output', placed(output)),
      lengths,
      hasPast: isPastGiven(feeds, this.loaded),
      milliseconds,
    };
  }

  async dispose(): Promise<void> {
    await this.session.release();
    await this.#changing?.session.release();
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
  #sessionFor({ masks, equalPositions = [] }: Changes): Promise<Changing> {
    if (masks.size === 0 && equalPositions.length === 0) {
      return Promise.resolve({ session: this.session, inputs: plain });
    }
    const open = async (): Promise<Changing> => {
      const had = this.#changing;
      const positions = had?.inputs.positions ?? [];
      const inputs: ChangeInputs = {
        masks: (had?.inputs.masks ?? false) || masks.size > 0,
        positions: positions.length ? positions : equalPositions,
      };
      const isEnough =
        had !== undefined &&
        inputs.masks === had.inputs.masks &&
        inputs.positions.length === positions.length;
      if (isEnough) return had;
      const session = await openSession(this.loaded, this.options, inputs);
      await had?.session.release();
      this.#changing = { session, inputs };
      return this.#changing;
    };
    // One after the other; one that fails does not hold up the next.
    const opened = this.#opening.then(open, open);
    this.#opening = opened;
    return opened;
  }

  #withChanges(
    feeds: RuntimeTensors,
    batch: number,
    changes: Changes,
    inputs: ChangeInputs,
  ): RuntimeTensors {
    const { scales, masks, equalPositions = [] } = changes;
    const { sites, analysis } = this.loaded;
    const complete = { ...feeds };
    const made: MadeMasks = new Map();
    if (inputs.positions.length) {
      const isEqual = Uint8Array.of(equalPositions.length ? 1 : 0);
      complete[EQUAL_POSITIONS.name] = new ort.Tensor('bool', isEqual, [1]);
    }
    for (const [i, site] of sites.entries()) {
      const { scalePoint } = site;
      if (site.refusal) continue;
      const scale = scales.get(i);
      const shape = this.#shapes.get(scalePoint.tensor);
      complete[headScaleName(analysis.index, i, scalePoint)] =
        scale && shape ? headScaleFeed(scalePoint, shape, batch, scale) : neutralScale;
      if (!inputs.masks) continue;
      const rank = this.#shapes.get(site.views.maskedScores?.tensor ?? '')?.length;
      Object.assign(complete, maskFeeds(analysis.index, site, i, rank, batch, masks.get(i), made));
    }
    return complete;
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
interface Changing {
  readonly session: Session;
  readonly inputs: ChangeInputs;
}

/** Without any change, runs are those of the plain graph. */
const plain: ChangeInputs = { masks: false, positions: [] };

function openSession(
  { analysis, sites, streams, routers, recurrences }: LoadedGraph,
  options: SessionOptions,
  inputs: ChangeInputs,
): Promise<Session> {
  const more = [...routers.flatMap(routerTensors), ...recurrences.flatMap(recurrenceTensors)];
  const bytes = instrumentedSkeleton(analysis, sites, streams, inputs, more);
  return Session.open(bytes, weightsFolder(analysis.model), options);
}
