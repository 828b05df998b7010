import type { PointStep } from '../../model/run';

/** Sizes of the numbers of a point `[heads, rows, columns]`. */
export interface Sizes {
  readonly heads: number;
  readonly rows: number;
  /** Keys of a map; 1 where a row is changed as a whole. */
  readonly columns: number;
  /** Numbers of a row. */
  readonly width: number;
}

/**
 * Changes to the numbers of one point, one after the other, as few steps of a run: replaced, scaled and added
 * to is one step whatever the order, and so are rows that are forced once.
 */
export class Steps {
  readonly #steps: Step[] = [];

  constructor(private readonly sizes: Sizes) {}

  get all(): readonly Step[] {
    return this.#steps;
  }

  /** @param values `[width]`, or of one column; zero when absent */
  replace(head: number, row: number, column: number, values?: Float32Array): void {
    this.#open(head, row).replace(head, row, column, values);
  }

  scale(head: number, row: number, column: number, factor: number): void {
    this.#open(head, row).scale(head, row, column, factor);
  }

  /** @param values `[width]`, or of one column */
  add(head: number, row: number, column: number, values: ArrayLike<number>, factor: number): void {
    this.#open(head, row).add(head, row, column, values, factor);
  }

  /** @param weights of `keys`, one each */
  force(head: number, row: number, keys: readonly number[], weights: readonly number[]): void {
    this.#open(head, row).force(head, row, keys, weights);
  }

  toRun(): readonly PointStep[] {
    return this.#steps.map(step => step.toRun());
  }

  /** The step in which a row can still be changed: what is forced is final in its step. */
  #open(head: number, row: number): Step {
    const last = this.#steps.at(-1);
    if (last && !last.isForced(head, row)) return last;
    const next = new Step(this.sizes);
    this.#steps.push(next);
    return next;
  }
}

/** x becomes (mask ? value : x) · keep + add, and then rows are forced. */
export class Step {
  #mask: Uint8Array | undefined;
  #value: Float32Array | undefined;
  #keep: Float32Array | undefined;
  #add: Float32Array | undefined;
  #keys: Uint8Array | undefined;
  #weights: Float32Array | undefined;
  readonly #forced = new Set<number>();

  constructor(private readonly sizes: Sizes) {}

  isForced(head: number, row: number): boolean {
    return this.#forced.has(this.#row(head, row));
  }

  /** What is added to a number of a map, and whether it is replaced before. */
  mapAt(head: number, row: number, column: number): { isReplaced: boolean; added: number } {
    const at = this.#cell(head, row, column);
    return { isReplaced: this.#mask?.[at] === 1, added: this.#add?.[at] ?? 0 };
  }

  replace(head: number, row: number, column: number, values?: Float32Array): void {
    const at = this.#cell(head, row, column);
    this.#mask ??= new Uint8Array(this.#cells());
    this.#mask[at] = 1;
    if (values) this.#value ??= new Float32Array(this.#numbers());
    const [start, length] = this.#range(head, row, column);
    if (values) this.#value?.set(values, start);
    else this.#value?.fill(0, start, start + length);
    if (this.#keep) this.#keep[at] = 1;
    this.#add?.fill(-0, start, start + length);
  }

  scale(head: number, row: number, column: number, factor: number): void {
    const at = this.#cell(head, row, column);
    this.#keep ??= new Float32Array(this.#cells()).fill(1);
    this.#keep[at] = (this.#keep[at] ?? 1) * factor;
    const [start, length] = this.#range(head, row, column);
    for (let i = start; this.#add && i < start + length; i++) {
      this.#add[i] = (this.#add[i] ?? 0) * factor;
    }
  }

  add(head: number, row: number, column: number, values: ArrayLike<number>, factor: number): void {
    this.#add ??= new Float32Array(this.#numbers()).fill(-0);
    const [start, length] = this.#range(head, row, column);
    for (let i = 0; i < length; i++) {
      const value = values[i] ?? NaN;
      this.#add[start + i] = (this.#add[start + i] ?? 0) + (factor === 1 ? value : factor * value);
    }
  }

  force(head: number, row: number, keys: readonly number[], weights: readonly number[]): void {
    this.#keys ??= new Uint8Array(this.#cells());
    this.#weights ??= new Float32Array(this.#cells());
    this.#forced.add(this.#row(head, row));
    for (const [i, key] of keys.entries()) {
      const at = this.#cell(head, row, key);
      this.#keys[at] = 1;
      this.#weights[at] = weights[i] ?? 0;
    }
  }

  toRun(): PointStep {
    const { heads, rows, columns } = this.sizes;
    const cells = [1, heads, rows, columns];
    const numbers = [1, heads, rows, Math.max(columns, this.sizes.width)];
    return {
      ...(this.#mask ? { mask: { dims: cells, data: this.#mask } } : {}),
      ...(this.#value ? { value: { dims: numbers, data: this.#value } } : {}),
      ...(this.#keep ? { keep: { dims: cells, data: this.#keep } } : {}),
      ...(this.#add ? { add: { dims: numbers, data: this.#add } } : {}),
      ...(this.#keys && this.#weights
        ? {
            force: {
              keys: { dims: cells, data: this.#keys },
              weights: { dims: cells, data: this.#weights },
            },
          }
        : {}),
    };
  }

  #row(head: number, row: number): number {
    return head * this.sizes.rows + row;
  }

  #cell(head: number, row: number, column: number): number {
    return this.#row(head, row) * this.sizes.columns + column;
  }

  #cells(): number {
    const { heads, rows, columns } = this.sizes;
    return heads * rows * columns;
  }

  #numbers(): number {
    const { heads, rows, columns, width } = this.sizes;
    return heads * rows * Math.max(columns, width);
  }

  /** Where the numbers of a cell begin, and how many they are: a row has its width, a map's cell one. */
  #range(head: number, row: number, column: number): readonly [number, number] {
    const { columns, width } = this.sizes;
    return columns > 1 || width === 1
      ? [this.#cell(head, row, column), 1]
      : [this.#row(head, row) * width, width];
  }
}
