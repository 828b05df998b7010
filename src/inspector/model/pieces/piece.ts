import { InspectorError } from '../../../protocol/errors';
import type { GraphPoint } from '../../onnx/stream/points/point';
import { pieceSkeleton, type PieceSkeleton } from '../../onnx/rewrite/pieceSkeleton';
import type { PointInputs } from '../../onnx/rewrite/pointOverride';
import { weightsFolder } from '../../onnx/rewrite/instrument';
import type * as ort from '../../runtime/ort';
import { Session, widened, type RuntimeTensors } from '../../runtime/session';
import type { Part } from '../part';
import type { Places } from './places';
import type { Stage } from './stages';

/** Models up to this size run on one thread: to wake others takes longer than the products of one stage. */
const ALONE_BYTES = 32e6;

interface Opened {
  readonly cut: PieceSkeleton;
  readonly session: Session;
  readonly inputs: PointInputs;
}

/** A stage in the runtime, opened when it is first run. */
export class Piece {
  #opened: Promise<Opened> | undefined;

  constructor(
    readonly stage: Stage,
    private readonly part: Part,
    private readonly places: Places,
  ) {}

  /**
   * @param states what the stage reads, in the order of `bounds.from`
   * @param feeds of its graph
   * @param changesOf feeds of inputs that change points
   * @param fetched tensors beside what it leads to
   * @param points kinds of numbers that are replaced or fetched
   * @throws InspectorError `not-captured` where the stage cannot be run alone
   */
  async run(
    states: readonly ort.Tensor[],
    feeds: RuntimeTensors,
    changesOf: (inputs: PointInputs) => RuntimeTensors,
    fetched: readonly string[],
    points: ReadonlySet<GraphPoint>,
  ): Promise<RuntimeTensors> {
    const { cut, session, inputs } = await this.#open(points);
    const { from, to } = this.stage.bounds;
    const all: Record<string, ort.Tensor> = {};
    for (const [name, fedAs] of cut.reads) {
      const state = states[from.indexOf(name)];
      const value = state ?? feeds[fedAs];
      // Half precision goes in as float32.
      if (value) all[fedAs] = state?.type === 'float16' ? widened(state) : value;
    }
    const changes = inputs.size > 0 ? changesOf(inputs) : {};
    for (const name of cut.changes) {
      const value = changes[name];
      if (value) all[name] = value;
    }
    return session.run(all, [...new Set([to, ...fetched])]);
  }

  async release(): Promise<void> {
    const opened = await this.#opened?.catch(() => undefined);
    this.#opened = undefined;
    await opened?.session.release();
  }

  /** The session that has the points: those that it had before stay, so that it settles. */
  async #open(points: ReadonlySet<GraphPoint>): Promise<Opened> {
    const had = await this.#opened;
    if (had && [...points].every(point => had.inputs.has(point))) return had;
    await this.release();
    this.#opened = this.#session(new Set([...(had?.inputs.keys() ?? []), ...points]));
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }

  async #session(points: ReadonlySet<GraphPoint>): Promise<Opened> {
    const { stage, part, places } = this;
    const { loaded, session } = part.graph;
    const inputs: PointInputs = new Map([...points].map(point => [point, 0]));
    // A state that the stage reads is replaced before it is fed.
    const cut = pieceSkeleton(
      loaded,
      stage.bounds,
      inputs,
      found =>
        places.isWithin(stage, found) &&
        !found.tensors.some(({ tensor }) => stage.bounds.from.includes(tensor)),
    );
    if ('reason' in cut) throw new InspectorError('not-captured', cut.reason);
    const { model } = loaded.analysis;
    const options =
      model.fileSize <= ALONE_BYTES ? { ...session.options, threads: 1 } : session.options;
    const opened = await Session.open(cut.skeleton, weightsFolder(model), options);
    return { cut, session: opened, inputs };
  }
}
