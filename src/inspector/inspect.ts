import { randomUUID } from 'node:crypto';
import type { InspectProgress } from '../protocol/capture';
import { InspectorError } from '../protocol/errors';
import type { InspectParams } from '../protocol/inspector';
import { Capture } from './capture';
import type { CaptureRequest, Feeds, InstrumentedModel } from './model/instrumentedModel';
import type { ModelStore } from './modelStore';

/** Everything that the views show. */
export const EVERYTHING: CaptureRequest = {
  weights: true,
  queryKeyValue: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: true,
  logits: true,
};

/**
 * Text → tokens → feeds → run → capture.
 * @param report is awaited, so that what it sends leaves before the runtime blocks this thread
 * @throws InspectorError with a sentence for people
 */
export async function inspect(
  params: InspectParams,
  store: ModelStore,
  report: (progress: InspectProgress) => Promise<void>,
): Promise<Capture> {
  if (params.text.trim() === '') {
    throw new InspectorError(
      'text-empty',
      'There is no text here. Select some text, or put the cursor on a line that has some.',
    );
  }
  const clock = stopwatch();

  await report({ stage: 'loading', label: 'Loading the tokenizer' });
  const tokenizer = await store.tokenizer(params.model);
  let load = clock();

  await report({ stage: 'tokenizing', label: 'Splitting the text into tokens' });
  const { tokens, total } = tokenizer.encode(params.text, {
    maximumTokens: params.maximumTokens,
  });
  const tokenize = clock();

  await report({ stage: 'loading', label: 'Opening the model', tokens });
  const model = await store.model(params.model);
  const accepted = model.card.maximumPositions ?? Infinity;
  const run =
    tokens.length <= accepted
      ? tokens
      : tokenizer.encode(params.text, { maximumTokens: accepted }).tokens;
  load += clock();

  const layers = model.card.sites.filter(({ kind }) => kind === 'self').length;
  const label = `Running ${run.length} tokens through ${layers} layers`;
  await report({ stage: 'running', label, tokens: run });
  const result = await model.run(feedsFor(model, run), EVERYTHING);
  const runTime = clock();

  const [stack = 'encoder'] = model.card.stacks;
  return new Capture(
    {
      id: randomUUID(),
      model: model.card,
      text: params.text,
      tokens: { [stack]: run },
      totalTokens: total,
      sites: result.sites.map(({ site }) => site),
      timings: { tokenize, load, run: result.runTime, collect: runTime - result.runTime },
    },
    result,
  );
}

/** The token ids, by the name that the graph gives them; everything else takes its default. */
function feedsFor(model: InstrumentedModel, tokens: readonly { readonly id: number }[]): Feeds {
  const largest = Math.max(...tokens.map(({ id }) => id));
  if (model.card.vocabulary > 0 && largest >= model.card.vocabulary) {
    const [id, entries] = [largest, model.card.vocabulary].map(n => n.toLocaleString('en'));
    throw new InspectorError(
      'vocabulary-mismatch',
      `Token id ${id} is outside the model's ${entries} entries: the tokenizer beside ${model.card.name} belongs to another model. Choose another model, or put its own tokenizer.json there.`,
    );
  }
  const ids = BigInt64Array.from(tokens, ({ id }) => BigInt(id));
  const name = model.inputs.find(input => input.name === 'input_ids')?.name;
  const input = name ?? model.inputs.find(({ type, rank }) => type === 'int64' && rank === 2)?.name;
  if (input === undefined) {
    throw new InspectorError(
      'model-unsupported',
      `${model.card.name} takes no token ids: it has no int64 input of shape [batch, tokens]. Choose a model that reads text.`,
    );
  }
  return { [input]: { dims: [1, tokens.length], data: ids } };
}

/** Milliseconds since the last call. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = now - last;
    last = now;
    return elapsed;
  };
}
