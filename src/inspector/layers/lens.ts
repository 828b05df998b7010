import { setImmediate } from 'node:timers/promises';
import { InspectorError } from '../../protocol/errors';
import type { Lens, LensParams, LensProgress } from '../../protocol/layers';
import type { Stack } from '../../protocol/model';
import type { Cancellation } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import { checkIndex } from '../capture/mapSource';
import { outputStack } from '../capture/outputs';
import { judge } from '../model/check/selfCheck';
import type { OutputHead } from '../model/head/headSession';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Tensor } from '../runtime/tensor';
import type { ModelStore } from '../store/modelStore';
import { entryText } from '../tokenizer/vocabularyText';
import { LensCells } from './lensCells';
import { checkMasked, maskIdOf, maskedStates, type SomeStates } from './maskedStates';
import { gathered, statesOf } from './states';

/** Predictions of a cell, at most. */
const MOST_BEST = 20;
/** Logits that are computed before others have their turn. */
const STEP_BYTES = 16e6;
/** Softmaxes over the vocabulary before others have their turn. */
const CELLS_A_TURN = 32;

/**
 * What each layer's state would predict if it were the last one: the model's own output head applied
 * to the residual stream after every layer (nostalgebraist 2020, “interpreting GPT: the logit lens”).
 * With `maskedLm` each token is masked in a run of its own and its states are taken from there.
 * @param progress receives `LensProgress`
 * @param signal is looked at between batches, several times a second
 * @throws InspectorError `not-captured` where the run or the model does not give it, `cancelled`
 */
export async function lens(
  capture: Capture,
  params: LensParams,
  store: ModelStore,
  progress: (value: LensProgress) => void,
  signal: Cancellation,
): Promise<Lens> {
  const { summary, run } = capture;
  const { kind, from } = params;
  const { name, path } = summary.model;
  if (summary.file !== undefined) throw fromFile();
  const stack = outputStack(capture);
  const tokens = summary.tokens[stack] ?? [];
  checkIndex('token', from, tokens.length);
  const count = Math.min(Math.max(1, params.count), tokens.length - from);
  const best = Math.min(Math.max(1, params.best), MOST_BEST);

  const { overrides = [] } = capture.detailSource ?? {};
  const model = await store.model(path, summary.feeds);
  const readsAhead = isBidirectional(model, stack);
  if (kind === 'maskedLm') checkMasked(summary, readsAhead);
  const head = await model.head();
  const states = statesOf(run, stack, name);
  await checkSame(head, model, capture, states.at(-1), from);
  const tokenizer = await store.tokenizer(path);

  const isWanted = (token: number) => kind === 'logitLens' || !tokens[token]?.special;
  const wanted = range(from, count).filter(isWanted);
  const expectedIds = Int32Array.from(range(from, count), token =>
    isWanted(token) ? (tokens[readsAhead ? token : token + 1]?.id ?? -1) : -1,
  );
  const cells = new LensCells(states.length, count, best, expectedIds);
  const batches =
    kind === 'maskedLm'
      ? maskedStates(model, summary, await maskIdOf(model, tokenizer), wanted, overrides)
      : capturedStates(states, wanted, head.vocabulary);
  const heed = async () => {
    await setImmediate();
    if (signal.aborted) {
      throw new InspectorError('cancelled', 'Predictions by layer were cancelled.');
    }
  };
  let done = 0;
  progress({ done, of: wanted.length });
  await heed();
  for await (const batch of batches) {
    await heed();
    for await (const { first, logits } of head.pieces(batch.states)) {
      await fill(cells, batch.tokens, from, first, logits, heed);
    }
    done += batch.tokens.length;
    progress({ done, of: wanted.length });
  }
  const { ids, probabilities, expected } = cells;
  const texts = Object.fromEntries([...cells.named()].map(id => [id, entryText(tokenizer, id)]));
  const numbers = { ids, probabilities, expected, expectedIds, texts };
  const note = noteOf(kind, head, readsAhead, overrides.length > 0);
  return { kind, stack, states: states.length, from, count, best, ...numbers, note };
}

/** States as the run has them, as many tokens at once as the logits of all their states allow. */
function* capturedStates(
  states: readonly Tensor[],
  tokens: readonly number[],
  vocabulary: number,
): Generator<SomeStates, void> {
  const bytes = states.length * vocabulary * Float32Array.BYTES_PER_ELEMENT;
  const size = Math.max(1, Math.floor(STEP_BYTES / bytes));
  for (let next = 0; next < tokens.length; next += size) {
    const some = tokens.slice(next, next + size);
    yield { tokens: some, states: gathered(states, some) };
  }
}

/**
 * Writes the logits `[1, some, vocabulary]` of a piece of `[states, tokens]` into their cells.
 * @param heed is awaited now and then
 */
async function fill(
  cells: LensCells,
  tokens: readonly number[],
  from: number,
  first: number,
  { dims, data }: Tensor,
  heed: () => Promise<void>,
): Promise<void> {
  const [, some = 0, vocabulary = 0] = dims;
  for (let i = 0; i < some; i++) {
    if (i % CELLS_A_TURN === 0) await heed();
    const state = Math.floor((first + i) / tokens.length);
    const token = tokens[(first + i) % tokens.length] ?? 0;
    cells.fill(state, token - from, data.subarray(i * vocabulary, (i + 1) * vocabulary));
  }
}

/** Whether a stack's tokens see what comes after them, so that the output is of the token itself. */
function isBidirectional({ card }: InstrumentedModel, stack: Stack): boolean {
  const own = card.sites.filter(site => site.stack === stack && site.kind === 'self');
  return own.some(({ mask }) => mask.kind === 'bidirectional' || reachesAhead(mask));
}

function reachesAhead(mask: InstrumentedModel['card']['sites'][number]['mask']): boolean {
  return mask.kind === 'window' && mask.after > 0;
}

/**
 * The head belongs to the model as it is now: it must give the run's own logits.
 * @throws InspectorError `capture-missing`
 */
async function checkSame(
  head: OutputHead,
  { card }: InstrumentedModel,
  { run }: Capture,
  last: Tensor | undefined,
  token: number,
): Promise<void> {
  if (!run.logits || !last) return;
  const { vocabulary } = head;
  const isSameSize = run.logits.dims[2] === vocabulary && last.dims[2] === head.modelDim;
  const own = run.logits.data.subarray(token * vocabulary, (token + 1) * vocabulary);
  if (isSameSize) {
    const { data } = await head.run(gathered([last], [token]));
    const largest = own.reduce((most, logit) => Math.max(most, Math.abs(logit)), 1);
    const worst = data.reduce((most, logit, i) => {
      const difference = Math.abs(logit - (own[i] ?? NaN)) / largest;
      return difference > most ? difference : most;
    }, 0);
    if (judge(worst, card.precision, '').result !== 'refused') return;
  }
  throw new InspectorError(
    'capture-missing',
    'The files of the model changed since this run. Run it again.',
  );
}

function noteOf(
  kind: Lens['kind'],
  head: OutputHead,
  readsAhead: boolean,
  isModified: boolean,
): string {
  const applied = head.hasNorm
    ? 'the model’s final normalisation and output head'
    : 'the model’s output head';
  const own = isModified
    ? 'a run of its own, with the numbers that the interventions put into this one'
    : 'a run of its own';
  const said = {
    maskedLm: `Each token was masked in ${own}, and ${applied} applied to its state after every layer.`,
    logitLens: readsAhead
      ? `${capital(applied)} applied to every layer’s state (logit lens); no token was masked, so each is predicted while it is seen.`
      : `${capital(applied)} applied to every layer’s state (logit lens): what it would predict as the next token.`,
  }[kind];
  const { check } = head;
  return check.result === 'approximate' ? `${said} ${capital(check.reason)}.` : said;
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function range(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => from + i);
}

function fromFile(): InspectorError {
  return new InspectorError(
    'not-captured',
    'A capture file holds no weights of the model, so its output head cannot be applied to the layers. Inspect the text with the model itself.',
  );
}
