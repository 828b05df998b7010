import type { LensKind } from '../../protocol/layers';

/** What `--lens` takes. */
export const LENS_KINDS: readonly LensKind[] = ['logitLens', 'maskedLm'];
