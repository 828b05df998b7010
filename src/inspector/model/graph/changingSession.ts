import { recurrenceTensors } from '../../onnx/graph/recurrence';
import { routerTensors } from '../../onnx/graph/router';
import {
  instrumentedSkeleton,
  weightsFolder,
  type ChangeInputs,
} from '../../onnx/rewrite/instrument';
import type { PointInputs } from '../../onnx/rewrite/pointOverride';
import { Session, type OpenSession, type SessionOptions } from '../../runtime/session';
import type { LoadedGraph } from './loadGraph';

/** A session with the inputs for changes that it has. */
export interface Changing {
  readonly session: OpenSession;
  readonly inputs: ChangeInputs;
}

/** Without any change, runs are those of the plain graph. */
export const plain: ChangeInputs = { masks: false, positions: [], points: new Map() };

/**
 * The session in which a graph is run with changes: opened when one is asked for, beside the plain one, and
 * again where a later run needs more. There is at most one.
 */
export class ChangingSession {
  #open: Changing | undefined;
  #opening: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly loaded: LoadedGraph,
    private readonly options: SessionOptions,
  ) {}

  /** A session that has these inputs, and perhaps more. */
  with(needed: ChangeInputs): Promise<Changing> {
    const open = async (): Promise<Changing> => {
      const had = this.#open;
      if (had && has(had.inputs, needed)) return had;
      const inputs = had ? joined(had.inputs, needed) : needed;
      // The one before is given back first: two would need the memory of two models.
      this.#open = undefined;
      await had?.session.release();
      const session = await openSession(this.loaded, this.options, inputs);
      this.#open = { session, inputs };
      return this.#open;
    };
    // One after the other; one that fails does not hold up the next.
    const opened = this.#opening.then(open, open);
    this.#opening = opened;
    return opened;
  }

  async release(): Promise<void> {
    await this.#open?.session.release();
  }
}

function has(inputs: ChangeInputs, needed: ChangeInputs): boolean {
  return (
    (inputs.masks || !needed.masks) &&
    inputs.positions.length >= needed.positions.length &&
    [...needed.points].every(([point, forced]) => (inputs.points.get(point) ?? -1) >= forced)
  );
}

function joined(a: ChangeInputs, b: ChangeInputs): ChangeInputs {
  return {
    masks: a.masks || b.masks,
    positions: a.positions.length ? a.positions : b.positions,
    points: mostOf(a.points, b.points),
  };
}

function mostOf(a: PointInputs, b: PointInputs): PointInputs {
  const kinds = new Set([...a.keys(), ...b.keys()]);
  return new Map([...kinds].map(kind => [kind, Math.max(a.get(kind) ?? 0, b.get(kind) ?? 0)]));
}

/**
 * Opens a graph with inputs for changes, and with everything that views look at as outputs.
 * @param more tensors that it must put out, too
 */
export function openSession(
  loaded: LoadedGraph,
  options: SessionOptions,
  inputs: ChangeInputs,
  more: readonly string[] = [],
): Promise<Session> {
  const { analysis, points } = loaded;
  const changed = points.found.filter(({ point }) => inputs.points.has(point));
  const bytes = instrumentedSkeleton(loaded, inputs, [
    ...otherTensors(loaded),
    ...changed.flatMap(({ tensors }) => tensors.map(({ tensor }) => tensor)),
    ...more,
  ]);
  return Session.open(bytes, weightsFolder(analysis.model), options);
}

/** What is put out of every graph beside the tensors of its sites and streams. */
export function otherTensors({ routers, recurrences }: LoadedGraph): string[] {
  return [...routers.flatMap(routerTensors), ...recurrences.flatMap(recurrenceTensors)];
}
