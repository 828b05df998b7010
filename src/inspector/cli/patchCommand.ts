import { resolve } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import { layerCount } from '../../protocol/model';
import {
  HEAD_PARTS,
  STATE_PARTS,
  type Direction,
  type PatchMaps,
  type PatchPart,
} from '../../protocol/patching';
import { NEVER_CANCELLED } from '../../protocol/rpc';
import { runSpec } from '../../protocol/run';
import type { Capture } from '../capture/capture';
import { outputStack } from '../capture/outputs';
import { writeSafetensorsFile } from '../files/safetensorsFile';
import { patching } from '../patching/patching';
import { inspect } from '../run/inspect';
import { ModelStore } from '../store/modelStore';
import { measureOf, tokenOf, type MeasureOptions } from './measureOptions';
import { numberRows } from './rows';
import { table } from './textTable';

export interface PatchOptions extends MeasureOptions {
  /** The text that states are taken from (A), and the one that they are put into (B). */
  readonly clean: string;
  readonly corrupt: string;
  /** What the decoder of an encoder–decoder model reads, of both texts or of each. */
  readonly target: string | undefined;
  readonly corruptTarget: string | undefined;
  readonly direction: Direction;
  readonly stack: Stack | undefined;
  readonly isCross: boolean;
  readonly maximumTokens: number;
  readonly json: boolean;
  readonly dump: string | undefined;
}

/** Prints what each state of one text brings back in the run of another. */
export async function patchCommand(path: string, options: PatchOptions): Promise<void> {
  const store = new ModelStore();
  const model = resolve(path);
  const run = (text: string, target: string | undefined) =>
    inspect(
      { ...runSpec({ model, text, target }), maximumTokens: options.maximumTokens },
      store,
      async () => undefined,
    );
  const { target, corruptTarget = target } = options;
  const before = await run(options.clean, target);
  const after = await run(options.corrupt, corruptTarget);
  const tokenizer = await store.tokenizer(model);
  const token = await tokenOf(before, options, tokenizer, outputStack(before));
  const { stack = outputStack(before), direction, isCross } = options;
  const measure = measureOf(options, tokenizer);
  const parts = [...STATE_PARTS, ...HEAD_PARTS];
  const kind = isCross ? 'cross' : 'self';
  const maps = await patching(
    { before, after },
    { parts, stack, kind, direction, measure, token },
    store,
    () => undefined,
    NEVER_CANCELLED,
  );
  const report = reportOf({ before, after }, maps, stack, { direction, measure, token });
  const { dump, json } = options;
  if (dump !== undefined)
    await writeDump(dump, report, maps, layerCount(before.summary.model, stack));
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, maps));
}

function reportOf(
  { before, after }: { readonly before: Capture; readonly after: Capture },
  maps: PatchMaps,
  stack: Stack,
  choice: object,
) {
  const layers = layerCount(before.summary.model, stack);
  const tokens = (capture: Capture) =>
    (capture.summary.tokens[stack] ?? []).map(({ token }) => token);
  const rows = (part: PatchPart) => {
    const { values, columns } = mapOf(maps, part, layers);
    return numberRows(values, columns);
  };
  return {
    tokens: tokens(before),
    corruptTokens: tokens(after),
    stack,
    ...choice,
    clean: maps.ofA,
    corrupt: maps.ofB,
    residual: rows('residual'),
    attentionOutput: rows('attentionOutput'),
    feedForwardOutput: rows('feedForwardOutput'),
    heads: Object.fromEntries(HEAD_PARTS.map(part => [part, rows(part)])),
    missing: maps.missing,
    patches: maps.patches,
    batches: maps.batches,
    milliseconds: maps.milliseconds,
  };
}

/** A map `[layers, columns]`; NaN in layers that cannot be patched. */
function mapOf(maps: PatchMaps, part: PatchPart, layers: number) {
  const rows = maps.rows.filter(row => row.part === part);
  const columns = Math.max(0, ...rows.map(({ shares }) => shares.length));
  const values = new Float32Array(layers * columns).fill(NaN);
  for (const { layer, shares } of rows) values.set(shares, layer * columns);
  return { values, columns };
}

async function writeDump(
  path: string,
  report: object,
  maps: PatchMaps,
  layers: number,
): Promise<void> {
  const tensors = [...STATE_PARTS, ...HEAD_PARTS].flatMap(part => {
    const { values, columns } = mapOf(maps, part, layers);
    const name = STATE_PARTS.some(one => one === part) ? part : `heads.${part}`;
    return columns > 0 ? [{ name, dims: [layers, columns], chunks: () => [values] }] : [];
  });
  const metadata = { report: JSON.stringify(report) };
  await writeSafetensorsFile(resolve(path), tensors, metadata).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InspectorError('inputs-wrong', `Cannot write ${path}: ${reason}.`, { cause: error });
  });
}

/** The maps for people: a table each. */
function textOf(report: ReturnType<typeof reportOf>, maps: PatchMaps): string {
  const { tokens, clean, corrupt, heads, missing, patches, batches, milliseconds } = report;
  const cell = (share: number | null) => (share === null ? '–' : share.toFixed(2));
  const map = (name: string, rows: readonly (readonly (number | null)[])[], head: string[]) =>
    rows.length === 0
      ? []
      : [
          '',
          `${name}, share of the difference that it brings back`,
          ...table([['', ...head], ...rows.map((row, layer) => [`L${layer}`, ...row.map(cell)])]),
        ];
  const states = STATE_PARTS.flatMap(part => map(part, report[part], [...tokens]));
  const ofHeads = Object.entries(heads).flatMap(([part, rows]) =>
    map(
      part,
      rows,
      (rows[0] ?? []).map((_, head) => `H${head}`),
    ),
  );
  return [
    `clean ${clean.toFixed(4)}, corrupt ${corrupt.toFixed(4)}: ${patches} patches in ${batches} batches, ${(milliseconds / 1000).toFixed(2)} s`,
    ...states,
    ...ofHeads,
    ...(missing.length ? ['', ...missing.map(({ part, reason }) => `${part}: ${reason}`)] : []),
    ...(maps.rows.length === 0 ? ['Nothing of this model can be patched.'] : []),
    '',
  ].join('\n');
}
