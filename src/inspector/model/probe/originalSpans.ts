import { feedName } from '../../onnx/rewrite/halfInputs';
import { instrumentedGraph, weightsFolder } from '../../onnx/rewrite/instrument';
import { spansOf, type Span } from '../../onnx/rewrite/spans';
import { subgraph } from '../../onnx/rewrite/subgraph';
import {
  Session,
  toTensor,
  widened,
  type RuntimeTensors,
  type SessionOptions,
} from '../../runtime/session';
import { otherTensors, plain } from '../graph/changingSession';
import type { LoadedGraph } from '../graph/loadGraph';
import { weightSizes } from '../../onnx/file/weightSizes';
import { largestDifference } from './original';

/** Smaller graphs are loaded as a whole. */
const LEAST_BYTES = 64e6;
/** Where more of a graph's spans have to be run than this share, the whole is run instead. */
const MOST_RUN = 1 / 3;

/** What an instrumented graph was fed, and what it gave at the ends of the spans. */
interface FedRun {
  readonly feeds: RuntimeTensors;
  readonly raw: RuntimeTensors;
}

/**
 * The untouched graph, for comparing, where loading it as a whole would take as much again as the
 * instrumented one. Each of its layers is fed what the instrumented graph gave before it and has to give
 * what that gave after it; of layers that are alike in both graphs, node by node, the first and the last
 * are run.
 */
export class OriginalSpans {
  private constructor(
    private readonly loaded: LoadedGraph,
    private readonly run: readonly Span[],
    /** What the instrumented graph must put out for the comparison. */
    readonly tensors: readonly string[],
  ) {}

  /**
   * @param least bytes of stored weights
   * @returns undefined for graphs that are compared as a whole
   */
  static of(loaded: LoadedGraph, least = LEAST_BYTES): OriginalSpans | undefined {
    const { analysis, streams } = loaded;
    const { graph } = analysis.model;
    const stored = [...graph.initializers.values()].reduce(
      (sum, { data }) => sum + (data.kind === 'file' ? data.length : 0),
      0,
    );
    const hasBranches = graph.nodes.some(({ attributes }) =>
      [...attributes.values()].some(attribute => attribute.graph),
    );
    if (stored < least || hasBranches || analysis.model.functions.length > 0) return undefined;
    const instrumented = instrumentedGraph(loaded, plain, otherTensors(loaded));
    const spans = spansOf(analysis, streams, instrumented);
    if (!spans) return undefined;
    const run = representatives(spans.filter(({ isUntouched }) => !isUntouched));
    if (run.length > MOST_RUN * spans.length) return undefined;
    const tensors = new Set(run.flatMap(({ given, results }) => [...given, ...results]));
    return new OriginalSpans(loaded, run, [...tensors]);
  }

  /** Largest difference between what the spans give and what the instrumented graph gave. */
  async difference(runs: readonly FedRun[], options: SessionOptions): Promise<number> {
    let worst = 0;
    for (const span of this.run) {
      const difference = await this.#differenceOf(span, runs, options);
      worst = Math.max(worst, difference);
    }
    return worst;
  }

  async #differenceOf(
    { given, results }: Span,
    runs: readonly FedRun[],
    options: SessionOptions,
  ): Promise<number> {
    const { analysis } = this.loaded;
    const { bytes, inputs, outputs } = subgraph(analysis, results, given);
    // For two short runs copies arranged for products are not worth their memory, but of few bits.
    const isPacked = weightSizes(analysis.model).kind === 'quantised';
    const weights = options.weights ?? { isPacked, isWidened: true };
    const own = { ...options, weights };
    const session = await Session.open(bytes, weightsFolder(analysis.model), own);
    let worst = 0;
    try {
      for (const { feeds, raw } of runs) {
        const all: Record<string, RuntimeTensors[string]> = { ...feeds };
        for (const [name, tensor] of Object.entries(raw)) {
          if (tensor.type === 'float16') all[feedName(name)] = widened(tensor);
          else all[name] = tensor;
        }
        const needed = inputs.flatMap(name => {
          const tensor = all[name];
          return tensor ? [[name, tensor] as const] : [];
        });
        const got = await session.run(Object.fromEntries(needed), outputs);
        for (const [i, name] of results.entries()) {
          const [own, theirs] = [got[outputs[i] ?? ''], raw[name]];
          const difference =
            own && theirs ? largestDifference(toTensor(theirs), toTensor(own)) : Infinity;
          worst = Math.max(worst, difference);
        }
      }
    } finally {
      await session.release();
    }
    return worst;
  }
}

/** The first and the last span of each kind. */
function representatives(spans: readonly Span[]): readonly Span[] {
  const ofKind = new Map<string, Span[]>();
  for (const span of spans) ofKind.set(span.kind, [...(ofKind.get(span.kind) ?? []), span]);
  return [...ofKind.values()]
    .flatMap(all => (all.length > 1 ? [all[0], all.at(-1)] : all))
    .filter(span => span !== undefined);
}
