import type { ModelRun, SiteCapture } from '../model/run';
import { limitOf, outputMoved, whereMoved } from './moved';
import { runHalves } from './pastRuns';
import { shown, type Rule } from './rule';

/** Outputs that differ by less, of the largest, are rounding. */
const LIMITS = { exact: 1e-3, half: 5e-2, quantised: 0.2 } as const;

/** Rules about a text that is read in two steps, as it is when it is continued. */
export const pastRules: readonly Rule[] = [
  {
    code: 'past-inconsistent',
    measured:
      'outputs of the second half of the text after the first as past, less those of the whole text, of the largest',
    limit: '1e-3 (float16 5e-2, int8 0.2)',
    cause: 'Positions or the mask do not count the past.',
    remedy: 'Let positions begin after the past, and the mask span past and text.',
    wrongFor: 'models that keep something other than keys and values: not reported',
    async check({ model, runs }) {
      const halves = await runHalves(model, runs);
      if (typeof halves === 'string') return halves;
      const { card } = model;
      const { split, run } = halves;
      const [stack] = card.stacks;
      const whole = { run: await runs.text(), row: 0, from: { [stack ?? 'decoder']: split } };
      const rest = { run, row: 0 };
      const moved = outputMoved(card, whole, rest);
      const limit = limitOf(card.precision, LIMITS);
      if (!(moved > limit)) return [];
      const { place, where, evidence } = whereMoved(card, whole, rest, limit);
      const other = whole.run.sites.find(one => queryMoved(one, run, split, limit));
      const queries = other ? `; queries differ first in layer ${other.site.layer}` : '';
      return [
        {
          severity: 'error',
          place: other ? { stack: other.site.stack, layer: other.site.layer } : place,
          measure: moved,
          sentence: `With the first ${split === 1 ? 'token' : `${split} tokens`} as past, outputs of the rest move by ${shown(moved)} of the largest, ${where}${queries}.`,
          evidence,
        },
      ];
    },
  },
];

/** Whether queries of the second half are others after a past than in the whole text. */
function queryMoved(
  { site, query }: SiteCapture,
  rest: ModelRun,
  split: number,
  limit: number,
): boolean {
  const part = rest.sites.find(other => other.site.layer === site.layer)?.query;
  const [, heads = 0, tokens = 0, width = 0] = query?.dims ?? [];
  const [, , own = 0] = part?.dims ?? [];
  let [most, largest] = [0, 0];
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < own * width; i++) {
      const value = query?.data[(head * tokens + split) * width + i] ?? NaN;
      const after = part?.data[head * own * width + i] ?? NaN;
      most = Math.max(most, Math.abs(value - after));
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return most > limit * largest;
}
