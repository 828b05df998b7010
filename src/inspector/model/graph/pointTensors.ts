import { isStatePoint, type FoundPoint } from '../../onnx/stream/points/point';
import type { PointInputs } from '../../onnx/rewrite/pointOverride';
import type * as ort from '../../runtime/ort';
import { toTensor, type RuntimeTensors } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import { pointFeeds } from '../changes/pointFeeds';
import { fromRaw, siteAxes, stateAxes, type RawAxes } from '../changes/rawAxes';
import type { PointStep } from '../run';
import type { LoadedGraph } from './loadGraph';
import { textLengths } from './textLengths';

/** Steps by the place of the point among the graph's points. */
export type PointSteps = ReadonlyMap<number, readonly PointStep[]>;

/** Feeds and reads the points of a graph, whose tensors have shapes of their own. */
export class PointTensors {
  /** How tensors are made in runs of some lengths, as they have been seen. */
  readonly #seen = new Map<string, { readonly run: string; readonly axes: RawAxes }>();

  constructor(private readonly loaded: LoadedGraph) {}

  /** Which inputs a session needs so that points can be read and changed. */
  inputsFor(read: Iterable<number>, steps: PointSteps): PointInputs {
    const inputs = new Map<FoundPoint['point'], number>();
    for (const i of [...read, ...steps.keys()]) {
      const found = this.#point(i);
      const own = steps.get(i) ?? [];
      // What comes after a forced row is a step of its own.
      const forced = own.findLastIndex(({ force }) => force !== undefined) + 1;
      const needed = Math.max(forced, own.length - 1, inputs.get(found.point) ?? 0);
      inputs.set(found.point, needed);
    }
    return inputs;
  }

  /** Tensors of points. */
  tensorsOf(points: Iterable<number>): string[] {
    return [...points].flatMap(i => this.#point(i).tensors.map(({ tensor }) => tensor));
  }

  /** Those whose shape in such a run is not known yet. */
  unseen(points: Iterable<number>, feeds: RuntimeTensors, batch: number): string[] {
    const run = this.#runOf(feeds, batch);
    return this.tensorsOf(points).filter(tensor => this.#seen.get(tensor)?.run !== run);
  }

  /** Keeps how the tensors of points are made. */
  see(tensors: RuntimeTensors, feeds: RuntimeTensors, batch: number): void {
    const run = this.#runOf(feeds, batch);
    const lengths = new Set(textLengths(feeds, this.loaded).values());
    for (const { point, tensors: own } of this.loaded.points.found) {
      for (const { tensor, layout } of own) {
        const value = tensors[tensor];
        if (!value || this.#seen.get(tensor)?.run === run) continue;
        const seen = { dims: value.dims, batch, lengths };
        const axes = isStatePoint(point) ? stateAxes(seen) : siteAxes(layout, seen);
        this.#seen.set(tensor, { run, axes });
      }
    }
  }

  /** @throws InspectorError `model-unsupported` where numbers have a shape that is not known */
  feeds(inputs: PointInputs, steps: PointSteps, batch: number): Record<string, ort.Tensor> {
    const { analysis, points } = this.loaded;
    return pointFeeds(analysis, points.found, inputs, steps, name => this.#axes(name), batch);
  }

  /** The numbers of a point `[batch, heads, rows, columns]`: the sum of its tensors. */
  read(point: number, tensors: RuntimeTensors, batch: number): Tensor | undefined {
    const all = this.#point(point).tensors.flatMap(({ tensor }) => {
      const value = tensors[tensor];
      return value ? [fromRaw(toTensor(value), this.#axes(tensor), batch)] : [];
    });
    const [first, ...others] = all;
    return first && others.reduce(plus, first);
  }

  #point(i: number): FoundPoint {
    const found = this.loaded.points.found[i];
    if (!found) throw new Error(`There is no point ${i}.`);
    return found;
  }

  #axes(tensor: string): RawAxes {
    const known = this.#seen.get(tensor);
    if (!known) throw new Error(`The shape of “${tensor}” was not seen.`);
    return known.axes;
  }

  /** Sizes of what a run is fed, whatever its rows. */
  #runOf(feeds: RuntimeTensors, batch: number): string {
    const sizes = Object.entries(feeds).map(
      ([name, { dims }]) => `${name}:${(dims[0] === batch ? dims.slice(1) : dims).join()}`,
    );
    return sizes.sort().join(';');
  }
}

function plus(a: Tensor, b: Tensor): Tensor {
  return { dims: a.dims, data: a.data.map((value, i) => value + (b.data[i] ?? NaN)) };
}
