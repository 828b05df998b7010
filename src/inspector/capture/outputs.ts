import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { Divergence, Predictions } from '../../protocol/outputs';
import { divergenceOf, largestAt, largestIndices, logSoftmax } from '../attention/softmax';
import { breaths } from '../runtime/breathe';
import type { AlignedTokenizer } from '../tokenizer/types';
import { entryText } from '../tokenizer/vocabularyText';
import { align } from './align';
import type { Capture } from './capture';
import { checkIndex } from './mapSource';

/** Output of a run by token: the logits `[vocabulary]`. */
export interface Outputs {
  readonly tokens: number;
  readonly vocabulary: number;
  readonly at: (token: number) => Float32Array;
}

/**
 * The `count` most probable outputs at one token: softmax over the vocabulary, in double precision.
 * @param tokenizer names the ids; without one they read `#id`
 * @throws InspectorError `not-captured` where the run has no logits
 */
export function predictions(
  capture: Capture,
  tokenizer: Pick<AlignedTokenizer, 'tokenOf'> | undefined,
  token: number,
  count: number,
): Predictions {
  const outputs = outputsOf(capture);
  checkIndex('token', token, outputs.tokens);
  const logs = logSoftmax(outputs.at(token));
  const best = largestIndices(logs, count).map(id => {
    const text = entryText(tokenizer, id);
    return { id, text, probability: Math.exp(logs[id] ?? -Infinity) };
  });
  return { token, best };
}

/**
 * How far the output moved at each token that both runs share.
 * @throws InspectorError `inputs-wrong` where the runs read different tokens or name different outputs
 */
export async function divergence(before: Capture, after: Capture): Promise<Divergence> {
  const [a, b] = [outputsOf(before), outputsOf(after)];
  const shared = align(before.summary, after.summary, outputStack(before));
  if (a.vocabulary !== b.vocabulary) {
    const [one, other] = [a, b].map(({ vocabulary }) => vocabulary.toLocaleString('en'));
    throw new InspectorError(
      'inputs-wrong',
      `The outputs of the two runs cannot be compared: one chooses among ${one ?? ''} tokens, the other among ${other ?? ''}. Compare runs of the same model.`,
    );
  }
  const kl = new Float32Array(shared.count);
  const flipped = new Uint8Array(shared.count);
  const breathe = breaths();
  for (let token = 0; token < shared.count; token++) {
    const logP = logSoftmax(a.at(shared.firstBefore + token));
    const logQ = logSoftmax(b.at(shared.firstAfter + token));
    kl[token] = divergenceOf(logP, logQ);
    flipped[token] = largestAt(logP) === largestAt(logQ) ? 0 : 1;
    await breathe();
  }
  return { kl, flipped, offsetBefore: shared.firstBefore, offsetAfter: shared.firstAfter };
}

/** @throws InspectorError `not-captured` where the run has no logits */
export function outputsOf({ run, summary }: Capture): Outputs {
  const { logits } = run;
  if (!logits) {
    throw new InspectorError(
      'not-captured',
      `${summary.model.name} gives no logits, so it predicts no tokens. Choose a model with a language-model head.`,
    );
  }
  const [, tokens = 0, vocabulary = 0] = logits.dims;
  const at = (token: number) => logits.data.subarray(token * vocabulary, (token + 1) * vocabulary);
  return { tokens, vocabulary, at };
}

/** The stack whose tokens the logits are of. */
export function outputStack({ summary }: Capture): Stack {
  return summary.model.stacks.includes('decoder') ? 'decoder' : 'encoder';
}
