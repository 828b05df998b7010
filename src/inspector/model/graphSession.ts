import * as ort from 'onnxruntime-node';
import {
  derivationInputs,
  instrumentedSkeleton,
  weightsFolder,
  type ChangeInputs,
} from '../onnx/instrument';
import { EQUAL_POSITIONS, type PositionPoint } from '../onnx/positionOverride';
import type { FoundSite, Quantity } from '../onnx/site';
import { Session, toTensor, type RuntimeTensors, type SessionOptions } from '../runtime/session';
import type { Tensor } from '../runtime/tensor';
import { DerivedSession, isDerived } from './derivedSession';
import { headScaleFeed, headScaleName, neutralScale } from './headScale';
import type { LoadedGraph } from './loadGraph';
import { maskFeeds, type MadeMasks, type SiteMask } from './maskFeeds';
import { readView } from './readView';
import { clearUninitialised } from './uninitialised';

/** What to bring back from a run. */
export interface Wanted {
  readonly quantities: ReadonlySet<Quantity>;
  /** Indices of the graph's sites whose quantities are wanted; all when absent. */
  readonly sites?: ReadonlySet<number>;
  readonly hiddenStates: boolean;
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
  readonly output?: Tensor;
  readonly milliseconds: number;
}

/** An instrumented graph in the runtime. */
export class GraphSession {
  /** Shapes of tensors as they were last seen, for feeding factors per head. */
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #derived: DerivedSession;
  #inputs: ChangeInputs = plain;
  #opening: Promise<void> = Promise.resolve();

  private constructor(
    readonly loaded: LoadedGraph,
    private session: Session,
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
    await this.#openFor(changes);
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
    const names = new Set([...views, ...hidden, output].filter(name => name !== undefined));

    const started = performance.now();
    const fetches = [...names].filter(name => !(name in feeds));
    // Where a graph shows none of what is wanted there is nothing to run.
    const got = fetches.length
      ? await this.session.run(this.#withChanges(feeds, batch, changes), fetches)
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
    const placed = (name: string | undefined) => {
      const tensor = read(name);
      return tensor && axes ? ofOneText(tensor) : tensor;
    };
    const optional = (name: 'residual' | 'normed' | 'output', tensor: Tensor | undefined) =>
      tensor ? { [name]: tensor } : {};
    return {
      sites: sites.map((site, i) => this.#readSite(site, tensors, batch, quantitiesOf(i))),
      streams: wanted.hiddenStates
        ? streams.streams.map(stream => ({
            beforeLayers: stream.beforeLayers.map(placed),
            ...optional('residual', placed(stream.residual)),
            ...optional('normed', placed(stream.normed)),
          }))
        : [],
      ...optional('output', placed(output)),
      milliseconds,
    };
  }

  /** The product of a site's factors. Those that the graph computes from shapes are read in a run. */
  async scalesOf(feeds: RuntimeTensors, headDims: readonly number[]): Promise<readonly number[]> {
    const { sites } = this.loaded;
    const names = sites.flatMap(({ scale }) => scale.flatMap(f => ('tensor' in f ? f.tensor : [])));
    const computed = names.filter(name => !(name in feeds));
    const got = computed.length
      ? await this.session.run(this.#withChanges(feeds, 1, noChanges), computed)
      : {};
    const tensors: RuntimeTensors = { ...feeds, ...got };
    return sites.map(({ scale }, i) =>
      scale.reduce((product, factor) => {
        if ('constant' in factor) return product * factor.constant;
        if ('perRootHeadDim' in factor) return product / Math.sqrt(headDims[i] ?? 1);
        const tensor = tensors[factor.tensor];
        const value = tensor ? (toTensor(tensor).data[0] ?? NaN) : NaN;
        return factor.inverse ? product / value : product * value;
      }, 1),
    );
  }

  async dispose(): Promise<void> {
    await this.session.release();
    await this.#derived.release();
  }

  #viewsOf(site: FoundSite, quantities: ReadonlySet<Quantity>): string[] {
    return [...quantities].flatMap(quantity => site.views[quantity]?.tensor ?? []);
  }

  /** Opens the session again where it lacks inputs that a change needs. */
  #openFor({ masks, equalPositions = [] }: Changes): Promise<void> {
    const open = async () => {
      const { masks: hadMasks, positions: had } = this.#inputs;
      const inputs: ChangeInputs = {
        masks: hadMasks || masks.size > 0,
        positions: had.length ? had : equalPositions,
      };
      if (inputs.masks === hadMasks && inputs.positions === had) return;
      const session = await openSession(this.loaded, this.options, inputs);
      await this.session.release();
      this.session = session;
      this.#inputs = inputs;
    };
    const isOpen =
      (this.#inputs.masks || masks.size === 0) &&
      (this.#inputs.positions.length > 0 || equalPositions.length === 0);
    if (isOpen) return Promise.resolve();
    // One after the other; one that fails does not hold up the next.
    this.#opening = this.#opening.then(open, open);
    return this.#opening;
  }

  #withChanges(feeds: RuntimeTensors, batch: number, changes: Changes): RuntimeTensors {
    const { scales, masks, equalPositions = [] } = changes;
    const { sites, analysis } = this.loaded;
    const complete = { ...feeds };
    const made: MadeMasks = new Map();
    if (this.#inputs.positions.length) {
      const isEqual = Uint8Array.of(equalPositions.length ? 1 : 0);
      complete[EQUAL_POSITIONS.name] = new ort.Tensor('bool', isEqual, [1]);
    }
    for (const [i, site] of sites.entries()) {
      const { scalePoint } = site;
      const scale = scales.get(i);
      const shape = this.#shapes.get(scalePoint.tensor);
      complete[headScaleName(analysis.index, i, scalePoint)] =
        scale && shape ? headScaleFeed(scalePoint, shape, batch, scale) : neutralScale;
      if (!this.#inputs.masks) continue;
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
    if (site.derived?.uninitialisedFuture) {
      const last = tensors[site.node.inputs[5] ?? ''];
      clearUninitialised(read, last && toTensor(last).data);
    }
    return read;
  }
}

/** `[tokens, 1, width]` or `[tokens, width]` as `[1, tokens, width]`. */
function ofOneText({ dims, data }: Tensor): Tensor {
  const width = dims.at(-1) ?? 1;
  return { dims: [1, data.length / width, width], data };
}

const nothing: ReadonlySet<Quantity> = new Set();
/** Without any change, runs are those of the plain graph. */
const plain: ChangeInputs = { masks: false, positions: [] };

/** Changes to the computation, by the index of the site. */
export interface Changes {
  /** Factors per head `[heads]`. */
  readonly scales: ReadonlyMap<number, Float32Array>;
  readonly masks: ReadonlyMap<number, SiteMask>;
  /** Every place where the graph's positions enter, where all tokens are to have the same one. */
  readonly equalPositions?: readonly PositionPoint[];
}

export const noChanges: Changes = { scales: new Map(), masks: new Map() };

function openSession(
  { analysis, sites, streams }: LoadedGraph,
  options: SessionOptions,
  inputs: ChangeInputs,
): Promise<Session> {
  const bytes = instrumentedSkeleton(analysis, sites, streams, inputs);
  return Session.open(bytes, weightsFolder(analysis.model), options);
}
