import { isStatePoint, type FoundPoint } from '../../onnx/stream/points/point';
import type { Part } from '../part';
import type { PointAt } from '../run';
import type { Stage } from './stages';

/** Where numbers of a model are: one of the points of one of its graphs. */
export interface FoundPlace {
  readonly at: PointAt;
  readonly part: number;
  /** Its place among the graph's points. */
  readonly index: number;
  readonly found: FoundPoint;
}

/** Finds places of a model in its graphs. */
export class Places {
  readonly #found = new Map<string, FoundPlace>();
  readonly #missing = new Map<string, string>();

  constructor(private readonly parts: readonly Part[]) {
    for (const [part, { graph }] of parts.entries()) {
      const { found, missing } = graph.loaded.points;
      for (const [index, point] of found.entries()) {
        const at = this.#placeOf(part, point);
        this.#found.set(keyOf(at), { at, part, index, found: point });
      }
      for (const point of missing)
        this.#missing.set(keyOf(this.#placeOf(part, point)), point.reason);
    }
  }

  /** Where numbers are, or why they cannot be replaced: one sentence. */
  at(place: PointAt): FoundPlace | { readonly reason: string } {
    const found = this.#found.get(keyOf(place));
    if (found) return found;
    const otherwise = `The ${place.stack} has no such numbers in layer ${place.layer}.`;
    return { reason: this.#missing.get(keyOf(place)) ?? otherwise };
  }

  /** Whether a point of a stage's graph lies in the stage. */
  isWithin({ part, stack, layers: [first, end] }: Stage, point: FoundPoint): boolean {
    const { layer, stack: own } = this.#placeOf(part, point);
    return first <= layer && layer < end && (stack === undefined || stack === own);
  }

  #placeOf(part: number, { stream, layer, point, kind }: Omit<FoundPoint, 'tensors'>): PointAt {
    const stack = this.parts[part]?.stacks[stream] ?? 'encoder';
    return { stack, layer, point, ...(kind ? { kind } : {}) };
  }
}

function keyOf({ stack, layer, point, kind = 'self' }: PointAt): string {
  const own = isStatePoint(point) && point !== 'attentionOutput' ? 'self' : kind;
  return `${stack} ${layer} ${point} ${own}`;
}
