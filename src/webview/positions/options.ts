/** The Positions view's name in the tabs. */
export const POSITIONS_VIEW = 'positions';

/** Which positions a run in another order is told: the model's own, all the same one, or one run of each. */
export const TOLD = ['own', 'equal', 'both'] as const;
export type Told = (typeof TOLD)[number];

/** Rows of a table of positions that are shown at once. */
export const ROW_CHOICES = [64, 128, 256, 512] as const;

/** How the Positions view shows things; kept across reloads. */
export interface PositionsOptions {
  readonly told: Told;
  readonly rows: (typeof ROW_CHOICES)[number];
}

export const DEFAULT_POSITIONS: PositionsOptions = { told: 'own', rows: 64 };

/** Reads stored options; what does not fit falls back to the defaults. */
export function readPositions(value: unknown): PositionsOptions {
  const { told, rows } = (value ?? {}) as Record<string, unknown>;
  return {
    told: TOLD.find(one => one === told) ?? DEFAULT_POSITIONS.told,
    rows: ROW_CHOICES.find(one => one === rows) ?? DEFAULT_POSITIONS.rows,
  };
}
