import type { ModelCard, SelfCheck } from '../../../protocol/model';
import type { Recurrence } from '../run';
import {
  effectiveMap,
  hasNoValues,
  mapDifference,
  outputDifference,
  sizesOf,
} from '../tensors/recurrence';
import { judge, worse } from './selfCheck';

const WHAT = 'effective attention · values and the outputs';
/** Multiplications that a run is checked with, at most; the map that is looked at is checked as a whole. */
const AFFORDABLE = 2e8;

/** Whether the effective attention of one head gives the operator's outputs, with the map itself. */
export function checkedMap(
  recurrence: Recurrence,
  batch: number,
  head: number,
  precision: ModelCard['precision'],
): { readonly map: Float32Array; readonly check: SelfCheck } {
  const map = effectiveMap(recurrence, batch, head);
  return { map, check: judge(mapDifference(recurrence, batch, head, map), precision, WHAT) };
}

/** Whether the effective attention of every head gives the operator's outputs. */
export function checkMaps(recurrence: Recurrence, precision: ModelCard['precision']): SelfCheck {
  const sizes = sizesOf(recurrence);
  if (!sizes) {
    return { result: 'refused', reason: 'its tensors have other sizes than its heads tell' };
  }
  let check: SelfCheck = { result: 'exact', worst: 0 };
  for (let batch = 0; batch < sizes.batch; batch++) {
    for (let head = 0; head < sizes.heads; head++) {
      if (hasNoValues(recurrence, batch, head)) {
        const reason = `the values of head ${head} are 0 for a made-up text, with which any map gives its outputs`;
        return { result: 'refused', reason };
      }
      check = worse(check, checkedMap(recurrence, batch, head, precision).check);
    }
  }
  return check;
}

/**
 * Why the recurrence of a layer does not give its outputs in one run. It is run over the layer's own
 * values: in all heads, or in as many as can be afforded, evenly spread.
 */
export function recurrenceFault(
  recurrence: Recurrence,
  precision: ModelCard['precision'],
): string | undefined {
  const sizes = sizesOf(recurrence);
  if (!sizes) return 'for this text, its tensors have other sizes than its heads tell';
  const { batch, heads, tokens, keyDim, valueDim } = sizes;
  const all = batch * heads;
  const affordable = Math.floor(AFFORDABLE / Math.max(1, 3 * tokens * keyDim * valueDim));
  const count = Math.min(all, Math.max(1, affordable));
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * all) / count);
    const worst = outputDifference(recurrence, Math.floor(at / heads), at % heads);
    const check = judge(worst, precision, WHAT);
    if (check.result === 'refused') return `for this text, ${check.reason}`;
  }
  return undefined;
}
