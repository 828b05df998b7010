import type { CaptureSummary } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import { layerCount } from '../../protocol/model';
import { maskToken } from '../huggingface/specialTokens';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { tokenFeeds } from '../run/modelInput';
import type { Tensor } from '../runtime/tensor';
import { modelFolder } from '../source/source';
import type { AlignedTokenizer } from '../tokenizer/types';
import { gathered, statesOf } from './states';
import type { CaptureRequest, Feeds, PointOverride } from '../model/run';
import { repeatedFeeds } from '../model/inputs/repeatedFeeds';
import { changedComputation } from '../run/changes';

const STATES: CaptureRequest = {
  weights: false,
  maskedScores: false,
  queryKeyValue: false,
  headOutput: false,
  hiddenStates: true,
  logits: false,
};
/** A batch takes about this long, so that a person can stop between two. */
const BATCH_MILLISECONDS = 250;
/** What the largest tensors of a batch may take, each. */
const BATCH_BYTES = 64e6;

/** States of some tokens `[states, tokens, modelDim]`. */
export interface SomeStates {
  readonly tokens: readonly number[];
  readonly states: Tensor;
}

/**
 * States of tokens in runs that have them masked: one row a token, as many rows at once as are quick.
 * Everything else is as in the run that `summary` tells of: interventions put the same numbers at the same
 * places, those that were taken from other runs or from a mean, too.
 * @param places of the tokens to mask
 * @param overrides numbers that the run has other than the model computes them
 */
export async function* maskedStates(
  model: InstrumentedModel,
  summary: CaptureSummary,
  maskId: number,
  places: readonly number[],
  overrides: readonly PointOverride[],
): AsyncGenerator<SomeStates, void> {
  const tokens = summary.tokens.encoder ?? [];
  const { tokens: read, changes = [] } = summary;
  const { interventions, feeds, options } = changedComputation(model, read, changes);
  const ids = tokenFeeds(model, { encoder: tokens });
  const most = mostRows(model, tokens.length);
  let rows = 1;
  for (let next = 0; next < places.length;) {
    const some = places.slice(next, next + rows);
    const started = performance.now();
    const run = await model.run(
      { ...repeatedFeeds(feeds, some.length), ...masked(ids, maskId, some) },
      STATES,
      interventions,
      { ...options, overrides },
    );
    const elapsed = performance.now() - started;
    const states = statesOf(run, 'encoder', model.card.name);
    const own = some.map((token, row) => row * tokens.length + token);
    yield { tokens: some, states: gathered(states, own) };
    next += some.length;
    const quick = Math.floor((some.length * BATCH_MILLISECONDS) / Math.max(1, elapsed));
    rows = Math.max(1, Math.min(most, 4 * rows, quick));
  }
}

/**
 * Whether a run can be made again with tokens masked.
 * @param readsAhead the model's tokens see those after them
 * @throws InspectorError `not-captured`
 */
export function checkMasked(summary: CaptureSummary, readsAhead: boolean): void {
  const { name, stacks } = summary.model;
  if (!readsAhead || stacks.length > 1) {
    throw new InspectorError(
      'not-captured',
      `${name} predicts the next token and is not asked for masked ones: read its layers with the logit lens.`,
    );
  }
}

/** The token that hides a word. @throws InspectorError `not-captured` */
export async function maskIdOf(
  { card }: InstrumentedModel,
  tokenizer: AlignedTokenizer,
): Promise<number> {
  const id = await maskToken(await modelFolder(card.path), tokenizer);
  if (id !== undefined && (card.vocabulary === 0 || id < card.vocabulary)) return id;
  throw new InspectorError(
    'not-captured',
    `The tokenizer of ${card.name} has no mask token, so no token can be hidden from it: read its layers with the logit lens, or name one as mask_token in tokenizer_config.json.`,
  );
}

/** One row for each of `places`, that token masked in it. */
function masked(ids: Feeds, maskId: number, places: readonly number[]): Feeds {
  const rows = repeatedFeeds(ids, places.length);
  for (const { dims, data } of Object.values(rows)) {
    if (!(data instanceof BigInt64Array)) continue;
    for (const [row, place] of places.entries()) {
      data[row * (dims[1] ?? 0) + place] = BigInt(maskId);
    }
  }
  return rows;
}

/** The graph computes attention and logits of every row, whether they are asked for or not. */
function mostRows({ card }: InstrumentedModel, tokens: number): number {
  const heads = Math.max(1, ...card.sites.map(site => site.heads));
  const layers = card.stacks.reduce((sum, stack) => sum + layerCount(card, stack), 0);
  const widest = Math.max(card.vocabulary, heads * tokens, card.modelDim * layers);
  const bytes = tokens * widest * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.floor(BATCH_BYTES / bytes));
}
