import { InspectorError } from '../../../protocol/errors';
import type { Tensor } from '../../runtime/tensor';
import { noChanges, type Changes } from '../changes/interventions';
import type {
  GraphRun,
  GraphSession,
  SiteTensors,
  StreamTensors,
  Wanted,
} from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import { eachTensor } from '../tensors/recurrence';
import type { Picture } from '../inputs/picture';
import { textLengths } from '../graph/textLengths';
import { evenRows, plainProbe } from './probe';
import { withOtherTokens, type Change } from './probeTexts';

/** A run of the same text with one token changed. */
export interface ChangedRun {
  readonly run: GraphRun;
  readonly at: number;
}

/** What a short text brings back as it is, and with other tokens in it. */
export interface TextRuns {
  readonly plain: GraphRun;
  /** With one token changed. */
  readonly changed: readonly ChangedRun[];
  /** With all tokens changed. */
  readonly other: GraphRun;
  /**
   * The first two with the results of all heads times 0, so that no token moves the stream of another by
   * attention; where a graph has one attention only, and no linear one, these would tell nothing more.
   */
  readonly apart?: Pick<TextRuns, 'plain' | 'changed'>;
}

const rows: Wanted = {
  quantities: new Set(['query', 'key', 'value'] as const),
  hiddenStates: true,
  recurrences: true,
  output: false,
};

/** Runs a short text and its changes: as rows of one run where the graph takes them, else one by one. */
export async function runTexts(
  loaded: LoadedGraph,
  session: GraphSession,
  length: number,
  wanted: Wanted,
): Promise<TextRuns> {
  const all = await runChanged(loaded, session, length, wanted, noChanges, ['all']);
  if (loaded.sites.length < 2 && loaded.recurrences.length === 0) return all;
  const scales = all.plain.sites.flatMap(({ query }, i) =>
    query ? [[i, new Float32Array(query.dims[1] ?? 1)] as const] : [],
  );
  const silenced: Changes = { ...noChanges, scales: new Map(scales) };
  return { ...all, apart: await runChanged(loaded, session, length, rows, silenced, []) };
}

/** @param more changes beside those of one token: the last one is `other` */
async function runChanged(
  loaded: LoadedGraph,
  session: GraphSession,
  length: number,
  wanted: Wanted,
  made: Changes,
  more: readonly Change[],
): Promise<Omit<TextRuns, 'apart'>> {
  const single = plainProbe(loaded, length);
  const { picture } = loaded.signature;
  const places = picture
    ? changedPatches(picture)
    : changedTokens([...textLengths(single.feeds, loaded).values()]);
  const changes: Change[] = ['none', ...places, ...more];
  const together = await runTogether(loaded, session, length, wanted, changes, made);
  const runs = together ?? [];
  for (const change of together ? [] : changes) {
    const { feeds, batch } = withOtherTokens(single, loaded, [change]);
    runs.push(await session.run(feeds, batch, wanted, made));
  }
  const [plain, ...others] = runs;
  const other = runs.at(-1);
  if (!plain || !other) throw new Error('Every text of a probe is run.');
  const ofOne = places.flatMap((at, i) => {
    const run = others[i];
    return run ? [{ run, at }] : [];
  });
  return { plain, changed: ofOne, other };
}

/** All texts as rows of one run; undefined for graphs that take no such number of rows. */
async function runTogether(
  loaded: LoadedGraph,
  session: GraphSession,
  length: number,
  wanted: Wanted,
  changes: readonly Change[],
  made: Changes,
): Promise<GraphRun[] | undefined> {
  const probe = evenRows(loaded, changes.length, length);
  if (!probe) return undefined;
  const { feeds, batch } = withOtherTokens(probe, loaded, changes);
  try {
    const run = await session.run(feeds, batch, wanted, made);
    return changes.map((_, row) => rowOf(run, row, batch));
  } catch (error) {
    if (error instanceof InspectorError && error.code === 'inputs-wrong') return undefined;
    throw error;
  }
}

/** One token near the beginning of every text and one near the end, where they are long enough. */
function changedTokens(lengths: readonly number[]): readonly number[] {
  const shortest = Math.min(...lengths);
  return shortest < 3 ? [] : [...new Set([1, shortest - 2])];
}

/** One patch near the beginning of a picture and one near its end. */
function changedPatches({ patches }: Picture): readonly number[] {
  const tokens = [...patches.keys()].filter(token => patches[token]);
  return [...new Set([tokens[1], tokens.at(-2)])].filter(token => token !== undefined);
}

/** What a run of several rows brought back for one of them. */
function rowOf(run: GraphRun, row: number, rows: number): GraphRun {
  const pick = ({ dims: [first = 1, ...others], data }: Tensor): Tensor => {
    const size = data.length / rows;
    return { dims: [first / rows, ...others], data: data.slice(row * size, (row + 1) * size) };
  };
  const each = <T extends object>(tensors: T): T =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, pick(tensor as Tensor)]),
    ) as T;
  return {
    ...run,
    sites: run.sites.map((site): SiteTensors => each(site)),
    streams: run.streams.map(({ beforeLayers, ...ends }): StreamTensors => ({
      beforeLayers: beforeLayers.map(tensor => tensor && pick(tensor)),
      ...each(ends),
    })),
    ...(run.recurrences
      ? { recurrences: run.recurrences.map(one => one && eachTensor(one, pick)) }
      : {}),
    ...(run.output ? { output: pick(run.output) } : {}),
  };
}
