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
  const { count, firstBefore, firstAfter } = shared;
  const tokens = Array.from(
    { length: count },
    (_, i) => [firstBefore + i, firstAfter + i] as const,
  );
  return { ...(await moved(a, b, tokens)), offsetBefore: firstBefore, offsetAfter: firstAfter };
}

/**
 * How far the output moved between two runs: KL divergence, and whether another token is the most probable.
 * @param tokens each in the one run and in the other
 */
export async function moved(
  a: Outputs,
  b: Outputs,
  tokens: readonly (readonly [number, number])[],
): Promise<Pick<Divergence, 'kl' | 'flipped'>> {
  const kl = new Float32Array(tokens.length);
  const flipped = new Uint8Array(tokens.length);
  const breathe = breaths();
  for (const [i, [before, after]] of tokens.entries()) {
    const [logP, logQ] = [logSoftmax(a.at(before)), logSoftmax(b.at(after))];
    kl[i] = divergenceOf(logP, logQ);
    flipped[i] = largestAt(logP) === largestAt(logQ) ? 0 : 1;
    await breathe();
  }
  return { kl, flipped };
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
