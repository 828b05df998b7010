import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import type { InspectProgress } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { InspectParams } from '../../protocol/inspector';
import type { AttentionSite, ModelCard, Stack } from '../../protocol/model';
import { Capture } from '../capture/capture';
import { bytesOfMaps, formatBytes, MEMORY_BUDGET } from '../model/tensors/memoryBudget';
import { continued } from './continuation';
import { checkApplied, withSites } from './maskChange';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { textlessError } from '../model/textless';
import { sameFiles } from '../files/fileStamps';
import { stackTokens, tokenFeeds, type StackTokens } from './modelInput';
import { segmentFeeds, withSegments } from './segments';
import type { ModelStore } from '../store/modelStore';
import { readText } from '../chat/textTokens';
import { interventionsOf, maskOf } from '../../protocol/change';
import { runSpec } from '../../protocol/run';
import { runNotes, sitesOfRun } from './runSites';
import type { CaptureRequest, RunOptions } from '../model/run';
import { makeInterventions } from './interventions/make';
import { editedTokens } from './interventions/tokenEdits';
import { changedTokens, changedComputation, changeNotes } from './changes';

/** Everything that the views show. */
export const EVERYTHING: CaptureRequest = {
  weights: true,
  queryKeyValue: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: true,
  experts: true,
  effective: true,
  logits: true,
};
/** The same without the maps, whose size grows with the square of the length. */
const WITHOUT_MAPS: CaptureRequest = { ...EVERYTHING, weights: false, maskedScores: false };
/** The maps alone. */
const MAPS: CaptureRequest = {
  weights: true,
  maskedScores: true,
  queryKeyValue: false,
  headOutput: false,
  hiddenStates: false,
  logits: false,
};
/** Queries and keys alone. */
const VECTORS: CaptureRequest = {
  ...MAPS,
  weights: false,
  maskedScores: false,
  queryKeyValue: true,
};
/** What surrounds one attention: for the computation of a head, one layer at a time. */
const DETAILS: CaptureRequest = {
  weights: false,
  maskedScores: false,
  queryKeyValue: false,
  headOutput: false,
  hiddenStates: false,
  logits: false,
  details: true,
};

/**
 * Text → tokens → feeds → run → capture.
 * @param report is awaited, so that what it sends leaves before the runtime blocks this thread
 * @param makeRoom frees memory for that many bytes, before they are needed
 * @param only what is captured, where not everything that views show
 * @throws InspectorError with a sentence for people
 */
export async function inspect(
  params: InspectParams,
  store: ModelStore,
  report: (progress: InspectProgress) => Promise<void>,
  makeRoom: (bytes: number) => void = () => undefined,
  only?: CaptureRequest,
): Promise<Capture> {
  const { text, pair, target = '', maximumTokens, memoryBudget = MEMORY_BUDGET } = params;
  const { continuation = [], changes = [] } = params;
  if (text.trim() === '' || pair?.trim() === '') {
    throw new InspectorError(
      'text-empty',
      'There is no text here. Select some text, or put the cursor on a line that has some.',
    );
  }
  const clock = stopwatch();

  await report({ stage: 'loading', label: 'Loading the tokenizer' });
  const tokenizer = await store.tokenizer(params.model).catch((error: unknown) => {
    // A model that reads pixels needs no tokenizer: that it has none is not what is wrong.
    throw textlessError(params.model) ?? error;
  });
  let load = clock();

  await report({ stage: 'tokenizing', label: 'Splitting the text into tokens' });
  const given = await readText(params, tokenizer, basename(params.model));
  const first = await given.encode(maximumTokens);
  const tokenize = clock();
  if (first.tokens.length === 0) {
    throw new InspectorError(
      'text-empty',
      'The tokenizer makes no token of this text. Inspect another text, or choose another model.',
    );
  }

  await report({ stage: 'loading', label: 'Opening the model', tokens: first.tokens });
  const model = await store.model(params.model, params.feeds);
  load += clock();

  const accepted = Math.min(maximumTokens, model.card.maximumPositions ?? Infinity);
  const taken =
    first.tokens.length <= accepted ? first.tokens : (await given.encode(accepted)).tokens;
  const hasDecoder = model.card.stacks.length > 1;
  const read = continued(model.card, tokenizer, taken, hasDecoder ? [] : continuation);
  const source = await changedTokens(model, tokenizer, read.tokens, changes);
  const stacks = await stackTokens(model, tokenizer, source, target, accepted);
  const answer = continued(
    model.card,
    tokenizer,
    stacks.decoder ?? [],
    hasDecoder ? continuation : [],
  );
  const unedited = hasDecoder ? { ...stacks, decoder: answer.tokens } : stacks;
  const list = interventionsOf(params);
  const tokens = editedTokens(model.card, tokenizer, unedited, list);

  const changed = changedComputation(model, tokens, changes);
  const segments = segmentFeeds(model, tokens, params.feeds);
  const feeds = { ...tokenFeeds(model, tokens), ...segments, ...changed.feeds };
  const { overrides, notes: made } = await makeInterventions(
    {
      ...changed,
      model,
      tokenizer,
      tokens,
      feeds,
      target,
      maximumTokens: accepted,
      corpus: store.corpus,
    },
    changed.sites,
    list,
  );
  const runAs = async (
    opened: InstrumentedModel,
    request: CaptureRequest,
    options: RunOptions = changed.options,
  ) => {
    const all = { ...options, overrides };
    const run = await opened.run(feeds, request, changed.interventions, all);
    return withSites(run, opened.card, changed.sites);
  };
  const bytes =
    bytesOfMaps(model.card.sites, site => lengthOf(site, tokens)) +
    bytesOfLogits(model.card, tokens);
  const fits = bytes <= memoryBudget;
  makeRoom(fits ? bytes : 0);
  const layers = model.card.sites.filter(({ kind }) => kind === 'self').length;
  const label = `Running ${source.length} tokens through ${layers} layers`;
  await report({ stage: 'running', label, tokens: source });
  const run = await runAs(model, only ?? (fits ? EVERYTHING : WITHOUT_MAPS));
  checkApplied(run, changed, overrides);
  const elapsed = clock();

  const sites = sitesOfRun(changed.sites, run);
  const notes = [
    ...store.takeNotes(params.model),
    ...runNotes(model.card, run, maskOf(params)?.kind === 'padding'),
    ...given.notes,
    ...changed.notes,
    ...made,
    ...read.notes,
    ...changeNotes(changes),
  ];
  if (hasDecoder && target === '' && continuation.length === 0) {
    notes.push('No target text was given, so the decoder reads its start token only.');
  }
  if (!fits) {
    notes.push(
      `${source.length.toLocaleString('en')} tokens need ${formatBytes(bytes)} for all maps and outputs, more than the budget of ${formatBytes(memoryBudget)}: each map is computed when you look at it.`,
    );
  }
  const again = async (): Promise<InstrumentedModel> => {
    const opened = await store.model(params.model, params.feeds);
    // Numbers of another export would not belong to what this capture holds.
    if (!sameFiles(opened.files, model.files)) {
      throw new InspectorError(
        'capture-missing',
        'The files of the model changed since this run. Run it again.',
      );
    }
    return opened;
  };
  return new Capture(
    {
      ...runSpec({ ...params, target: target === '' ? undefined : target }),
      id: randomUUID(),
      model: { ...withSegments(model.card, segments), sites },
      ...(given.rendered ? { rendered: given.rendered } : {}),
      ...(tokenizer.chat ? { templates: [...tokenizer.chat.sources.keys()] } : {}),
      tokens,
      totalTokens: first.total + read.tokens.length - taken.length,
      sites: run.sites.map(({ site }) => site),
      timings: { tokenize, load, run: run.runTime, collect: elapsed - run.runTime },
      notes,
    },
    run,
    async site => runAs(await again(), { ...MAPS, sites: new Set([site]) }),
    {
      run: async site => runAs(await again(), { ...DETAILS, sites: new Set([site]) }),
      runAll: async sites => runAs(await again(), { ...DETAILS, sites }),
      projection: async site => (await again()).projection(site),
      model: again,
      overrides,
    },
    async site =>
      runAs(await again(), { ...VECTORS, sites: new Set([site]) }, { equalPositions: true }),
  );
}

/** Queries and keys of a site: cross-attention reads the encoder's tokens. */
function lengthOf({ stack, kind }: AttentionSite, tokens: StackTokens) {
  const count = (of: Stack) => tokens[of]?.length ?? 0;
  return { queries: count(stack), keys: count(kind === 'cross' ? 'encoder' : stack) };
}

/** Memory of the scores over the vocabulary, which the last stack's tokens may have. */
function bytesOfLogits({ stacks, vocabulary }: ModelCard, tokens: StackTokens): number {
  const last = tokens[stacks.at(-1) ?? 'encoder'] ?? [];
  return last.length * vocabulary * Float32Array.BYTES_PER_ELEMENT;
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
