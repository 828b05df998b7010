import { InspectorError } from '../../../protocol/errors';
import * as ort from '../../runtime/ort';
import { toTensor, type Session } from '../../runtime/session';
import { sizeOf, type Tensor } from '../../runtime/tensor';

/** Logits of one call of the runtime take at most this much, so that a call is short. */
const PIECE_BYTES = 16e6;
/** The logits of some of the tokens that a head was given. */
export interface LogitPiece {
  /** Index of the first token, counted over all rows. */
  readonly first: number;
  /** `[1, tokens, vocabulary]`. */
  readonly logits: Tensor;
}

/** A part of a graph that works on each token alone, run on some tokens at a time. */
export class Piecewise {
  constructor(
    private readonly session: Session,
    private readonly input: string,
    private readonly output: string,
    private readonly width: number,
    /** Dimensions of the states in the graph: 3, or 2 where it folds rows and tokens into one. */
    readonly rank: number,
  ) {}

  /** `[rows, tokens, modelDim]` → `[rows, tokens, width]`. */
  async run(states: Tensor, most?: number): Promise<Tensor> {
    const dims = [...states.dims.slice(0, 2), this.width];
    const data = new Float32Array(sizeOf(dims));
    for await (const { first, logits } of this.pieces(states, most)) {
      data.set(logits.data, first * this.width);
    }
    return { dims, data };
  }

  /** @param most tokens of a piece, at most */
  async *pieces({ dims, data }: Tensor, most = Infinity): AsyncGenerator<LogitPiece, void> {
    const { input, output, width } = this;
    const [rows = 0, tokens = 0, modelDim = 0] = dims;
    const bytes = width * Float32Array.BYTES_PER_ELEMENT;
    const size = Math.min(most, Math.max(1, Math.floor(PIECE_BYTES / bytes)));
    for (let first = 0; first < rows * tokens; first += size) {
      const count = Math.min(size, rows * tokens - first);
      const piece = data.subarray(first * modelDim, (first + count) * modelDim);
      const shape = this.rank === 2 ? [count, modelDim] : [1, count, modelDim];
      const feeds = { [input]: new ort.Tensor('float32', piece, shape) };
      const result = (await this.session.run(feeds, [output]))[output];
      const logits = result && toTensor(result);
      if (logits?.data.length !== count * width) {
        throw new InspectorError('internal', 'The output head gave a shape that does not fit.');
      }
      yield { first, logits: { dims: [1, count, width], data: logits.data } };
    }
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
