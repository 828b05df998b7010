import { resolve } from 'node:path';
import type { Stack } from '../../protocol/model';
import type { Sweep } from '../../protocol/patching';
import { NEVER_CANCELLED } from '../../protocol/rpc';
import { runSpec } from '../../protocol/run';
import { outputStack } from '../capture/outputs';
import { sweep } from '../patching/sweep';
import { inspect } from '../run/inspect';
import { ModelStore } from '../store/modelStore';
import { measureOf, tokenOf, type MeasureOptions } from './measureOptions';
import { numberRows } from './rows';
import { table } from './textTable';

export interface SweepOptions extends MeasureOptions {
  readonly text: string;
  readonly target: string | undefined;
  readonly kind: Sweep['kind'];
  readonly how: 'zero' | 'mean';
  /** Of edges; the token that is looked at when undefined. */
  readonly query: number | undefined;
  readonly layer: number | undefined;
  readonly stack: Stack | undefined;
  readonly isCross: boolean;
  readonly maximumTokens: number;
  readonly json: boolean;
}

/** Prints what the output does once one thing is taken away, for each head, edge or token. */
export async function sweepCommand(path: string, options: SweepOptions): Promise<void> {
  const store = new ModelStore();
  const model = resolve(path);
  const { text, target, maximumTokens, isCross, json } = options;
  const spec = { ...runSpec({ model, text, target }), maximumTokens };
  const capture = await inspect(spec, store, async () => undefined);
  const tokenizer = await store.tokenizer(model);
  const token = await tokenOf(capture, options, tokenizer, outputStack(capture));
  const { stack = outputStack(capture) } = options;
  const measure = measureOf(options, tokenizer);
  const found = await sweep(
    capture,
    { sweep: wanted(options, token), measure, token, stack, kind: isCross ? 'cross' : 'self' },
    store,
    () => undefined,
    NEVER_CANCELLED,
  );
  const { plain, effects, random, columns, missing, milliseconds } = found;
  const names = (capture.summary.tokens[stack] ?? []).map(one => one.token);
  const report = {
    tokens: names,
    stack,
    sweep: found.sweep,
    measure,
    token,
    plain,
    effects: numberRows(effects, columns),
    ...(random ? { random: numberRows(random, columns) } : {}),
    missing,
    milliseconds,
  };
  process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : textOf(report, options));
}

function wanted({ kind, how, query, layer }: SweepOptions, token: number): Sweep {
  switch (kind) {
    case 'heads':
      return { kind, how };
    case 'edges':
      return { kind, query: query ?? token, ...(layer === undefined ? {} : { layer }) };
    case 'tokens':
      return { kind };
  }
}

interface Report {
  readonly tokens: readonly string[];
  readonly plain: number;
  readonly effects: readonly (readonly (number | null)[])[];
  readonly random?: readonly (readonly (number | null)[])[];
  readonly missing: readonly string[];
}

/** The effects for people: what the measure becomes less what it was. */
function textOf(
  { tokens, plain, effects, random, missing }: Report,
  { kind, layer }: SweepOptions,
) {
  const cell = (effect: number | null | undefined) =>
    typeof effect === 'number' ? effect.toFixed(3) : '–';
  const [first = []] = effects;
  const isOfHeads = kind === 'heads';
  const head = isOfHeads ? first.map((_, i) => `H${i}`) : [...tokens];
  const nameOf = (row: number) =>
    isOfHeads ? `L${row}` : kind === 'edges' && layer !== undefined ? `H${row}` : '';
  const rows = (map: Report['effects']) => map.map((row, i) => [nameOf(i), ...row.map(cell)]);
  return [
    `plain ${plain.toFixed(4)}; without each:`,
    ...(effects.length ? table([['', ...head], ...rows(effects)]) : []),
    ...(random
      ? ['', 'random vectors as long, mean:', ...table([['', ...head], ...rows(random)])]
      : []),
    ...missing,
    '',
  ].join('\n');
}
