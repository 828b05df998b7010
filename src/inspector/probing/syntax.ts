import { InspectorError } from '../../protocol/errors';
import { layerCount } from '../../protocol/model';
import type { ProbeChoice, SyntaxReport } from '../../protocol/probes';
import type { CaptureRequest } from '../model/run';
import { chooseAny } from './chooseSentences';
import { readCorpus } from './corpus';
import { HeadTally, LEAST_COUNT } from './headTally';
import type { CorpusWork } from './probeFiles';
import { runSentences, textStack } from './runSentences';

const WEIGHTS_ONLY: CaptureRequest = {
  weights: true,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: false,
  logits: false,
};
/** The maps of all heads are in memory at once, and they grow with the square of this. */
const MOST_TOKENS = 256;
const SEED = 20260;

/**
 * How well each attention head follows dependencies (Clark et al. 2019 §4.2): for each dependent, whether the
 * word that it attends to most, or the one that attends to it most, is its head. Words attend by
 * `wordWeights`; a word itself and special tokens are no candidates. The baseline is the best fixed offset on
 * the same data. Roots have no head and do not count; unlike in the paper's data, punctuation does.
 * @throws InspectorError `cancelled` within a second, `inputs-wrong`, `not-captured`
 */
export async function syntax(choice: ProbeChoice, work: CorpusWork): Promise<SyntaxReport> {
  const { store, files, signal, progress } = work;
  progress({ label: 'Reading the sentences', done: 0 });
  const { sentences, name } = await readCorpus(choice, files, SEED, signal);
  const { card } = await store.model(choice.model);
  const stack = textStack(card.stacks);
  const sites = card.sites.filter(site => site.stack === stack && site.kind === 'self');
  const tally = new HeadTally(
    stack,
    layerCount(card, stack),
    Math.max(0, ...sites.map(({ heads }) => heads)),
  );
  const chosen = chooseAny(sentences, SEED);
  const { cut } = await runSentences(
    {
      model: choice.model,
      sentences,
      chosen,
      request: WEIGHTS_ONLY,
      mostTokens: MOST_TOKENS,
      progress: (label, done) => progress({ label, done }),
      take: (batch, run) => {
        for (const [row, { sentence, tokens }] of batch.entries()) {
          tally.add(sentences[sentence]?.words ?? [], tokens, run, row);
        }
      },
    },
    work,
  );
  const relations = tally.relations();
  if (relations.length === 0) {
    throw new InspectorError(
      'inputs-wrong',
      `${name} has fewer than ${LEAST_COUNT} words with a head in what the model read. Choose a larger file.`,
    );
  }
  if (relations.every(({ toHead }) => toHead.every(Number.isNaN))) {
    throw new InspectorError(
      'not-captured',
      `None of the attention of ${card.name} can be shown; its card says why. Choose another export of the model.`,
    );
  }
  const left = sentences.length - chosen.length;
  return {
    model: card.name,
    stack,
    corpus: name,
    sentences: chosen.length,
    layers: tally.layers,
    heads: tally.heads,
    relations,
    notes: [
      ...(left > 0 ? [`${left.toLocaleString('en')} sentences were left out by chance.`] : []),
      ...(cut > 0
        ? [`${cut.toLocaleString('en')} sentences were cut to ${MOST_TOKENS} tokens or fewer.`]
        : []),
    ],
  };
}
