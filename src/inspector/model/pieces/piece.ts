import { InspectorError } from '../../../protocol/errors';
import type { GraphPoint } from '../../onnx/stream/points/point';
import { pieceSkeleton, type PieceSkeleton } from '../../onnx/rewrite/pieceSkeleton';
import { weightsFolder } from '../../onnx/rewrite/instrument';
import * as ort from '../../runtime/ort';
import { Session, type RuntimeTensors } from '../../runtime/session';
import type { Part } from '../part';
import type { Places } from './places';
import type { Stage } from './stages';

/** What is fed where nothing is replaced: it broadcasts over every shape. */
const keep = new ort.Tensor('bool', Uint8Array.of(0), [1]);
const nothing = new ort.Tensor('float32', Float32Array.of(0), [1]);

/** A tensor that takes other numbers, in the graph's own shape. */
export interface Replacement {
  readonly mask: ort.Tensor;
  readonly value: ort.Tensor;
}

interface Opened {
  readonly cut: PieceSkeleton;
  readonly session: Session;
  readonly points: ReadonlySet<GraphPoint>;
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
   * @param replaced by tensor
   * @param fetched tensors beside what it leads to
   * @param points kinds of numbers that are replaced or fetched
   * @throws InspectorError `not-captured` where the stage cannot be run alone
   */
  async run(
    states: readonly ort.Tensor[],
    feeds: RuntimeTensors,
    replaced: ReadonlyMap<string, Replacement>,
    fetched: readonly string[],
    points: ReadonlySet<GraphPoint>,
  ): Promise<RuntimeTensors> {
    const { cut, session } = await this.#open(points);
    const { from, to } = this.stage.bounds;
    const all: Record<string, ort.Tensor> = {};
    for (const [name, fedAs] of cut.reads) {
      const state = states[from.indexOf(name)];
      const value = state ?? feeds[fedAs];
      if (value) all[fedAs] = value;
    }
    for (const [tensor, { mask, value }] of cut.overrides) {
      const other = replaced.get(tensor);
      all[mask] = other?.mask ?? keep;
      all[value] = other?.value ?? nothing;
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
    if (had && [...points].every(point => had.points.has(point))) return had;
    await this.release();
    this.#opened = this.#session(new Set([...(had?.points ?? []), ...points]));
    this.#opened.catch(() => (this.#opened = undefined));
    return this.#opened;
  }

  async #session(points: ReadonlySet<GraphPoint>): Promise<Opened> {
    const { stage, part } = this;
    const { loaded, session } = part.graph;
    const { analysis, streams, lineage } = loaded;
    const tensors = this.places
      .within(stage.part, stage.stack, stage.layers, points)
      .flatMap(place => place.tensors.map(({ tensor }) => tensor))
      .filter(tensor => !stage.bounds.from.includes(tensor));
    const cut = pieceSkeleton(analysis, streams, lineage, stage.bounds, [...new Set(tensors)]);
    if ('reason' in cut) throw new InspectorError('not-captured', cut.reason);
    const folder = weightsFolder(analysis.model);
    const opened = await Session.open(cut.skeleton, folder, session.options);
    return { cut, session: opened, points };
  }
}
