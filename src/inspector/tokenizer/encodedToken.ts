/** A token on its way through the post-processor; offsets are UTF-16 units of its own text. */
export interface EncodedToken {
  readonly id: number;
  readonly token: string;
  readonly start: number;
  readonly end: number;
  readonly special: boolean;
  readonly unknown: boolean;
  readonly continues: boolean;
  /** Which text of a pair it is of, 0 or 1; those that the post-processor adds have none. */
  readonly sequence: number | undefined;
  /** BERT's segment id. */
  readonly typeId: number;
}
