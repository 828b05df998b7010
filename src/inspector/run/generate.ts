import type { InspectProgress } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { InspectorApi } from '../../protocol/inspector';
import type { Params } from '../../protocol/rpc';
import { modelFolder } from '../source/source';
import { endTokens, paddingToken } from '../huggingface/specialTokens';
import type { CaptureRequest } from '../model/run';
import { specialToken, startToken, tokenFeeds } from './modelInput';
import { segmentFeeds } from './segments';
import type { ModelStore } from '../store/modelStore';
import type { Tensor } from '../runtime/tensor';
import { decodeTokens } from '../tokenizer/decodeTokens';
import { readText } from '../chat/textTokens';
import { readTokenizerJson } from '../huggingface/openTokenizer';
import type { AlignedTokenizer } from '../tokenizer/types';

/** An answer that is longer than this is cut. */
const MOST_TOKENS = 128;
const LOGITS: CaptureRequest = {
  weights: false,
  maskedScores: false,
  queryKeyValue: false,
  headOutput: false,
  hiddenStates: false,
  logits: true,
};

/**
 * Lets an encoder–decoder model write its answer to a text: at each step the most probable token
 * (greedy), until one that ends it. Padding is never written, nor what the tokenizer has no name for.
 * @param report is awaited, so that the process answers between the steps
 * @throws InspectorError `inputs-wrong`, `model-unsupported`
 */
export async function generate(
  params: Params<InspectorApi, 'generate'>,
  store: ModelStore,
  report: (progress: InspectProgress) => Promise<void>,
): Promise<{ readonly target: string }> {
  const { model: path, maximumTokens, feeds } = params;
  await report({ stage: 'loading', label: 'Opening the model' });
  const model = await store.model(path, feeds);
  const { name, stacks, maximumPositions = Infinity } = model.card;
  if (stacks.length < 2) {
    throw new InspectorError(
      'inputs-wrong',
      `${name} writes no answer of its own: only models with an encoder and a decoder do.`,
    );
  }
  const tokenizer = await store.tokenizer(path);
  const folder = await modelFolder(path);
  const accepted = Math.min(maximumTokens, maximumPositions);
  const given = await readText(params, tokenizer, name);
  const { tokens: encoder } = await given.encode(accepted);
  const start = await startToken(folder);
  const ends = await endTokens(folder);
  const padding = await paddingToken(folder, tokenizer);
  const mayStand = (id: number) =>
    ends.includes(id) || (id !== padding && tokenizer.tokenOf(id) !== undefined);

  const ids: number[] = [];
  while (ids.length < Math.min(MOST_TOKENS, accepted - 1)) {
    const label = `The model writes its answer: ${ids.length} ${ids.length === 1 ? 'token' : 'tokens'}`;
    await report({ stage: 'generating', label });
    const decoder = [start, ...ids].map(id => specialToken(tokenizer, id));
    const texts = { encoder, decoder };
    const all = { ...tokenFeeds(model, texts), ...segmentFeeds(model, texts, feeds) };
    const { logits } = await model.run(all, LOGITS);
    const next = logits && mostProbable(logits, mayStand);
    if (next === undefined) {
      throw new InspectorError(
        'model-unsupported',
        `${name} has no output over its vocabulary that an answer could be read from: export it with its language-model head.`,
      );
    }
    if (ends.includes(next)) break;
    ids.push(next);
  }
  const written = withoutAdded(ids, tokenizer);
  return { target: decodeTokens(await readTokenizerJson(folder), written) };
}

/** Without the tokens at its beginning that the tokenizer puts before every text, such as BART's `<s>`. */
function withoutAdded(ids: readonly number[], tokenizer: AlignedTokenizer): readonly number[] {
  const { tokens } = tokenizer.encode('a');
  const first = tokens.findIndex(({ special }) => !special);
  const added = tokens.slice(0, Math.max(0, first));
  return added.every(({ id }, i) => ids[i] === id) ? ids.slice(added.length) : ids;
}

/** The id of the largest entry of the last row that may stand there; undefined where none is a number. */
function mostProbable(
  { dims, data }: Tensor,
  mayStand: (id: number) => boolean,
): number | undefined {
  const row = data.subarray(data.length - (dims[2] ?? 0));
  let best: number | undefined;
  row.forEach((logit, id) => {
    const least = best === undefined ? -Infinity : (row[best] ?? -Infinity);
    if (logit > least && mayStand(id)) best = id;
  });
  return best;
}
