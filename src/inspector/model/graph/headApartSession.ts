import { writeModel } from '../../onnx/file/writeModel';
import { headApart, type HeadApart } from '../../onnx/rewrite/headApart';
import { feedName } from '../../onnx/rewrite/halfInputs';
import { instrumentedGraph, weightsFolder } from '../../onnx/rewrite/instrument';
import {
  Session,
  widened,
  type OpenSession,
  type RuntimeTensors,
  type SessionOptions,
} from '../../runtime/session';
import { openSession, otherTensors, plain } from './changingSession';
import type { LoadedGraph } from './loadGraph';

/**
 * Opens an instrumented graph with its output head in a session of its own, run where scores over the
 * vocabulary are wanted. Graphs whose head cannot be taken out are opened as a whole.
 * @param more tensors that it must put out beside those that views look at
 */
export async function openHeadApart(
  loaded: LoadedGraph,
  options: SessionOptions,
  more: readonly string[],
): Promise<OpenSession> {
  const { analysis, streams } = loaded;
  const { model } = analysis;
  const graph = instrumentedGraph(loaded, plain, [...otherTensors(loaded), ...more]);
  const apart = headApart(analysis, streams, graph);
  if (!apart) return openSession(loaded, options, plain, more);
  const folder = weightsFolder(model);
  const bytes = writeModel({ ...model, graph: apart.body }, folder);
  // The largest weight first: while it is arranged for products it is in memory twice.
  const head = await Session.open(apart.head.bytes, folder, options);
  try {
    return new HeadApartSession(apart, await Session.open(bytes, folder, options), head);
  } catch (error) {
    await head.release();
    throw error;
  }
}

/** Runs the body, and the head where its output is fetched. */
class HeadApartSession implements OpenSession {
  constructor(
    private readonly apart: HeadApart,
    private readonly body: Session,
    private readonly head: Session,
  ) {}

  async run(feeds: RuntimeTensors, fetches: readonly string[]): Promise<RuntimeTensors> {
    const { output, from, head } = this.apart;
    if (!fetches.includes(output)) return this.body.run(feeds, fetches);
    const names = new Set([...fetches.filter(name => name !== output), from]);
    const got = await this.body.run(feeds, [...names]);
    const state = got[from];
    const [name = ''] = head.outputs;
    if (!state) return got;
    const read =
      state.type === 'float16' ? { [feedName(from)]: widened(state) } : { [from]: state };
    const scores = (await this.head.run(read, [name]))[name];
    return scores ? { ...got, [output]: scores } : got;
  }

  async release(): Promise<void> {
    await this.head.release();
    await this.body.release();
  }
}
