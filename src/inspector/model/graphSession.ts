import { derivedSkeleton } from '../onnx/derivedSkeleton';
import { derivationInputs, instrumentedSkeleton, weightsFolder } from '../onnx/instrument';
import { feedName } from '../onnx/halfInputs';
import type { FoundSite, Quantity } from '../onnx/site';
import {
  Session,
  toTensor,
  widened,
  type RuntimeTensors,
  type SessionOptions,
} from '../runtime/session';
import type { Tensor } from '../runtime/tensor';
import { headScaleFeed, headScaleName, neutralScale } from './headScale';
import type { LoadedGraph } from './loadGraph';
import { readView } from './readView';
import { elementTypeByName } from './runtimeTypes';
import { clearUninitialised } from './uninitialised';

/** What to bring back from a run. */
export interface Wanted {
  readonly quantities: ReadonlySet<Quantity>;
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
  #derived: Session | undefined;

  private constructor(
    readonly loaded: LoadedGraph,
    private readonly session: Session,
    private readonly options: SessionOptions,
  ) {}

  static async open(loaded: LoadedGraph, options: SessionOptions): Promise<GraphSession> {
    const { analysis, sites, streams } = loaded;
    const bytes = instrumentedSkeleton(analysis, sites, streams);
    const session = await Session.open(bytes, weightsFolder(analysis.model), options);
    return new GraphSession(loaded, session, options);
  }

  /**
   * @param feeds every input of the graph
   * @param scales factors per head, by the index of the site
   */
  async run(
    feeds: RuntimeTensors,
    batch: number,
    wanted: Wanted,
    scales: ReadonlyMap<number, Float32Array> = new Map(),
  ): Promise<GraphRun> {
    const { sites, streams } = this.loaded;
    const hidden = wanted.hiddenStates
      ? streams.streams.flatMap(stream => [...stream.beforeLayers, stream.residual, stream.normed])
      : [];
    const output = wanted.output ? streams.output : undefined;
    const views = sites.flatMap(site => this.#fetchesOf(site, wanted.quantities));
    const names = new Set([...views, ...hidden, output].filter(name => name !== undefined));

    const started = performance.now();
    const fetches = [...names].filter(name => !(name in feeds));
    const got = await this.session.run(this.#withScales(feeds, batch, scales), fetches);
    const tensors: Record<string, RuntimeTensors[string]> = { ...feeds, ...got };
    Object.assign(tensors, await this.#derive(tensors, wanted.quantities));
    const milliseconds = performance.now() - started;

    for (const [name, { dims }] of Object.entries(tensors)) this.#shapes.set(name, dims);
    const read = (name: string | undefined) => {
      const value = name === undefined ? undefined : tensors[name];
      return value && toTensor(value);
    };
    const optional = (name: 'residual' | 'normed' | 'output', tensor: Tensor | undefined) =>
      tensor ? { [name]: tensor } : {};
    return {
      sites: sites.map(site => this.#readSite(site, tensors, batch, wanted.quantities)),
      streams: wanted.hiddenStates
        ? streams.streams.map(stream => ({
            beforeLayers: stream.beforeLayers.map(read),
            ...optional('residual', read(stream.residual)),
            ...optional('normed', read(stream.normed)),
          }))
        : [],
      ...optional('output', read(output)),
      milliseconds,
    };
  }

  /** The product of a site's factors. Those that the graph computes from shapes are read in a run. */
  async scalesOf(feeds: RuntimeTensors, headDims: readonly number[]): Promise<readonly number[]> {
    const { sites } = this.loaded;
    const names = sites.flatMap(({ scale }) => scale.flatMap(f => ('tensor' in f ? f.tensor : [])));
    const [any] = this.loaded.streams.output ? [this.loaded.streams.output] : names;
    const fetches = new Set(names.length ? names : any ? [any] : []);
    const tensors = names.length
      ? await this.session.run(this.#withScales(feeds, 1, new Map()), [...fetches])
      : {};
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
    await this.#derived?.release();
  }

  #fetchesOf(site: FoundSite, quantities: ReadonlySet<Quantity>): string[] {
    const direct = [...quantities].flatMap(quantity => site.views[quantity]?.tensor ?? []);
    const { initializers } = this.loaded.analysis.model.graph;
    const forDerived = isDerived(site, quantities) ? derivationInputs(site) : [];
    return [...direct, ...forDerived].filter(name => !initializers.has(name));
  }

  #withScales(
    feeds: RuntimeTensors,
    batch: number,
    scales: ReadonlyMap<number, Float32Array>,
  ): RuntimeTensors {
    const { sites, analysis } = this.loaded;
    const complete = { ...feeds };
    for (const [i, { scalePoint }] of sites.entries()) {
      const scale = scales.get(i);
      const shape = this.#shapes.get(scalePoint.tensor);
      complete[headScaleName(analysis.index, i, scalePoint)] =
        scale && shape ? headScaleFeed(scalePoint, shape, batch, scale) : neutralScale;
    }
    return complete;
  }

  async #derive(
    tensors: RuntimeTensors,
    quantities: ReadonlySet<Quantity>,
  ): Promise<RuntimeTensors> {
    const { sites, analysis } = this.loaded;
    const derivable = sites.filter(site => isDerived(site, quantities));
    if (derivable.length === 0) return {};
    const names = derivable.flatMap(derivationInputs);
    const feeds = Object.fromEntries(
      names.flatMap(name => {
        const tensor = tensors[name];
        if (!tensor) return [];
        return tensor.type === 'float16' ? [[feedName(name), widened(tensor)]] : [[name, tensor]];
      }),
    );
    if (!this.#derived) {
      const all = sites.filter(site => site.derived);
      const types = new Map(
        names.flatMap(name => {
          const tensor = tensors[name];
          if (!tensor) return [];
          const { type, dims } = tensor;
          return [[name, { elementType: elementTypeByName(type), rank: dims.length }]];
        }),
      );
      const bytes = derivedSkeleton(analysis, all, types);
      this.#derived = await Session.open(bytes, weightsFolder(analysis.model), this.options);
    }
    const wanted = derivable.flatMap(({ derived }) =>
      [...quantities].flatMap(quantity => derived?.views[quantity]?.tensor ?? []),
    );
    return this.#derived.run(feeds, [...new Set(wanted)]);
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

/** Whether any wanted quantity of a site needs the second session. */
function isDerived({ derived }: FoundSite, quantities: ReadonlySet<Quantity>): boolean {
  return derived !== undefined && [...quantities].some(quantity => quantity in derived.views);
}
