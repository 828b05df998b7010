import { InspectorError } from '../../protocol/errors';
import { isRead } from '../onnx/graph/inputRoles';
import { sizeOf, type Tensor } from '../runtime/tensor';
import type { Changes } from './changes/interventions';
import { filledStep, stepOfRows } from './changes/pointRows';
import { filledMask, filledUp, withoutFilling, wrongLength } from './fixedShape';
import type { Decision } from './graph/decision';
import type { LoadedGraph } from './graph/loadGraph';
import type { GraphRun, SiteTensors, StreamTensors, Wanted } from './graph/graphSession';
import { elementsAt } from './inputs/elementsAt';
import { completeFeeds } from './inputs/feeds';
import type { InputSignature } from './inputs/inputSignature';
import type { Picture } from './inputs/picture';
import type { Part } from './part';
import { rowsOf } from './probe/probe';
import type { Feed, Feeds, PointStep, Recurrence } from './run';

/**
 * Runs one graph on texts of one length: several at once where it can, else as many as it takes. A text
 * that is shorter than the only length that the graph takes is filled up, and the answer cut to it.
 * @param changes by the index of the graph's site
 * @throws InspectorError `inputs-wrong`, `vocabulary-mismatch`, `out-of-memory`
 */
export async function runPart(
  { graph }: Part,
  given: Feeds,
  wanted: Wanted,
  changes: Changes,
): Promise<GraphRun> {
  const { loaded, session } = graph;
  const { signature } = loaded;
  const batch = batchOf(given, signature.roles);
  if (signature.picture) checkPicture(signature.picture, given);
  else checkLength(graph.maximumPositions, given, signature);
  const { feeds, cut } = filledUp(signature, given);
  const maps = mapPoints(loaded);
  const filled = cut ? filledChanges(changes, cut.of, maps) : changes;
  const atOnce = rowsOf(signature) ?? (graph.takesOneRow ? 1 : batch);
  const runs: GraphRun[] = [];
  for (let row = 0; row < batch; row += atOnce) {
    const taken = Math.min(atOnce, batch - row);
    // A graph that takes a number of texts gets the last one as often as it takes.
    const rows = Array.from({ length: atOnce }, (_, i) => row + Math.min(i, taken - 1));
    const some = atOnce === batch ? feeds : rowsAt(signature, feeds, rows, batch);
    const own = atOnce === batch ? filled : changesOfRows(filled, rows);
    const run = await session.run(completeFeeds(signature, some), atOnce, wanted, own);
    runs.push(withoutFilling(run, { taken, of: atOnce }, cut, maps));
  }
  const [only] = runs;
  return runs.length === 1 && only ? only : joined(runs);
}

/** Points whose numbers are one for each pair of tokens. */
function mapPoints({ points }: LoadedGraph): ReadonlySet<number> {
  const isMap = new Set<string>(['maskedScores', 'weights']);
  return new Set(points.found.flatMap(({ point }, i) => (isMap.has(point) ? [i] : [])));
}

function filledChanges(changes: Changes, of: number, maps: ReadonlySet<number>): Changes {
  const masks = [...changes.masks].map(([site, mask]) => [site, filledMask(mask, of)] as const);
  return {
    ...changes,
    masks: new Map(masks),
    ...eachStep(changes, (step, point) => filledStep(step, of, maps.has(point))),
  };
}

function changesOfRows(changes: Changes, rows: readonly number[]): Changes {
  return { ...changes, ...eachStep(changes, step => stepOfRows(step, rows)) };
}

function eachStep(
  { points }: Changes,
  take: (step: PointStep, point: number) => PointStep,
): Partial<Changes> {
  if (!points) return {};
  const taken = [...points].map(
    ([point, steps]) => [point, steps.map(step => take(step, point))] as const,
  );
  return { points: new Map(taken) };
}

function batchOf(given: Feeds, roles: InputSignature['roles']): number {
  const text = Object.entries(given).find(([name]) => isRead(roles.get(name)));
  return text?.[1].dims[0] ?? 1;
}

function checkLength(
  maximum: number | undefined,
  given: Feeds,
  { roles, lengths }: InputSignature,
): void {
  for (const [name, { dims }] of Object.entries(given)) {
    const length = dims[1] ?? 0;
    const only = lengths.get(name);
    if (only !== undefined && length > only) throw wrongLength(only, length);
    const mayBeLonger = only !== undefined || maximum === undefined || length <= maximum;
    if (roles.get(name) !== 'tokens' || mayBeLonger) continue;
    throw new InspectorError(
      'inputs-wrong',
      `The text has ${length} tokens, but this model has room for ${maximum}: use a shorter text.`,
    );
  }
}

/** Which token is which patch was found for pictures of one size. */
function checkPicture({ name, dims }: Picture, given: Feeds): void {
  const own = given[name]?.dims.slice(1) ?? [];
  if (own.join() === dims.join()) return;
  throw new InspectorError(
    'inputs-wrong',
    `The model was opened for pictures of [${dims.join(', ')}], not [${own.join(', ')}]: open it again for those.`,
  );
}

/** Some rows of feeds of `batch` rows; what does not have as many is for all of them. */
function rowsAt(
  { inputs }: InputSignature,
  given: Feeds,
  rows: readonly number[],
  batch: number,
): Feeds {
  const some = Object.entries(given).map(([name, feed]): [string, Feed] => {
    const { dims, data } = feed;
    const isFixed = inputs.find(input => input.name === name)?.dims?.[0] === batch;
    if (dims[0] !== batch || (isFixed && rows.length !== batch)) return [name, feed];
    const size = sizeOf(dims.slice(1));
    const at = (i: number) => (rows[Math.floor(i / size)] ?? 0) * size + (i % size);
    const part = elementsAt(data, rows.length * size, at);
    return [name, { dims: [rows.length, ...dims.slice(1)], data: part }];
  });
  return Object.fromEntries(some);
}

/** Puts runs of some rows each together as one run. */
function joined(runs: readonly GraphRun[]): GraphRun {
  const [first] = runs;
  if (!first)
    throw new InspectorError('inputs-wrong', 'The inputs have no rows: give at least one.');
  const quantities = (i: number) => Object.keys(first.sites[i] ?? {}) as (keyof SiteTensors)[];
  const join = (pick: (run: GraphRun) => Tensor | undefined) => concatenated(runs.map(pick));
  const optional = <K extends string>(name: K, tensor: Tensor | undefined) =>
    (tensor ? { [name]: tensor } : {}) as { readonly [N in K]?: Tensor };
  return {
    sites: first.sites.map(
      (_, i): SiteTensors =>
        Object.assign(
          {},
          ...quantities(i).map(q =>
            optional(
              q,
              join(run => run.sites[i]?.[q]),
            ),
          ),
        ) as SiteTensors,
    ),
    streams: first.streams.map((stream, i): StreamTensors => ({
      beforeLayers: stream.beforeLayers.map((_, layer) =>
        join(run => run.streams[i]?.beforeLayers[layer]),
      ),
      ...optional(
        'residual',
        join(run => run.streams[i]?.residual),
      ),
      ...optional(
        'normed',
        join(run => run.streams[i]?.normed),
      ),
    })),
    ...optional(
      'output',
      join(run => run.output),
    ),
    ...(first.points ? { points: joinedPoints(runs) } : {}),
    ...(first.experts ? { experts: joinedDecisions(runs) } : {}),
    ...(first.recurrences ? { recurrences: joinedRecurrences(runs) } : {}),
    scales: first.scales,
    lengths: first.lengths,
    hasPast: first.hasPast,
    milliseconds: runs.reduce((sum, run) => sum + run.milliseconds, 0),
  };
}

function joinedPoints(runs: readonly GraphRun[]): ReadonlyMap<number, Tensor> {
  return new Map(
    [...(runs[0]?.points?.keys() ?? [])].flatMap(point => {
      const tensor = concatenated(runs.map(run => run.points?.get(point)));
      return tensor ? [[point, tensor] as const] : [];
    }),
  );
}

/** What each router decided in runs of some rows each; undefined where one of them does not show it. */
function joinedDecisions(runs: readonly GraphRun[]): readonly (Decision | undefined)[] {
  return (runs[0]?.experts ?? []).map((decision, i) => {
    const each = runs.map(run => run.experts?.[i]);
    const chosen = concatenated(each.map(one => one?.chosen));
    const weights = concatenated(each.map(one => one?.weights));
    return decision && chosen && weights ? { ...decision, chosen, weights } : undefined;
  });
}

/** What each linear attention computed in runs of some rows each; undefined where one does not show it. */
function joinedRecurrences(runs: readonly GraphRun[]): readonly (Recurrence | undefined)[] {
  return (runs[0]?.recurrences ?? []).map((first, i) => {
    const each = runs.map(run => run.recurrences?.[i]);
    const parts = ['query', 'key', 'value', 'output', 'decay', 'beta', 'step'] as const;
    const joined = parts.map(part => [part, concatenated(each.map(one => one?.[part]))] as const);
    const isWhole = each.every(one => one !== undefined);
    return first && isWhole
      ? { ...first, ...Object.fromEntries(joined.filter(([, all]) => all)) }
      : undefined;
  });
}

function concatenated(rows: readonly (Tensor | undefined)[]): Tensor | undefined {
  const [first] = rows;
  if (!first || !rows.every(row => row !== undefined)) return undefined;
  const data = new Float32Array(rows.reduce((sum, row) => sum + row.data.length, 0));
  let at = 0;
  for (const row of rows) {
    data.set(row.data, at);
    at += row.data.length;
  }
  const batch = rows.reduce((sum, { dims }) => sum + (dims[0] ?? 0), 0);
  return { dims: [batch, ...first.dims.slice(1)], data };
}
