import type { Lens } from '../../protocol/layers';
import { largestIndices, logSumExp } from '../attention/softmax';

/** The numbers of a lens, filled cell by cell. */
export class LensCells implements Pick<Lens, 'ids' | 'probabilities' | 'expected'> {
  readonly ids: Int32Array;
  readonly probabilities: Float32Array;
  readonly expected: Float32Array;

  constructor(
    states: number,
    private readonly count: number,
    private readonly best: number,
    /** Vocabulary entry of what really stands there `[count]`; −1 where there is none. */
    readonly expectedIds: Int32Array,
  ) {
    const cells = states * count;
    this.ids = new Int32Array(cells * best).fill(-1);
    this.probabilities = new Float32Array(cells * best).fill(NaN);
    this.expected = new Float32Array(cells).fill(NaN);
  }

  /** Softmax over `logits` `[vocabulary]`, in double precision; logits that are no numbers leave a cell as it was. */
  fill(state: number, place: number, logits: Float32Array): void {
    const normaliser = logSumExp(logits);
    if (Number.isNaN(normaliser)) return;
    const cell = state * this.count + place;
    const probabilityOf = (id: number) => Math.exp((logits[id] ?? NaN) - normaliser);
    for (const [rank, id] of largestIndices(logits, this.best).entries()) {
      this.ids[cell * this.best + rank] = id;
      this.probabilities[cell * this.best + rank] = probabilityOf(id);
    }
    this.expected[cell] = probabilityOf(this.expectedIds[place] ?? -1);
  }

  /** Every vocabulary entry that is named. */
  named(): ReadonlySet<number> {
    return new Set([...this.ids, ...this.expectedIds].filter(id => id >= 0));
  }
}
