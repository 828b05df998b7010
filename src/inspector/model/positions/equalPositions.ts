import { InspectorError } from '../../../protocol/errors';
import type { Stack } from '../../../protocol/model';
import { shortened } from '../../files/shortened';
import type { Node } from '../../onnx/file/types';
import { addedToScores } from '../../onnx/find/positionBias';
import { positionTable } from '../../onnx/find/positionTables';
import { rotationTensors } from '../../onnx/find/rotationTensors';
import type { FoundSite } from '../../onnx/graph/site';
import type { PositionPoint } from '../../onnx/rewrite/positionOverride';
import * as ort from '../../runtime/ort';
import type { Tensor } from '../../runtime/tensor';
import { noChanges, type Changes } from '../changes/interventions';
import type { GraphModel } from '../check/graphModel';
import type { SiteTensors } from '../graph/graphSession';
import type { Part } from '../part';
import { plainProbe, type Probe } from '../probe/probe';
import type { RunOptions } from '../run';
import { blockedPairs } from '../tensors/maskKind';
import { isBiased } from './distanceBias';

/** Tokens of the run that shows whether positions still tell anything. */
const PROBE_TOKENS = 9;
/** Rows that differ by no more than this, relative to the largest number, differ by rounding. */
const ROUNDING = { float32: 1e-4, others: 1e-2 };

/** Where each graph's positions enter; found and checked once. */
const known = new WeakMap<GraphModel, Promise<readonly PositionPoint[]>>();

/**
 * The change that makes all tokens of a graph have the same position, where a run asks for it.
 * @throws InspectorError `inputs-wrong` where the graph hides its positions
 */
export async function positionChange(
  part: Part,
  { equalPositions = false }: RunOptions,
): Promise<Pick<Changes, 'equalPositions'>> {
  if (!equalPositions) return {};
  const points = known.get(part.graph) ?? checkedPoints(part);
  known.set(part.graph, points);
  // One that failed is tried again.
  points.catch(() => known.delete(part.graph));
  return { equalPositions: await points };
}

async function checkedPoints(part: Part): Promise<readonly PositionPoint[]> {
  const points = pointsOf(part);
  const teller = await tellsApart(part, points);
  if (teller === undefined) return points;
  throw wrong(
    `“${shortened(teller.name || teller.operator)}” goes on telling its tokens apart by their place, and the graph does not show how`,
  );
}

/** Whether the self-attention of a stack sees no difference between tokens but what they say. */
export async function isToldNothing(part: Part, stack: Stack): Promise<boolean> {
  return (await tellsApart(part, [], stack)) === undefined;
}

/** Every tensor through which positions enter: tables, angles, stored sines, biases. */
function pointsOf({ graph, sites }: Part): readonly PositionPoint[] {
  const { analysis, streams, sites: found } = graph.loaded;
  const points = new Map<string, PositionPoint>();
  const add = (tensor: string, becomes: PositionPoint['becomes']) =>
    points.set(tensor, { tensor, becomes });
  for (const { beforeLayers } of streams.streams) {
    const table = beforeLayers[0] && positionTable(analysis, beforeLayers[0]);
    if (table) add(table.added, 'firstRow');
  }
  for (const [i, site] of found.entries()) {
    if (rotatesInside(site)) {
      throw wrong(
        `its rotary encoding is computed inside ${site.operator}, which shows no vectors without it`,
      );
    }
    if (site.query.rotary || site.key.rotary) {
      const { angles, tables } = rotationTensors(analysis, site);
      for (const tensor of angles) add(tensor, 'zero');
      for (const tensor of tables) add(tensor, 'firstRow');
    }
    const facts = sites[i];
    if (!facts || !isBiased(facts)) continue;
    for (const { tensor } of addedToScores(analysis, site)) add(tensor, 'unbiased');
  }
  return [...points.values()];
}

/**
 * Runs a text of one token over and over: without positions, all its queries are alike in every layer,
 * and so are its keys and its scores. Returns the first self-attention where they are not.
 * @param only the stack to look at; all when absent
 */
async function tellsApart(
  { graph, sites }: Part,
  points: readonly PositionPoint[],
  only?: Stack,
): Promise<Node | undefined> {
  const { loaded, session, precision } = graph;
  const { feeds, batch } = sameTokens(graph);
  const changes: Changes = { ...noChanges, equalPositions: points };
  const quantities = new Set(['query', 'key', 'maskedScores'] as const);
  const run = await session.run(
    feeds,
    batch,
    { quantities, hiddenStates: false, output: false },
    changes,
  );
  const rounding = precision === 'float32' ? ROUNDING.float32 : ROUNDING.others;
  for (const [i, { isCross, refusal, node }] of loaded.sites.entries()) {
    const tensors = run.sites[i];
    const isOther = only !== undefined && sites[i]?.stack !== only;
    if (isCross || isOther || refusal || !tensors || isAlike(tensors, rounding)) continue;
    return node;
  }
  return undefined;
}

/** Operators that rotate are taken apart with the stored sines, which a change does not reach. */
function rotatesInside({ node }: FoundSite): boolean {
  return node.operator === 'GroupQueryAttention' && node.attributes.get('do_rotary')?.int === 1;
}

function wrong(reason: string): InspectorError {
  return new InspectorError(
    'inputs-wrong',
    `The tokens of this model cannot be given equal positions: ${reason}. Choose an export without fused operators, or another model.`,
  );
}

/** A probe whose tokens are all the same. */
function sameTokens({ loaded, maximumPositions = Infinity }: GraphModel): Probe {
  const { signature } = loaded;
  const probe = plainProbe(loaded, Math.min(PROBE_TOKENS, maximumPositions));
  const feeds = { ...probe.feeds };
  for (const [name, { data, dims }] of Object.entries(probe.feeds)) {
    if (signature.roles.get(name) !== 'tokens') continue;
    if (data instanceof BigInt64Array) {
      feeds[name] = new ort.Tensor('int64', data.slice().fill(data[0] ?? 0n), dims);
    } else if (data instanceof Int32Array) {
      feeds[name] = new ort.Tensor('int32', data.slice().fill(data[0] ?? 0), dims);
    }
  }
  return { ...probe, feeds };
}

function isAlike({ query, key, maskedScores }: SiteTensors, rounding: number): boolean {
  if (query && !hasEqualRows(query, rounding)) return false;
  if (key && !hasEqualRows(key, rounding)) return false;
  return !maskedScores || hasEqualScores(maskedScores, rounding);
}

/** `[batch, heads, tokens, headDim]`, the same for all tokens. */
function hasEqualRows({ dims, data }: Tensor, rounding: number): boolean {
  const [, , tokens = 1, width = 1] = dims;
  const limit = rounding * largest(data);
  return data.every((value, i) => {
    const first = i - (Math.floor(i / width) % tokens) * width;
    return Math.abs(value - (data[first] ?? NaN)) <= limit;
  });
}

/** `[batch, heads, queries, keys]`, the same for all pairs of a head that the mask allows. */
function hasEqualScores(scores: Tensor, rounding: number): boolean {
  const { dims, data } = scores;
  const size = (dims[2] ?? 1) * (dims[3] ?? 1);
  const blocked = blockedPairs(scores);
  const limit = rounding * largest(data.filter((_, i) => !blocked[i]));
  for (let start = 0; start < data.length; start += size) {
    const open = data.subarray(start, start + size).filter((_, i) => !blocked[start + i]);
    const [first = 0] = open;
    if (open.some(score => !(Math.abs(score - first) <= limit))) return false;
  }
  return true;
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
}
