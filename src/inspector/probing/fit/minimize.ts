/** A loss and its slope at a point. */
export interface Slope {
  readonly loss: number;
  /** As long as the point. */
  readonly gradient: Float64Array;
}

/** Where a minimisation ended. */
export interface Minimum {
  readonly point: Float64Array;
  readonly loss: number;
  /** How often the loss was evaluated. */
  readonly evaluations: number;
}

export interface MinimizeOptions {
  /** A step that lowers the loss by less than this part of it is the last one. */
  readonly tolerance: number;
  /** Most evaluations of the loss. */
  readonly evaluations: number;
}

/** Pairs of steps and slope changes that are remembered. */
const MEMORY = 10;
/** Part of the expected decrease that a step must reach (Armijo). */
const SUFFICIENT = 1e-4;
/** Shortest part of a step that is tried before the search ends. */
const SHORTEST = 1e-6;
/** Losses below this are as good as 0, so that a perfect fit ends too. */
const NEGLIGIBLE = 1e-3;

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly curvature: number;
}

/**
 * Minimises a smooth function by L-BFGS (Liu & Nocedal 1989; two-loop recursion of Nocedal & Wright
 * 2006, algorithm 7.4) with a backtracking search along the direction. It yields points and is given
 * the slope at each, so that several minimisations can share one evaluation.
 */
export function* minimize(
  start: Float64Array,
  { tolerance, evaluations }: MinimizeOptions,
): Generator<Float64Array, Minimum, Slope> {
  let point = start;
  let slope = yield point;
  let count = 1;
  const corrections: Correction[] = [];
  while (count < evaluations) {
    let direction = descent(slope.gradient, corrections);
    let expected = dot(direction, slope.gradient);
    if (!(expected < 0)) {
      // Rounding has spoilt what is remembered: the plain slope always leads down.
      corrections.length = 0;
      direction = times(slope.gradient, -1);
      expected = -dot(slope.gradient, slope.gradient);
      if (!(expected < 0)) break;
    }
    let length = corrections.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-expected));
    let next = moved(point, direction, length);
    let found = yield next;
    count++;
    while (!(found.loss <= slope.loss + SUFFICIENT * length * expected)) {
      length *= shrinkage(slope.loss, found.loss, length * expected);
      if (length < SHORTEST || count >= evaluations) {
        return { point, loss: slope.loss, evaluations: count };
      }
      next = moved(point, direction, length);
      found = yield next;
      count++;
    }
    remember(corrections, direction, length, slope.gradient, found.gradient);
    const decrease = slope.loss - found.loss;
    const scale = Math.max(Math.abs(slope.loss), NEGLIGIBLE);
    point = next;
    slope = found;
    if (decrease <= tolerance * scale) break;
  }
  return { point, loss: slope.loss, evaluations: count };
}

/** The direction −H·gradient, where H approximates the inverse curvature. */
function descent(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  const direction = times(gradient, -1);
  const factors: number[] = [];
  for (let i = corrections.length - 1; i >= 0; i--) {
    const correction = corrections[i];
    if (!correction) continue;
    const factor = dot(correction.step, direction) / correction.curvature;
    factors[i] = factor;
    add(direction, correction.change, -factor);
  }
  const last = corrections.at(-1);
  if (last) {
    const scale = last.curvature / dot(last.change, last.change);
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] ?? 0) * scale;
  }
  corrections.forEach((correction, i) => {
    const factor = dot(correction.change, direction) / correction.curvature;
    add(direction, correction.step, (factors[i] ?? 0) - factor);
  });
  return direction;
}

/** Keeps a step and the change of the slope over it, where the function curves upwards there. */
function remember(
  corrections: Correction[],
  direction: Float64Array,
  length: number,
  before: Float64Array,
  after: Float64Array,
): void {
  const step = times(direction, length);
  const change = after.slice();
  add(change, before, -1);
  const curvature = dot(step, change);
  if (!(curvature > 1e-10 * dot(change, change))) return;
  corrections.push({ step, change, curvature });
  if (corrections.length > MEMORY) corrections.shift();
}

/** How much shorter to step: to the lowest point of the parabola through what is known. */
function shrinkage(before: number, after: number, expected: number): number {
  const factor = -expected / (2 * (after - before - expected));
  return Number.isFinite(factor) ? Math.min(0.5, Math.max(0.1, factor)) : 0.1;
}

function moved(point: Float64Array, direction: Float64Array, length: number): Float64Array {
  const next = point.slice();
  add(next, direction, length);
  return next;
}

// Plain loops: callbacks for each element take several times as long.
function times(values: Float64Array, factor: number): Float64Array {
  const product = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) product[i] = factor * (values[i] ?? 0);
  return product;
}

function add(target: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (values[i] ?? 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
