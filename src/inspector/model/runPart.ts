import { InspectorError } from '../../protocol/errors';
import { sizeOf, type Tensor } from '../runtime/tensor';
import { completeFeeds } from './feeds';
import type { Part } from './assemble';
import type { Changes, GraphRun, SiteTensors, StreamTensors, Wanted } from './graphSession';
import type { Feed, Feeds } from './instrumentedModel';

/**
 * Runs one graph, several rows at once where it can, else one after the other.
 * @param changes by the index of the graph's site
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
  checkLength(graph.maximumPositions, given, signature.roles);
  if (batch === 1 || !graph.takesOneRow) {
    return session.run(completeFeeds(signature, given), batch, wanted, changes);
  }
  const runs: GraphRun[] = [];
  for (let row = 0; row < batch; row++) {
    const feeds = completeFeeds(signature, rowOf(given, row, batch));
    runs.push(await session.run(feeds, 1, wanted, changes));
  }
  return joined(runs);
}

function batchOf(given: Feeds, roles: ReadonlyMap<string, string>): number {
  const text = Object.entries(given).find(([name]) =>
    ['tokens', 'hidden'].includes(roles.get(name) ?? ''),
  );
  return text?.[1].dims[0] ?? 1;
}

function checkLength(
  maximum: number | undefined,
  given: Feeds,
  roles: ReadonlyMap<string, string>,
): void {
  for (const [name, { dims }] of Object.entries(given)) {
    const length = dims[1] ?? 0;
    if (roles.get(name) !== 'tokens' || maximum === undefined || length <= maximum) continue;
    throw new InspectorError(
      'inputs-wrong',
      `The text has ${length} tokens, but this model has room for ${maximum}: use a shorter text.`,
    );
  }
}

function rowOf(given: Feeds, row: number, batch: number): Feeds {
  const rows = Object.entries(given).map(([name, { dims, data }]): [string, Feed] => {
    if (dims[0] !== batch) return [name, { dims, data }];
    const size = sizeOf(dims.slice(1));
    const part = data.slice(row * size, (row + 1) * size);
    return [name, { dims: [1, ...dims.slice(1)], data: part }];
  });
  return Object.fromEntries(rows);
}

/** Puts runs of one row each together as one run. */
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
    scales: first.scales,
    lengths: new Map(),
    hasPast: first.hasPast,
    milliseconds: runs.reduce((sum, run) => sum + run.milliseconds, 0),
  };
}

function concatenated(rows: readonly (Tensor | undefined)[]): Tensor | undefined {
  const [first] = rows;
  if (!first || !rows.every(row => row !== undefined)) return undefined;
  const data = new Float32Array(rows.length * first.data.length);
  for (const [i, row] of rows.entries()) data.set(row.data, i * first.data.length);
  return { dims: [rows.length, ...first.dims.slice(1)], data };
}
