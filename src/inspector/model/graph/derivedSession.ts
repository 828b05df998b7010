import type { Derivation, FoundSite, Quantity } from '../../onnx/graph/site';
import {
  derivedSkeleton,
  sharedDerivation,
  type SharedDerivation,
  type TensorType,
} from '../../onnx/rewrite/derivedSkeleton';
import { feedName } from '../../onnx/rewrite/halfInputs';
import { derivationInputs, weightsFolder } from '../../onnx/rewrite/instrument';
import { Session, widened, type RuntimeTensors, type SessionOptions } from '../../runtime/session';
import { elementTypeByName } from '../inputs/runtimeTypes';
import type { LoadedGraph } from './loadGraph';

/** Whether any wanted quantity of a site needs a session beside the main one. */
export function isDerived({ derived }: FoundSite, quantities: ReadonlySet<Quantity>): boolean {
  return derived !== undefined && [...quantities].some(quantity => quantity in derived.views);
}

/**
 * Computes what fused operators hide, from what went into them, one site after the other. Layers that
 * do alike share a session, which is opened when it is first needed.
 */
export class DerivedSession {
  readonly #sessions = new Map<string, Promise<Session>>();
  /** What was found for each site with the types that came in last. */
  readonly #shared = new Map<
    FoundSite,
    { readonly types: string; readonly is: SharedDerivation }
  >();

  constructor(
    private readonly loaded: LoadedGraph,
    private readonly options: SessionOptions,
  ) {}

  /**
   * @param tensors of the main session, with everything that the derivations of the sites take
   * @param quantitiesOf what is wanted of a site, by its index
   */
  async run(
    tensors: RuntimeTensors,
    quantitiesOf: (site: number) => ReadonlySet<Quantity>,
  ): Promise<RuntimeTensors> {
    const results: Record<string, RuntimeTensors[string]> = {};
    for (const [i, site] of this.loaded.sites.entries()) {
      const { derived } = site;
      const wanted = [...quantitiesOf(i)].flatMap(name => derived?.views[name]?.tensor ?? []);
      if (!derived || wanted.length === 0) continue;
      Object.assign(results, await this.#runSite(site, derived, tensors, new Set(wanted)));
    }
    return results;
  }

  async release(): Promise<void> {
    const opened = await Promise.allSettled(this.#sessions.values());
    for (const session of opened) {
      if (session.status === 'fulfilled') await session.value.release();
    }
  }

  async #runSite(
    site: FoundSite,
    derived: Derivation,
    tensors: RuntimeTensors,
    wanted: ReadonlySet<string>,
  ): Promise<RuntimeTensors> {
    const shared = this.#sharedBy(site, derived, tensors);
    const session = await this.#sessionOf(shared);
    const feeds: Record<string, RuntimeTensors[string]> = {};
    for (const [name, own] of shared.inputs) {
      const tensor = tensors[name];
      if (tensor?.type === 'float16') feeds[feedName(own)] = widened(tensor);
      else if (tensor) feeds[own] = tensor;
    }
    const outputs = [...shared.outputs].filter(([name]) => wanted.has(name));
    const got = await session.run(
      feeds,
      outputs.map(([, own]) => own),
    );
    const results: Record<string, RuntimeTensors[string]> = {};
    for (const [name, own] of outputs) {
      const tensor = got[own];
      if (tensor) results[name] = tensor;
    }
    return results;
  }

  #sharedBy(site: FoundSite, derived: Derivation, tensors: RuntimeTensors): SharedDerivation {
    const types = new Map<string, TensorType>();
    for (const name of derivationInputs(site)) {
      const tensor = tensors[name];
      if (!tensor) continue;
      const rank = tensor.dims.length;
      types.set(name, { elementType: elementTypeByName(tensor.type), rank });
    }
    const key = JSON.stringify([...types]);
    const known = this.#shared.get(site);
    if (known?.types === key) return known.is;
    const is = sharedDerivation(this.loaded.analysis.model, { ...site, derived }, types);
    this.#shared.set(site, { types: key, is });
    return is;
  }

  #sessionOf(shared: SharedDerivation): Promise<Session> {
    const known = this.#sessions.get(shared.key);
    if (known) return known;
    const { model } = this.loaded.analysis;
    const options = { ...this.options, isPlain: true };
    const opened = Session.open(derivedSkeleton(model, shared), weightsFolder(model), options);
    this.#sessions.set(shared.key, opened);
    // One that failed for want of memory may open later.
    opened.catch(() => this.#sessions.delete(shared.key));
    return opened;
  }
}
