import { InspectorError } from '../../../protocol/errors';
import type { GraphPoint } from '../../onnx/stream/points/point';
import type { Tensor } from '../../runtime/tensor';
import { judge } from '../check/selfCheck';
import { largestDifference } from '../probe/original';
import type { PointAt } from '../run';
import { Chain } from './chain';
import type { Heed, PieceEdit, PiecesOf, PlainRun, PlainText } from './piecesOf';
import { Places } from './places';
import { rowsAtOnce } from './rowsAtOnce';
import { stagesOf, wholeStages } from './stages';

/** Largest difference from the model's own logits, as a fraction of the largest. */
const SAME = 1e-5;

/** Models up to this size keep their pieces open, so that the next map begins at once. */
const KEPT_BYTES = 1e9;

/** Errors after which the whole model may still do. */
const FALLING_BACK: ReadonlySet<string> = new Set([
  'not-captured',
  'inputs-wrong',
  'model-unsupported',
]);

/**
 * A model cut into a chain of sessions, so that what is replaced in one layer costs the layers from there
 * on alone, for many rows at once. Where a graph cannot be cut, or its pieces do not give what the whole
 * gives, it is run as a whole, with as many rows.
 */
export class Pieces {
  readonly #places: Places;
  readonly #expected = new Set<GraphPoint>();
  #chain: Chain;
  #isWhole: boolean;

  /** @param isWhole it is not even tried to cut the model */
  constructor(
    private readonly model: PiecesOf,
    isWhole = false,
  ) {
    this.#places = new Places(model.parts);
    this.#isWhole = isWhole;
    this.#chain = this.#newChain();
  }

  /** Whether the model is run as a whole. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  /**
   * Says which kinds of numbers are about to be replaced, so that sessions are opened with them at once.
   * Those that were expected before count no more: open sessions stay as they are, new ones do without.
   */
  expect(points: readonly GraphPoint[]): void {
    this.#expected.clear();
    for (const point of points) this.#expected.add(point);
  }

  /** Rows that are run at once: what the graph takes, and what memory allows. */
  rows(plain: PlainRun): number {
    return rowsAtOnce(this.model.parts, plain.states, plain.logits.length, this.#isWhole);
  }

  /** Why numbers cannot be read or replaced, one sentence; undefined where they can. */
  missing(place: PointAt): string | undefined {
    const found = this.#places.at(place);
    return 'reason' in found ? found.reason : undefined;
  }

  /**
   * Runs texts as they are, and checks that the pieces give what the model gave.
   * @throws InspectorError `not-captured`, `cancelled`
   */
  async plain(texts: readonly PlainText[], heed: Heed): Promise<readonly PlainRun[]> {
    try {
      return await this.#checked(texts, heed);
    } catch (error) {
      const isOurs = error instanceof InspectorError && FALLING_BACK.has(error.code);
      if (this.#isWhole || !isOurs) throw error;
      await this.release();
      this.#isWhole = true;
      this.#chain = this.#newChain();
      return this.#checked(texts, heed);
    }
  }

  /**
   * Numbers of a run of one row, in the order of `places`, `[1, heads, tokens, width]`: states count as one
   * head, and keys have as many as the graph has.
   * @throws InspectorError `not-captured`, `cancelled`
   */
  values(
    plain: PlainRun,
    places: readonly PointAt[],
    heed: Heed,
    edits: readonly PieceEdit[] = [],
  ): Promise<readonly Tensor[]> {
    return this.#chain.values(plain, places, heed, edits);
  }

  /**
   * Logits at the token of the text, with numbers replaced in some rows `[rows, vocabulary]`.
   * @throws InspectorError `not-captured`, `cancelled`
   */
  outputs(plain: PlainRun, rows: number, edits: readonly PieceEdit[], heed: Heed): Promise<Tensor> {
    return this.#chain.outputs(plain, rows, edits, heed);
  }

  /** The same model without any cut, for comparing. */
  asWhole(): Pieces {
    return new Pieces(this.model, true);
  }

  /**
   * Does some work with the pieces. Afterwards those of a large model give their memory back: they hold its
   * weights a second time.
   */
  async during<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const files = this.model.parts.map(({ graph }) => graph.loaded.analysis.model.fileSize);
      const bytes = files.reduce((sum, size) => sum + size, 0);
      if (bytes > KEPT_BYTES) await this.release();
    }
  }

  /** Gives the memory of its sessions back; they are opened again when they are needed. */
  release(): Promise<void> {
    return this.#chain.release();
  }

  #newChain(): Chain {
    const { parts } = this.model;
    const stages = this.#isWhole ? wholeStages(parts) : stagesOf(parts);
    return new Chain(this.model, this.#places, stages, this.#expected);
  }

  async #checked(texts: readonly PlainText[], heed: Heed): Promise<readonly PlainRun[]> {
    const { parts, name } = this.model;
    const runs: PlainRun[] = [];
    for (const text of texts) {
      const { run, logits } = await this.#chain.plain(text, heed);
      const theirs = { dims: logits.dims, data: text.logits };
      const worst = largestDifference(logits, theirs);
      const precision = parts.at(-1)?.graph.precision ?? 'float32';
      const isSame =
        precision === 'float32' ? worst <= SAME : judge(worst, precision, '').result !== 'refused';
      if (!isSame) {
        throw new InspectorError(
          'not-captured',
          `The layers of ${name} run one by one do not give its own output (they differ by ${worst.toExponential(1)}), so nothing can be put into them. Choose another export of the model.`,
        );
      }
      runs.push(run);
    }
    return runs;
  }
}
