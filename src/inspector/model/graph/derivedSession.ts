import type { FoundSite, Quantity } from '../../onnx/graph/site';
import { derivedSkeleton } from '../../onnx/rewrite/derivedSkeleton';
import { feedName } from '../../onnx/rewrite/halfInputs';
import { derivationInputs, weightsFolder } from '../../onnx/rewrite/instrument';
import { Session, widened, type RuntimeTensors, type SessionOptions } from '../../runtime/session';
import { elementTypeByName } from '../inputs/runtimeTypes';
import type { LoadedGraph } from './loadGraph';

/** Whether any wanted quantity of a site needs the second session. */
export function isDerived({ derived }: FoundSite, quantities: ReadonlySet<Quantity>): boolean {
  return derived !== undefined && [...quantities].some(quantity => quantity in derived.views);
}

/**
 * Computes what fused operators hide, from what went into them. The runtime executes every node of a
 * session whether it is fetched or not, so this one is apart and opened when it is first needed.
 */
export class DerivedSession {
  #session: Session | undefined;

  constructor(
    private readonly loaded: LoadedGraph,
    private readonly options: SessionOptions,
  ) {}

  /**
   * @param tensors of the main session, with everything that the derivations of all sites take
   * @param quantitiesOf what is wanted of a site, by its index
   */
  async run(
    tensors: RuntimeTensors,
    quantitiesOf: (site: number) => ReadonlySet<Quantity>,
  ): Promise<RuntimeTensors> {
    const { sites } = this.loaded;
    const wanted = sites.flatMap(({ derived }, i) =>
      [...quantitiesOf(i)].flatMap(quantity => derived?.views[quantity]?.tensor ?? []),
    );
    if (wanted.length === 0) return {};
    const derivable = sites.filter(({ derived }) => derived);
    const inputs = derivable.flatMap(derivationInputs).flatMap(name => {
      const tensor = tensors[name];
      return tensor ? [[name, tensor] as const] : [];
    });
    this.#session ??= await this.#open(inputs);
    const feeds = Object.fromEntries(
      inputs.map(([name, tensor]) =>
        tensor.type === 'float16' ? [feedName(name), widened(tensor)] : [name, tensor],
      ),
    );
    return this.#session.run(feeds, [...new Set(wanted)]);
  }

  async release(): Promise<void> {
    await this.#session?.release();
  }

  #open(inputs: readonly (readonly [string, RuntimeTensors[string]])[]): Promise<Session> {
    const { analysis, sites } = this.loaded;
    const types = new Map(
      inputs.map(([name, { type, dims }]) => [
        name,
        { elementType: elementTypeByName(type), rank: dims.length },
      ]),
    );
    const derivable = sites.filter(site => site.derived);
    const bytes = derivedSkeleton(analysis, derivable, types);
    return Session.open(bytes, weightsFolder(analysis.model), { ...this.options, isPlain: true });
  }
}
