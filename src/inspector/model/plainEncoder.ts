import { InspectorError } from '../../protocol/errors';
import type { FileStamps } from '../files/fileStamps';
import type { SessionOptions } from '../runtime/session';
import type { Tensor } from '../runtime/tensor';
import { loadPlainGraph, type LoadedGraph } from './graph/loadGraph';
import { completeFeeds } from './inputs/feeds';
import { withOptions, type InputOptions, type InputSignature } from './inputs/inputSignature';
import { isRefused, OriginalGraph } from './probe/original';
import { plainProbe } from './probe/probe';
import type { Feeds } from './run';

/** Tokens of the text that a graph with loops is tried on. */
const SHORT = 8;

/** An encoder whose attention cannot be shown: it is run as it is, for the states that its decoder reads. */
export class PlainEncoder {
  private constructor(
    private readonly loaded: LoadedGraph,
    private readonly graph: OriginalGraph,
    /** Why nothing of it is shown: a sentence. */
    readonly reason: string,
  ) {}

  /** @throws InspectorError `model-broken`, `model-unsupported`, `out-of-memory` */
  static async open(
    file: string,
    options: SessionOptions & InputOptions,
    reason: string,
  ): Promise<PlainEncoder> {
    const read = loadPlainGraph(file);
    const loaded = { ...read, signature: withOptions(read.signature, options) };
    const graph = await OriginalGraph.open(loaded, options, plainProbe(loaded, SHORT));
    return new PlainEncoder(loaded, graph, reason);
  }

  get signature(): InputSignature {
    return this.loaded.signature;
  }

  get files(): FileStamps {
    return this.loaded.analysis.model.files;
  }

  get fileSize(): number {
    return this.loaded.analysis.model.fileSize;
  }

  /**
   * @param feeds token ids `[batch, tokens]` and others by the names of the graph
   * @returns states `[batch, tokens, width]`
   * @throws InspectorError `inputs-wrong`
   */
  async run(feeds: Feeds): Promise<Tensor> {
    const complete = completeFeeds(this.signature, feeds);
    const [batch = 1, tokens = 0] = Object.values(feeds)[0]?.dims ?? [];
    try {
      const states = await this.graph.run({ feeds: complete, batch });
      if (states?.dims.length === 3) return states;
    } catch (error) {
      if (!isRefused(error)) throw error;
      throw new InspectorError(
        'inputs-wrong',
        `The encoder cannot be run on a text of ${tokens} tokens, so that its decoder has nothing to read: use a text of another length. ${this.reason}`,
        { cause: error, ...(error.detail ? { detail: error.detail } : {}) },
      );
    }
    throw new InspectorError(
      'model-unsupported',
      `The encoder puts out no states for its decoder. ${this.reason}`,
    );
  }

  dispose(): Promise<void> {
    return this.graph.release();
  }
}
