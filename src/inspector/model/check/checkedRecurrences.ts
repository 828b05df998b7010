import type { EffectiveFacts, ModelCard, SelfCheck } from '../../../protocol/model';
import type { Node } from '../../onnx/file/types';
import type { FoundRecurrence } from '../../onnx/graph/recurrence';
import type { Tensor } from '../../runtime/tensor';
import type { GraphRun } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import type { ProbeRuns } from '../probe/probeRuns';
import type { ChangedRun } from '../probe/textRuns';
import { sizesOf } from '../tensors/recurrence';
import { checkMaps } from './recurrenceCheck';
import { worse } from './selfCheck';

/** A linear attention with what its probe runs showed. */
export interface CheckedRecurrence extends Omit<EffectiveFacts, 'operator' | 'node'> {
  readonly node: Node;
  /** What it is, of one that the graph spells out. */
  readonly name?: string;
}

/** Smaller changes, relative to the largest one, are rounding. */
const ROUNDING = 1e-4;

/**
 * Checks that the effective attention of each linear attention gives the operator's own outputs, and that
 * its rows and columns are the text's tokens.
 */
export function checkRecurrences(
  { recurrences }: LoadedGraph,
  runs: ProbeRuns,
  precision: ModelCard['precision'],
  outputCheck: SelfCheck,
): readonly CheckedRecurrence[] {
  return recurrences.map((found, i) => {
    const { node, refusal } = found;
    // How many heads one has that is spelled out, its tensors tell.
    const { queryHeads, valueHeads } = runs.plain[0].recurrences?.[i] ?? found;
    const fault =
      refusal ??
      (outputCheck.result === 'refused' ? outputCheck.reason : undefined) ??
      lengthFault(runs.plain, i) ??
      orderFault(runs, i);
    const check: SelfCheck =
      fault === undefined
        ? mapsOf(runs, i)
            .map(one => checkMaps(one, precision))
            .reduce(worse)
        : { result: 'refused', reason: fault };
    const { convolution } = found;
    const heads = Math.max(queryHeads, valueHeads);
    const name = found.headsFirst && check.result !== 'refused' ? nameOf(found) : undefined;
    return {
      node,
      heads,
      valueHeads,
      ...(convolution ? { convolution } : {}),
      ...(name ? { name } : {}),
      check,
    };
  });
}

/** What a linear attention is called that steps of its own, and its rule, tell apart. */
function nameOf({ rule, names }: FoundRecurrence): string {
  if (rule === 'gated_delta') return 'gated delta net';
  return names.step === undefined ? 'gated linear attention' : 'Mamba-2';
}

/** What one linear attention computed in the runs without padding. */
function mapsOf({ plain, texts }: ProbeRuns, i: number) {
  const all: readonly GraphRun[] = [...plain, texts.other];
  return all.flatMap(({ recurrences }) => recurrences?.[i] ?? []);
}

function lengthFault(runs: ProbeRuns['plain'], i: number): string | undefined {
  for (const { recurrences, lengths } of runs) {
    const own = recurrences?.[i];
    if (!own) return 'it begins from a state that is not 0, or its tensors cannot be read';
    const { tokens } = sizesOf(own) ?? {};
    if (tokens === undefined) return 'its tensors have other sizes than its heads tell';
    if (lengths.size > 0 && ![...lengths.values()].includes(tokens)) {
      return `it has ${tokens} rows where the text has ${[...lengths.values()].join(' or ')} tokens`;
    }
  }
  return undefined;
}

/**
 * Why row j is not token j: a change of one token must move its query, key and value and none before
 * them. Later ones may move, through what came before in the model or a convolution on the way.
 */
function orderFault({ texts }: ProbeRuns, i: number): string | undefined {
  const faults = [texts, ...(texts.apart ? [texts.apart] : [])].map(({ plain, changed }) =>
    changed.length === 0
      ? 'the text is too short to change single tokens in it'
      : changed.map(run => movedElsewhere(plain, run, i)).find(fault => fault !== undefined),
  );
  // Where attention before it mixes all tokens, the runs without any attention tell.
  return faults.includes(undefined) ? undefined : faults[0];
}

function movedElsewhere(plain: GraphRun, { run, at }: ChangedRun, i: number): string | undefined {
  for (const part of ['query', 'key', 'value'] as const) {
    const first = firstMoved(plain.recurrences?.[i]?.[part], run.recurrences?.[i]?.[part]);
    if (first === at) continue;
    return first < 0
      ? `a change of token ${at} moves no ${part}: its rows are not the text's tokens`
      : `a change of token ${at} moves ${part} ${first} first: its rows are not the text's tokens, or mixed with later ones`;
  }
  return undefined;
}

/** The first row of `[1, rows, width]` that moved; −1 for none. */
function firstMoved(before: Tensor | undefined, after: Tensor | undefined): number {
  if (!before || before.data.length !== after?.data.length) return -1;
  const width = before.dims[2] ?? 1;
  const moved = before.data.map((value, at) => Math.abs((after.data[at] ?? NaN) - value));
  const most = moved.reduce((a, b) => Math.max(a, b), 0);
  const at = moved.findIndex(by => by > ROUNDING * most);
  return at < 0 ? -1 : Math.floor(at / width);
}
