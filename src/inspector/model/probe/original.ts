import { InspectorError } from '../../../protocol/errors';
import { plainSkeleton, weightsFolder } from '../../onnx/rewrite/instrument';
import { Session, toTensor, type SessionOptions } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import type { LoadedGraph } from '../graph/loadGraph';
import { textLengths } from '../graph/textLengths';
import { TokenAxes } from '../graph/tokenAxes';
import type { Probe } from './probe';
import { tryLoops } from './trial';

/** The untouched graph in the runtime, for comparing. */
export class OriginalGraph {
  readonly #tokenAxes = new TokenAxes();

  private constructor(
    private readonly session: Session,
    private readonly output: string,
    private readonly loaded: LoadedGraph,
  ) {}

  /** @param first a probe that it has to run: graphs with loops are tried on it elsewhere */
  static async open(
    loaded: LoadedGraph,
    options: SessionOptions,
    first: Probe | undefined,
  ): Promise<OriginalGraph> {
    const {
      analysis: { model },
      streams,
    } = loaded;
    const output = streams.output ?? model.graph.outputs[0]?.name ?? '';
    const bytes = plainSkeleton(model, output);
    const folder = weightsFolder(model);
    await tryLoops(model, bytes, folder, options, first?.feeds ?? {}, output);
    return new OriginalGraph(await Session.open(bytes, folder, options), output, loaded);
  }

  /** @throws InspectorError `inputs-wrong`, `out-of-memory` */
  async run({ feeds, batch }: Pick<Probe, 'feeds' | 'batch'>): Promise<Tensor | undefined> {
    const output = (await this.session.run(feeds, [this.output]))[this.output];
    const { loaded } = this;
    if (!output || loaded.signature.axes) return output && toTensor(output);
    const lengths = textLengths(feeds, loaded);
    return this.#tokenAxes.arranged(this.output, toTensor(output), batch, lengths);
  }

  /** Outputs for each probe; undefined where the graph cannot run it. */
  async runAll(probes: readonly Probe[]): Promise<(Tensor | undefined)[]> {
    const outputs: (Tensor | undefined)[] = [];
    for (const probe of probes) {
      try {
        outputs.push(await this.run(probe));
      } catch (error) {
        if (!isRefused(error)) throw error;
        outputs.push(undefined);
      }
    }
    return outputs;
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** Whether the runtime could not run a model with what it was fed. */
export function isRefused(error: unknown): error is InspectorError {
  return error instanceof InspectorError && error.code === 'inputs-wrong';
}

/** Largest difference relative to the largest value; infinite where one is missing or not a number. */
export function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  if (!a || !b || a.data.length !== b.data.length) return Infinity;
  let worst = 0;
  let largest = 1;
  // Scores over a vocabulary are millions: counted, not iterated over.
  for (let i = 0; i < a.data.length; i++) {
    const value = a.data[i] ?? NaN;
    const other = b.data[i] ?? NaN;
    if (Object.is(value, other)) continue;
    largest = Math.max(largest, Math.abs(other));
    const difference = Math.abs(value - other);
    worst = difference <= worst ? worst : Number.isNaN(difference) ? Infinity : difference;
  }
  // A value that is no number makes the largest one none, too.
  return worst === Infinity ? worst : worst / largest;
}
