/** Another order of the tokens of a text. */
export interface Arrangement {
  /** Which text and model it is of. */
  readonly of: string;
  readonly order: Order;
  /** Seed of the latest shuffle; 0 before the first. */
  readonly seed: number;
}

/** What people look at in the figures; forgotten with the window. */
export interface PositionsLook {
  /** First position of the tables; null follows the query. */
  readonly first: number | null;
  /** Dimension of the tables whose wave is drawn; null chooses one. */
  readonly dimension: number | null;
  /** Pair of the rotation that is read out. */
  readonly pair: number;
}

/** What people look at in the Positions view, and the order that they made. */
export interface PositionsState {
  readonly arrangement: Arrangement | null;
  readonly look: PositionsLook;
}

export const NO_POSITIONS: PositionsState = {
  arrangement: null,
  look: { first: null, dimension: null, pair: 0 },
};

/** Token of the plain run at each place `[tokens]`. */
export type Order = readonly number[];
