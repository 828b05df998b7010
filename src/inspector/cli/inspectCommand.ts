import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import type { ModelCard, Stack } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { EVERYTHING, inspect } from '../inspect';
import type { Feed, Feeds, ModelRun } from '../model/instrumentedModel';
import { ModelStore } from '../modelStore';
import { readSafetensors, toFloat32, writeSafetensors } from '../runtime/safetensors';
import { namedTensors } from './dump';
import { report, summary } from './report';

export interface InspectOptions {
  readonly model: string;
  readonly text: string | undefined;
  readonly target: string | undefined;
  readonly inputs: string | undefined;
  readonly dump: string | undefined;
  readonly json: boolean;
  readonly maximumTokens: number;
}

/** What a command-line run knows: from a text all of it, from raw inputs no tokens. */
export interface CommandRun {
  readonly card: ModelCard;
  readonly run: ModelRun;
  readonly tokens: { readonly [S in Stack]?: readonly Token[] };
  /** Tokens that the whole text has: more than were run where it was cut. */
  readonly totalTokens?: number;
  readonly notes: readonly string[];
  readonly timings: { readonly [stage: string]: number };
}

/** Runs a model on a text or on raw input tensors; prints a report and writes a dump on request. */
export async function inspectCommand(options: InspectOptions): Promise<void> {
  const done = await (options.inputs === undefined
    ? runText(options, options.text ?? '')
    : runInputs(options, options.inputs));
  if (options.dump !== undefined) {
    const tensors = [...namedTensors(done.run)].map(
      ([name, tensor]) => [name, { dtype: 'F32', ...tensor }] as const,
    );
    const metadata = { report: JSON.stringify(report(done)) };
    await writeFile(options.dump, writeSafetensors(tensors, metadata)).catch((error: unknown) => {
      throw new InspectorError('inputs-wrong', `Cannot write ${String(options.dump)}.`, {
        cause: error,
      });
    });
  }
  process.stdout.write(options.json ? `${JSON.stringify(report(done), null, 2)}\n` : summary(done));
}

async function runText(options: InspectOptions, text: string): Promise<CommandRun> {
  const { target, maximumTokens } = options;
  const model = resolve(options.model);
  const params = { model, text, maximumTokens, ...(target === undefined ? {} : { target }) };
  const { summary, run } = await inspect(params, new ModelStore(), async () => undefined);
  const { model: card, tokens, totalTokens, notes = [], timings } = summary;
  return { card, run, tokens, totalTokens, notes, timings: { ...timings } };
}

async function runInputs(options: InspectOptions, file: string): Promise<CommandRun> {
  const feeds = await readFeeds(file);
  const started = performance.now();
  const model = await new ModelStore().model(resolve(options.model));
  const load = performance.now() - started;
  const run = await model.run(feeds, EVERYTHING);
  return { card: model.card, run, tokens: {}, notes: [], timings: { load, run: run.runTime } };
}

async function readFeeds(file: string): Promise<Feeds> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new InspectorError('inputs-wrong', `Cannot read ${file}.`, { cause: error });
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
