import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CaptureSummary } from '../../protocol/capture';
import {
  changesOf,
  interventionsOf,
  type MaskChange,
  type OrderChange,
} from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { LensKind } from '../../protocol/layers';
import type { GivenFeeds } from '../../protocol/model';
import { runSpec, textSpec, type TextSpec } from '../../protocol/run';
import type { Token } from '../../protocol/tokens';
import { breakpoints } from '../breakpoints/breakpoints';
import type { Capture } from '../capture/capture';
import { openCapture } from '../capture/captureFile';
import { tokenizerOf } from '../capture/madeWith';
import { outputsOf, predictions } from '../capture/outputs';
import { dumpTensors } from '../captureFile/captureTensors';
import { SUMMARY_KEY, writeSummary, type StoredSummary } from '../captureFile/storedSummary';
import { EVERYTHING, inspect } from '../run/inspect';
import { attribution } from '../layers/attribution';
import type { InstrumentedModel } from '../model/instrumentedModel';
import { openModel } from '../model/openModel';
import { ModelStore } from '../store/modelStore';
import { runNotes, sitesOfRun } from '../run/runSites';
import { writeSafetensorsFile } from '../files/safetensorsFile';
import { bundledTreebank } from './corpusWork';
import { readInterventions } from '../run/interventions/listFile';
import { factsReport } from './factsReport';
import type { AttributionChoice } from './options';
import { layersReport } from './layersReport';
import { orderReport, positionsReport } from './positionsReport';
import { batchFirst, lengthsOf, readFeeds, shapesOf } from './rawFeeds';
import { report, summary, type CommandRun } from './report';

/** Outputs that are printed of each token. */
const LIKELIEST = 10;

export interface PrintOptions {
  readonly json: boolean;
  /** Role and measures of every head, in JSON only. */
  readonly facts: boolean;
  /** Predictions and residual stream by layer, in JSON only. */
  readonly layers: boolean;
  /** How the model knows order, in JSON only. */
  readonly positions: boolean;
  /** How predictions are read; what the model offers when undefined. */
  readonly lens: LensKind | undefined;
  /** Whose logit is taken apart, in JSON only. */
  readonly attribution: AttributionChoice | undefined;
  /** Where it holds is added, in JSON only. */
  readonly condition?: string | undefined;
}

export interface InspectOptions extends PrintOptions {
  readonly text: string | undefined;
  /** The second text of a pair. */
  readonly pair: string | undefined;
  /** A file of messages, and how it is rendered. */
  readonly chat:
    | {
        readonly file: string;
        readonly template: string | undefined;
        readonly isPrompted: boolean;
      }
    | undefined;
  readonly target: string | undefined;
  readonly mask: MaskChange | undefined;
  /** Vocabulary entries that follow the text or the target. */
  readonly continuation: readonly number[] | undefined;
  /** Another order of the tokens, or positions that tell nothing. */
  readonly order: OrderChange | undefined;
  /** A file of changes to the numbers of the run. */
  readonly interventions: string | undefined;
  readonly inputs: string | undefined;
  /** What inputs are fed that are not to be fed their defaults. */
  readonly feeds: GivenFeeds;
  readonly dump: string | undefined;
  readonly maximumTokens: number;
}

/** Runs a model on a text or on raw input tensors; prints a report and writes a dump on request. */
export async function inspectCommand(path: string, options: InspectOptions): Promise<void> {
  const model = resolve(path);
  const store = new ModelStore(undefined, false, bundledTreebank());
  const capture = options.inputs === undefined ? await runText(model, options, store) : undefined;
  const done = capture ?? (await runInputs(model, options));
  if (options.dump !== undefined) await writeDump(done, options.dump);
  const parts = capture ? await partsOf(capture, options, store) : {};
  const beside =
    capture && options.order && options.positions
      ? await runText(model, { ...options, order: undefined }, store)
      : undefined;
  const before =
    capture && options.interventions !== undefined && options.json
      ? await runText(model, { ...options, interventions: undefined }, store)
      : undefined;
  print(done, options.json, {
    ...parts,
    ...(capture && before
      ? {
          interventions: interventionsOf(capture.summary),
          before: await likeliest(before, store),
          after: await likeliest(capture, store),
        }
      : {}),
    ...(capture && beside ? { orderEffect: await orderReport(beside, capture) } : {}),
  });
}

/** Prints the report of a capture file. */
export async function captureCommand(path: string, options: PrintOptions): Promise<void> {
  const capture = await openCapture(resolve(path));
  print(capture, options.json, await partsOf(capture, options, new ModelStore()));
}

/** What options add to the report of a run. */
async function partsOf(capture: Capture, options: PrintOptions, store: ModelStore) {
  const { facts, layers, lens, positions, attribution: choice, condition } = options;
  const { id } = capture.summary;
  return {
    ...(facts ? { facts: await factsReport(capture) } : {}),
    ...(layers ? { layers: await layersReport(capture, store, lens) } : {}),
    ...(positions ? { positions: await positionsReport(capture, store) } : {}),
    ...(condition === undefined ? {} : { breakpoints: await breakpoints(capture, condition) }),
    ...(choice
      ? { attribution: await attribution(capture, { ...choice, capture: id }, store) }
      : {}),
  };
}

function print(done: CommandRun, json: boolean, parts: object) {
  const all = { ...report(done), ...parts };
  process.stdout.write(json ? `${JSON.stringify(all, null, 2)}\n` : summary(done));
}

async function writeDump(done: CommandRun, path: string): Promise<void> {
  const metadata = {
    report: JSON.stringify(report(done)),
    [SUMMARY_KEY]: writeSummary(done.summary),
  };
  await writeSafetensorsFile(path, dumpTensors(done.run), metadata).catch((error: unknown) => {
    throw new InspectorError('inputs-wrong', `Cannot write ${path}: ${reasonOf(error)}.`, {
      cause: error,
    });
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function runText(
  model: string,
  options: InspectOptions,
  store: ModelStore,
): Promise<Capture> {
  const { target, mask, continuation, order, maximumTokens, feeds, interventions: list } = options;
  const interventions = list === undefined ? [] : await readInterventions(list);
  const changes = [...changesOf({ mask, order }), ...interventions];
  const spec = runSpec({
    model,
    ...(await textOf(options)),
    target,
    continuation,
    feeds,
    changes,
  });
  return inspect({ ...spec, maximumTokens }, store, async () => undefined);
}

/** The most probable outputs at every token; null where the model gives none. */
async function likeliest(capture: Capture, store: ModelStore) {
  if (!capture.run.logits) return null;
  const tokenizer = await tokenizerOf(capture, store);
  const { tokens } = outputsOf(capture);
  return Array.from(
    { length: tokens },
    (_, token) => predictions(capture, tokenizer, token, LIKELIEST).best,
  );
}

async function textOf({ text = '', pair, chat }: InspectOptions): Promise<TextSpec> {
  if (!chat) return textSpec({ text, pair });
  const { file, template = '', isPrompted } = chat;
  const document = await readFile(resolve(file), 'utf8').catch((error: unknown) => {
    throw new InspectorError('inputs-wrong', `Cannot read ${file}: ${reasonOf(error)}.`, {
      cause: error,
    });
  });
  return {
    text: document.replace(/^\ufeff/, ''),
    chat: {
      ...(template === '' ? {} : { template }),
      ...(isPrompted ? { prompt: true } : {}),
    },
  };
}

async function runInputs(
  path: string,
  { inputs: file = '', feeds }: InspectOptions,
): Promise<CommandRun> {
  const given = await readFeeds(file);
  const started = performance.now();
  const shapes = shapesOf(given);
  const model = await openModel(path, { feeds, lengths: lengthsOf(given), shapes });
  const load = performance.now() - started;
  const run = await model.run(batchFirst(given, model.inputs), EVERYTHING);
  await model.dispose();
  const timings: CaptureSummary['timings'] = { tokenize: 0, load, run: run.runTime, collect: 0 };
  const { card } = model;
  const summary = {
    model: { ...card, sites: sitesOfRun(card.sites, run) },
    text: '',
    ...patchTokens(model),
    timings,
    notes: runNotes(card, run),
  };
  return { summary: { ...summary, ...(Object.keys(feeds).length > 0 ? { feeds } : {}) }, run };
}

/** The patches of a picture as the tokens of the model's stack; raw token ids tell of none. */
function patchTokens({
  card,
  patches,
}: InstrumentedModel): Pick<StoredSummary, 'tokens' | 'totalTokens'> {
  const [stack = 'encoder'] = card.stacks;
  if (!patches) return { tokens: {}, totalTokens: 0 };
  const tokens = patches.map((name, index): Token => ({
    index,
    id: 0,
    token: name,
    text: name,
    start: 0,
    end: 0,
    special: !name.startsWith('patch'),
    unknown: false,
    continues: false,
  }));
  return { tokens: { [stack]: tokens }, totalTokens: tokens.length };
}
