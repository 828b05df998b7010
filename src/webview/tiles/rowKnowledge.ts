import type { RowStatistics } from '../../protocol/tiles';

/** A run of rows: `from`, `from + stride`, … */
export interface RowRun {
  readonly from: number;
  readonly stride: number;
  readonly count: number;
}

const [UNKNOWN, ASKED, KNOWN] = [0, 1, 2];

/** What turns scores into weights, for the rows of one head that were asked for so far. */
export class RowKnowledge {
  private readonly state: Uint8Array;
  private readonly logSumExp: Float32Array;
  private readonly largest: Float32Array;
  private known = 0;

  constructor(private readonly length: number) {
    this.state = new Uint8Array(length);
    this.logSumExp = new Float32Array(length);
    this.largest = new Float32Array(length);
  }

  get bytes(): number {
    return 9 * this.length;
  }

  /** Whether all rows of the head are known. */
  get isComplete(): boolean {
    return this.known === this.length;
  }

  /** Whether all rows of a run are known. */
  has({ from, stride, count }: RowRun): boolean {
    for (let i = 0; i < count; i++) if (this.state[from + i * stride] !== KNOWN) return false;
    return true;
  }

  /** The first rows of a run that nobody asked for yet, `limit` at most; marks them as asked for. */
  ask({ from, stride, count }: RowRun, limit: number): RowRun | null {
    let start = 0;
    while (start < count && this.state[from + start * stride] !== UNKNOWN) start++;
    let end = start;
    while (end < count && end - start < limit && this.state[from + end * stride] === UNKNOWN) end++;
    if (end === start) return null;
    for (let i = start; i < end; i++) this.state[from + i * stride] = ASKED;
    return { from: from + start * stride, stride, count: end - start };
  }

  put({ from, stride, logSumExp, largest }: RowStatistics): void {
    logSumExp.forEach((value, i) => {
      const row = from + i * stride;
      this.logSumExp[row] = value;
      this.largest[row] = largest[i] ?? NaN;
      if (this.state[row] !== KNOWN) this.known++;
      this.state[row] = KNOWN;
    });
  }

  /** What is taken off the scores of a run of rows. */
  offsets({ from, stride, count }: RowRun, relative: boolean): Float32Array {
    const values = relative ? this.largest : this.logSumExp;
    return Float32Array.from({ length: count }, (_, i) => values[from + i * stride] ?? NaN);
  }
}
