import { familyFacts } from './configuration';
import { limitOf, outputMoved, whereMoved } from './moved';
import type { Beside } from './paddedRuns';
import { shown, type Rule } from './rule';

/** Outputs that a batch moves by less, of the largest, are rounding. */
const LIMITS = { exact: 1e-4, half: 2e-2, quantised: 0.3 } as const;

const NAMES: { readonly [B in Beside]: string } = {
  equal: 'beside another text',
  padded: 'beside a text with padding',
  second: 'after a text with padding',
};

/** Rules about texts that are run together. */
export const batchRules: readonly Rule[] = [
  {
    code: 'batch-dependence',
    measured: 'outputs of the text in a batch of two, less those of the text alone, of the largest',
    limit: '1e-4 (float16 2e-2, int8 0.3)',
    cause: 'One row’s mask is used for all, or something is averaged over the batch.',
    remedy: 'Look at what mixes the rows of the batch where the text first moves.',
    wrongFor:
      'int8 with one range for the whole batch, below 0.3; experts that take a number of tokens of it: a note',
    async check({ model, config, padded }) {
      const { card, takesOneRow } = model;
      if (takesOneRow) return `${card.name} takes one text at a time.`;
      const alone = { run: await padded.plain(), row: 0 };
      const each = [];
      for (const how of padded.besides) {
        const at = { run: await padded.beside(how), row: how === 'second' ? 1 : 0 };
        each.push({ how, at, moved: outputMoved(card, alone, at) });
      }
      const [worst] = each.toSorted((a, b) => b.moved - a.moved);
      const limit = limitOf(card.precision, LIMITS);
      if (!worst || !(worst.moved > limit)) return [];
      const isDesign = familyFacts(config).sharesExperts === true;
      const { place, where, evidence } = whereMoved(card, alone, worst.at, limit);
      return [
        {
          severity: isDesign ? 'note' : 'error',
          place,
          measure: worst.moved,
          sentence: `Outputs of the text move by ${shown(worst.moved)} of the largest ${NAMES[worst.how]}, ${where}.`,
          confirmedBy: each.map(({ how, moved }) => `${NAMES[how]} ${shown(moved)}`).join(', '),
          evidence,
        },
      ];
    },
  },
];
