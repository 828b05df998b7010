import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { CaptureSummary } from '../../protocol/capture';
import type { MaskChange, OrderChange } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { LensKind } from '../../protocol/layers';
import type { Capture } from '../capture/capture';
import { openCapture } from '../capture/captureFile';
import { dumpTensors } from '../captureFile/captureTensors';
import { SUMMARY_KEY, writeSummary, type StoredSummary } from '../captureFile/storedSummary';
import { EVERYTHING, inspect } from '../inspect';
import { attribution } from '../layers/attribution';
import type { Feed, Feeds, ModelRun } from '../model/instrumentedModel';
import { ModelStore } from '../modelStore';
import { runNonNumbers } from '../runNonNumbers';
import { refusedNotes, sitesOfRun } from '../runSites';
import { regularFile } from '../runtime/regularFile';
import { readSafetensors, toFloat32 } from '../runtime/safetensors';
import { writeSafetensorsFile } from '../runtime/safetensorsFile';
import { factsReport } from './facts';
import type { AttributionChoice } from './generationOptions';
import { layersReport } from './layers';
import { orderReport, positionsReport } from './positions';
import { report, summary } from './report';

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
}

export interface InspectOptions extends PrintOptions {
  readonly text: string | undefined;
  readonly target: string | undefined;
  readonly mask: MaskChange | undefined;
  /** Vocabulary entries that follow the text or the target. */
  readonly continuation: readonly number[] | undefined;
  /** Another order of the tokens, or positions that tell nothing. */
  readonly order: OrderChange | undefined;
  readonly inputs: string | undefined;
  readonly dump: string | undefined;
  readonly maximumTokens: number;
}

/** What a command-line run knows: from a text all of it, from raw inputs no tokens. */
export interface CommandRun {
  readonly summary: StoredSummary;
  readonly run: ModelRun;
}

/** Runs a model on a text or on raw input tensors; prints a report and writes a dump on request. */
export async function inspectCommand(path: string, options: InspectOptions): Promise<void> {
  const model = resolve(path);
  const store = new ModelStore();
  const capture = options.inputs === undefined ? await runText(model, options, store) : undefined;
  const done = capture ?? (await runInputs(model, options.inputs ?? ''));
  if (options.dump !== undefined) await writeDump(done, options.dump);
  const parts = capture ? await partsOf(capture, options, store) : {};
  const beside =
    capture && options.order && options.positions
      ? await runText(model, { ...options, order: undefined }, store)
      : undefined;
  print(done, options.json, {
    ...parts,
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
  const { facts, layers, lens, positions, attribution: choice } = options;
  const { id } = capture.summary;
  return {
    ...(facts ? { facts: await factsReport(capture) } : {}),
    ...(layers ? { layers: await layersReport(capture, store, lens) } : {}),
    ...(positions ? { positions: await positionsReport(capture, store) } : {}),
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
  const { text = '', target, mask, continuation, order, maximumTokens } = options;
  const params = {
    model,
    text,
    maximumTokens,
    ...(target === undefined ? {} : { target }),
    ...(mask ? { mask } : {}),
    ...(continuation ? { continuation } : {}),
    ...(order ? { order } : {}),
  };
  return inspect(params, store, async () => undefined);
}

async function runInputs(path: string, file: string): Promise<CommandRun> {
  const feeds = await readFeeds(file);
  const started = performance.now();
  const model = await new ModelStore().model(path);
  const load = performance.now() - started;
  const run = await model.run(feeds, EVERYTHING);
  const timings: CaptureSummary['timings'] = { tokenize: 0, load, run: run.runTime, collect: 0 };
  const { card } = model;
  const notes = [...refusedNotes(card.sites, run), ...runNonNumbers(run, card)];
  const shown = { ...card, sites: sitesOfRun(card.sites, run) };
  return { summary: { model: shown, text: '', tokens: {}, totalTokens: 0, timings, notes }, run };
}

async function readFeeds(file: string): Promise<Feeds> {
  const opened = regularFile(file).then(() => readFile(file));
  const bytes = await opened.catch((error: unknown) => {
    throw new InspectorError('inputs-wrong', `Cannot read ${file}: ${reasonOf(error)}.`, {
      cause: error,
    });
  });
  const feeds: Record<string, Feed> = {};
  for (const [name, entry] of readSafetensors(bytes)) {
    const { dims, data } = entry;
    const whole =
      data instanceof BigInt64Array || data instanceof Int32Array || data instanceof Uint8Array;
    feeds[name] = { dims, data: whole ? data : toFloat32(entry) };
  }
  return feeds;
}
