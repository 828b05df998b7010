import type * as ort from '../../runtime/ort';
import type { Tensor } from '../../runtime/tensor';
import type { OutputHead } from '../head/headSession';
import type { Part } from '../part';
import type { Feeds, Numbers, PointAt } from '../run';

/** What pieces need to know of the model that they are of. */
export interface PiecesOf {
  readonly name: string;
  /** Its graphs; what the first puts out feeds the second. */
  readonly parts: readonly Part[];
  /** Feeds of one of the graphs, as long as it takes them. @param memory what the one before it gave */
  feeds(part: number, given: Feeds, memory: Tensor | undefined): Feeds;
  /** The input of the last graph that takes it. */
  readonly memory?: string;
  head(): Promise<OutputHead>;
}

/** A text that is run as it is. */
export interface PlainText {
  readonly feeds: Feeds;
  /** The token whose output is looked at. */
  readonly token: number;
  /** What the model gave there `[vocabulary]`. */
  readonly logits: Float32Array;
}

/** A run of a text as it is, from which others begin. */
export interface PlainRun extends PlainText {
  /** What each stage gave, in the graph's own shape. */
  readonly states: readonly ort.Tensor[];
}

/** Numbers of a run that are replaced; 1 in `dims` where they are the same for all of a dimension. */
export interface PieceEdit {
  readonly at: PointAt;
  /** 1 where they are, 0 where they stay `[rows, heads, tokens, columns]`; states count as one head. */
  readonly mask: Numbers<Uint8Array>;
  readonly value: Numbers;
}

/** Awaited before every call of the runtime. @throws InspectorError `cancelled` */
export type Heed = () => Promise<void>;
