import { compare } from '../divergence/compare';
import { plainProbe } from '../divergence/probeTexts';
import { modelSide } from '../divergence/side';
import { shown, type Rule } from './rule';

/** Mean KL in nats above which outputs are others. */
const MOST_KL = 0.1;
/** Part of the tokens whose most probable output may be another. */
const MOST_FLIPS = 0.1;

/** Rules about a file and the one that it was made from. */
export const referenceRules: readonly Rule[] = [
  {
    code: 'quantisation-damage',
    measured:
      'KL of the outputs from those of the file that it was made from, and tokens whose most probable output differs',
    limit: `mean KL ${MOST_KL} nats, ${100 * MOST_FLIPS} % of the tokens`,
    cause: 'Weights were stored in few bits with one scale for a whole matrix.',
    remedy:
      'Quantise with a scale for each channel or block, keep embeddings and output head in more bits, or take more bits.',
    wrongFor: 'a file that was trained on after it was made, whose outputs are meant to be others',
    async check({ model, reference, runs }) {
      if (!reference) {
        return 'Its outputs are compared with those of another file: choose the file it was made from.';
      }
      const { probes } = await compare(modelSide(reference), modelSide(model), {
        texts: [plainProbe(runs.tokens)],
        missing: [],
        heed: () => Promise.resolve(),
        report: () => undefined,
      });
      const [text] = probes;
      if (!text || text.kl.length === 0) {
        return `${model.card.name} and ${reference.card.name} give no logits over one vocabulary.`;
      }
      const kl = text.kl.reduce((sum, one) => sum + one, 0) / text.kl.length;
      const flips = text.flips / text.kl.length;
      if (!(kl > MOST_KL) && flips <= MOST_FLIPS) return [];
      const { first } = text;
      const from = first ? `, beginning ${whereOf(first.layer)}` : '';
      return [
        {
          severity: 'warning',
          place: typeof first?.layer === 'number' ? { stack: first.stack, layer: first.layer } : {},
          measure: kl,
          found: `${shown(kl)} nats, ${text.flips} of ${text.kl.length} tokens`,
          sentence: `Outputs differ from those of ${reference.card.name} by ${shown(kl)} nats on average, and ${text.flips} of ${text.kl.length} tokens have another most probable one${from}.`,
          file: 'graph',
        },
      ];
    },
  },
];

function whereOf(layer: number | 'embeddings' | 'output'): string {
  if (layer === 'embeddings') return 'with the embeddings';
  return layer === 'output' ? 'with the output' : `in layer ${layer}`;
}
