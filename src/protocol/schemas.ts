import * as v from 'valibot';

/** Handle of a run. */
export const capture = v.pipe(v.string(), v.maxLength(64));
/** A whole number that counts something of a run, or from it. */
export const index = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1 << 24));
export const block = v.strictObject({
  stack: v.picklist(['encoder', 'decoder']),
  kind: v.picklist(['self', 'cross']),
});
export const finite = v.pipe(v.number(), v.finite());
