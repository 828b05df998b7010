import type { TilePlan } from '../../protocol/tiles';

/** Bytes of one message, at most. */
const MESSAGE = 1 << 18;

/** A run of rows of a head's query or key that is to be fetched. */
interface VectorChunk {
  readonly part: 'query' | 'key';
  readonly from: number;
  readonly count: number;
}

/** Query and key of one head on their way to the worker, piece by piece. */
export class VectorFeed {
  private readonly chunks: VectorChunk[];
  private missing: number;

  constructor(private readonly plan: TilePlan & { readonly kind: 'vectors' }) {
    const { queries, keys, headDim } = plan;
    const rows = Math.max(1, Math.floor(MESSAGE / (2 * headDim)));
    const chunksOf = (part: 'query' | 'key', length: number): VectorChunk[] =>
      Array.from({ length: Math.ceil(length / rows) }, (_, i) => ({
        part,
        from: i * rows,
        count: Math.min(rows, length - i * rows),
      }));
    this.chunks = [...chunksOf('key', keys), ...chunksOf('query', queries)];
    this.missing = this.chunks.length;
  }

  /** Everything has arrived. */
  get isReady(): boolean {
    return this.missing === 0;
  }

  /** Bytes that the worker holds for the head. */
  get bytes(): number {
    const { queries, keys, headDim } = this.plan;
    return 4 * (queries + keys) * headDim;
  }

  /** The next piece to fetch. */
  next(): VectorChunk | null {
    return this.chunks.shift() ?? null;
  }

  arrived(): void {
    this.missing--;
  }
}
