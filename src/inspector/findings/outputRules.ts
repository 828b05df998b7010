import type { Token } from '../../protocol/tokens';
import { logSumExp } from '../attention/softmax';
import type { ModelRun } from '../model/run';
import { causalStack, classOf, isTied } from './configuration';
import { bars } from './evidence';
import { shown, type Rule, type Subject } from './rule';

/** Cosines from here on are one matrix, whatever its precision. */
const ONE_MATRIX = 0.99;
/** Predictions that a mean is taken of, at least; for the order of tokens more. */
const LEAST = 8;
const LEAST_FOR_ORDER = 12;
/** Nats a token below chance from which a model has learned something. */
const LEARNED = 0.5;
/** Nats a token that are chance between two orders. */
const SAME_COST = 0.05;

/** What each token but the first costs, given those before it, in nats. */
function surprisals({ logits }: ModelRun, tokens: readonly Token[]): number[] | undefined {
  const [, count = 0, vocabulary = 0] = logits?.dims ?? [];
  if (!logits || count !== tokens.length) return undefined;
  return tokens.slice(1).map(({ id }, i) => {
    const row = logits.data.subarray(i * vocabulary, (i + 1) * vocabulary);
    return logSumExp(row) - (row[id] ?? NaN);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** What a token of the text costs, or why that is not known. */
async function costOf({ model, config, runs }: Subject): Promise<number | string> {
  if (model.card.stacks.length > 1 || causalStack(model, config) === undefined) {
    return 'Only models that predict the next token by what came before are judged.';
  }
  const costs = surprisals(await runs.text(), runs.source);
  if (!costs) return 'The model gives no logits for each token.';
  if (costs.length < LEAST) return `The text has fewer than ${LEAST} tokens to predict.`;
  return mean(costs);
}

/** Rules about what a model gives out. */
export const outputRules: readonly Rule[] = [
  {
    code: 'lm-head',
    measured: 'cosine between the matrix of the output head and the table of embeddings',
    limit: '0.99, where config.json ties them',
    cause: 'The output head was not loaded from the checkpoint, and is as it was initialised.',
    remedy:
      'Export again from a checkpoint that is tied (model.tie_weights()), or set tie_word_embeddings to false if the head is its own.',
    wrongFor: 'models whose head was untied in training without a word in config.json',
    async check({ model, config }) {
      if (!/LM|ConditionalGeneration/.test(classOf(config)))
        return 'The configuration names no language model.';
      if (!isTied(config))
        return 'The configuration does not tie the output head to the embeddings.';
      const cosine = model.headTie();
      if (typeof cosine !== 'number') return `The two cannot be compared: ${cosine.missing}.`;
      if (cosine >= ONE_MATRIX) return [];
      return [
        {
          severity: 'error',
          place: { stack: model.card.stacks.at(-1) ?? 'decoder' },
          measure: cosine,
          sentence: `The output head is not the table of embeddings (cosine ${shown(cosine)}), though config.json ties them: its predictions are not the model’s.`,
          evidence: [
            bars('cosine with the table of embeddings', [
              { name: 'output head', value: cosine, isWrong: true },
            ]),
          ],
          file: 'graph',
        },
      ];
    },
  },
  {
    code: 'worse-than-chance',
    measured: 'mean nats a token of the text',
    limit: 'ln of the vocabulary',
    cause:
      'The tokenizer belongs to another model, or the weights were not loaded or never trained.',
    remedy:
      'Compare tokenizer.json with the published one, then the logits with the original model’s.',
    wrongFor: 'texts in a language that the model was not made for, and untrained models',
    async check(subject) {
      const cost = await costOf(subject);
      if (typeof cost === 'string') return cost;
      const chance = Math.log(subject.model.card.vocabulary);
      if (!(cost > chance)) return [];
      return [
        {
          severity: 'warning',
          place: { stack: subject.runs.stack },
          measure: cost,
          found: `${shown(cost)} nats, where guessing costs ${shown(chance)}`,
          sentence: `The model predicts the text worse than chance: ${shown(cost)} nats a token, where guessing costs ${shown(chance)}.`,
          evidence: [
            bars('nats a token', [
              { name: 'text', value: cost, isWrong: true },
              { name: 'guessing', value: chance, isWrong: false },
            ]),
          ],
          file: 'tokenizer.json',
        },
      ];
    },
  },
  {
    code: 'order-does-not-help',
    measured: 'mean nats a token of the text, less those of its tokens in another order',
    limit: '−0.05, for models that predict 0.5 nats better than chance',
    cause:
      'The model does not see the order of its tokens, or sees too few of them: positions or mask are wrong.',
    remedy:
      'Compare the attention of the first layers, and the positions, with the original model’s.',
    wrongFor: 'texts without an order, such as lists of names',
    async check(subject) {
      const { runs, model } = subject;
      const cost = await costOf(subject);
      if (typeof cost === 'string') return cost;
      const read = runs.source.filter(({ special, unknown }) => !special && !unknown).length;
      if (read < LEAST_FOR_ORDER) {
        return `The text has fewer than ${LEAST_FOR_ORDER} known tokens to put in another order.`;
      }
      if (!(cost < Math.log(model.card.vocabulary) - LEARNED)) {
        return 'The model predicts the text hardly better than chance, in whatever order.';
      }
      const others = surprisals(await runs.shuffled(), runs.shuffledTokens);
      const mixed = others ? mean(others) : NaN;
      if (!(cost > mixed - SAME_COST)) return [];
      return [
        {
          severity: 'warning',
          place: { stack: runs.stack },
          measure: cost - mixed,
          sentence: `The text costs ${shown(cost)} nats a token, and its tokens in another order ${shown(mixed)}: their order tells this model nothing.`,
          evidence: [
            bars('nats a token', [
              { name: 'text', value: cost, isWrong: true },
              { name: 'in another order', value: mixed, isWrong: false },
            ]),
          ],
          file: 'graph',
        },
      ];
    },
  },
];

/** Mean nats a token of the text with a token put before it, and without. */
export async function costsWith(
  { runs }: Subject,
  token: Token,
): Promise<{ readonly without: number; readonly with: number } | undefined> {
  const bare = runs.source[0]?.id === token.id ? runs.source.slice(1) : runs.source;
  const begun = [token, ...bare];
  const plain = surprisals(await runs.ofSource('without its first token', bare), bare);
  const helped = surprisals(await runs.ofSource('with a first token', begun), begun)?.slice(1);
  if (!plain?.length || plain.length !== helped?.length) return undefined;
  return { without: mean(plain), with: mean(helped) };
}
