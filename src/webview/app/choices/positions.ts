import { oneOf, record } from '../../kit/stored';

/** The Positions view's name in the tabs. */
export const POSITIONS_VIEW = 'positions';

/** Which positions a run in another order is told: the model's own, all the same one, or one run of each. */
export const TOLD = ['own', 'equal', 'both'] as const;
export type Told = (typeof TOLD)[number];

/** Rows of a table of positions that are shown at once. */
export const ROW_CHOICES = [64, 128, 256, 512] as const;

/** Reads how the Positions view shows things. */
export const readPositions = record({ told: oneOf(TOLD, 'own'), rows: oneOf(ROW_CHOICES, 64) });

export const DEFAULT_POSITIONS = readPositions({});
export const positionsOptions = { positions: readPositions };

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
