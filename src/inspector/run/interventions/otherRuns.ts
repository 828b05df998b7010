import type { InstrumentedModel } from '../../model/instrumentedModel';
import type {
  CaptureRequest,
  Feeds,
  Intervention as ModelIntervention,
  ModelRun,
  PointAt,
  RunOptions,
} from '../../model/run';
import type { Tensor } from '../../runtime/tensor';
import type { AlignedTokenizer } from '../../tokenizer/types';
import { stackTokens, tokenFeeds, type StackTokens } from '../modelInput';
import { wrong } from './target';

/** What a run with interventions is made of, beside them. */
export interface RunParts {
  readonly model: InstrumentedModel;
  readonly tokenizer: AlignedTokenizer;
  /** As the run reads them, edited ones among them. */
  readonly tokens: StackTokens;
  readonly feeds: Feeds;
  /** What other changes make of the run. */
  readonly interventions: readonly ModelIntervention[];
  readonly options: RunOptions;
  readonly target: string;
  readonly maximumTokens: number;
  /** CoNLL-U file that means over a corpus are taken over. */
  readonly corpus: string | undefined;
}

/** A run that is made for the numbers of some points. */
export const NOTHING: CaptureRequest = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: false,
  logits: false,
};

/** Runs another text as it is, without any change. */
export async function runText(
  { model, tokenizer, target, maximumTokens }: Omit<RunParts, 'feeds' | 'tokens'>,
  text: string,
  ownTarget: string | undefined,
  request: CaptureRequest,
): Promise<ModelRun> {
  const { tokens } = tokenizer.encode(text, { maximumTokens });
  if (tokens.length === 0) throw wrong('The text that numbers are taken from has no tokens.');
  const read = await stackTokens(model, tokenizer, tokens, ownTarget ?? target, maximumTokens);
  return model.run(tokenFeeds(model, read), request);
}

export function captured(run: ModelRun): readonly (readonly [PointAt, Tensor])[] {
  return (run.points ?? []).map(({ at, tensor }) => [at, asHeads(tensor)] as const);
}

/** States count as one head. */
export function asHeads({ dims, data }: Tensor): Tensor {
  const [batch = 1, ...others] = dims;
  return { dims: others.length === 2 ? [batch, 1, ...others] : dims, data };
}
