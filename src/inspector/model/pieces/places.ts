import type { Stack } from '../../../protocol/model';
import type { FoundPoint, GraphPoint, PointTensor } from '../../onnx/stream/points/point';
import { isStatePoint } from '../../onnx/stream/points/point';
import type { Part } from '../part';
import { stateLayout, type PieceLayout } from './layouts';

/** Numbers of a model that can be read and replaced. */
export interface PiecePlace {
  readonly stack: Stack;
  readonly layer: number;
  readonly point: GraphPoint;
  /** Of an attention; `self` when absent. */
  readonly kind?: 'self' | 'cross';
}

/** Where they are in a graph. */
export interface FoundPlace extends PiecePlace {
  readonly part: number;
  readonly tensors: FoundPoint['tensors'];
}

/** Finds places of a model in its graphs. */
export class Places {
  readonly #found = new Map<string, FoundPlace>();
  readonly #missing = new Map<string, string>();

  constructor(private readonly parts: readonly Part[]) {
    for (const [part, { graph, stacks }] of parts.entries()) {
      const { found, missing } = graph.loaded.points;
      const placeOf = ({ stream, layer, point, kind }: Omit<FoundPoint, 'tensors'>) => {
        const stack = stacks[stream] ?? 'encoder';
        return { stack, layer, point, ...(kind ? { kind } : {}) };
      };
      for (const point of found) {
        const place = placeOf(point);
        const fused = point.tensors.some(tensor => tensor.fused !== undefined);
        if (fused && point.point !== 'residual') {
          const reason = `The numbers of layer ${point.layer} lie inside a fused ${point.tensors[0].fused?.node.operator ?? ''}.`;
          this.#missing.set(keyOf(place), reason);
        } else this.#found.set(keyOf(place), { ...place, part, tensors: point.tensors });
      }
      for (const point of missing) this.#missing.set(keyOf(placeOf(point)), point.reason);
    }
  }

  /** Where numbers are, or why they cannot be replaced: one sentence. */
  at(place: PiecePlace): FoundPlace | { readonly reason: string } {
    const found = this.#found.get(keyOf(place));
    if (found) return found;
    const { stack, layer } = place;
    const otherwise = `The ${stack} has no such numbers in layer ${layer}.`;
    return { reason: this.#missing.get(keyOf(place)) ?? otherwise };
  }

  /** Everything of some layers of a graph that is of one of some kinds. */
  within(
    part: number,
    stack: Stack | undefined,
    [first, end]: readonly [number, number],
    points: ReadonlySet<GraphPoint>,
  ): readonly FoundPlace[] {
    return [...this.#found.values()].filter(
      place =>
        place.part === part &&
        (stack === undefined || place.stack === stack) &&
        place.layer >= first &&
        place.layer < end &&
        points.has(place.point),
    );
  }

  /** How the numbers of a place lie in a tensor of the graph that one text gave. */
  layoutOf(
    { part, point }: FoundPlace,
    { tensor, layout }: PointTensor,
    dims: readonly number[],
  ): PieceLayout {
    if (!isStatePoint(point)) return { of: 'heads', layout };
    return { of: 'state', layout: this.layoutOfState(part, tensor, dims) };
  }

  layoutOfState(part: number, tensor: string, dims: readonly number[]) {
    return stateLayout(dims, this.parts[part]?.graph.turnedStates.has(tensor) ?? false);
  }
}

function keyOf({ stack, layer, point, kind = 'self' }: PiecePlace): string {
  const own = isStatePoint(point) && point !== 'attentionOutput' ? 'self' : kind;
  return `${stack} ${layer} ${point} ${own}`;
}
