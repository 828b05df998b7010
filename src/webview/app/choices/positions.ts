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
