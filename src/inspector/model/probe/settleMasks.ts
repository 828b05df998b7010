import { InspectorError } from '../../../protocol/errors';
import type { GraphSession, SiteTensors } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import type { MaskValues } from '../inputs/inputSignature';
import { maskedRows } from '../tensors/maskedRows';
import { plainProbe } from './probe';
import { withOtherTokens } from './probeTexts';

/** Each try is a run: of more inputs than this, the first guess stands for the rest. */
const MOST_TRIED = 32;

/**
 * Finds out which value of each mask leaves the tokens of a made-up text visible: names say so for some,
 * the others, and those after which a query has nothing to read, are tried both ways.
 * @param first what the text gave with the first guess
 * @returns the graph with what was found; the same one where the first guess stands
 */
export async function settleMasks(
  loaded: LoadedGraph,
  session: GraphSession,
  length: number,
  first: readonly SiteTensors[],
): Promise<LoadedGraph> {
  const { signature } = loaded;
  let settled = loaded;
  let masked = count(first);
  let tries = 0;
  for (const [name, values] of signature.values) {
    const isSet = signature.given?.[name] !== undefined;
    if (isSet || (values.known === 'name' && masked === 0)) continue;
    if (++tries > MOST_TRIED) continue;
    const other = withMask(settled, name, swapped(values));
    const tried = await tryMasks(other, session, length);
    if (tried === undefined) continue;
    if (tried < masked) {
      settled = withMask(other, name, { ...swapped(values), known: 'tried' });
      masked = tried;
    } else if (tried > masked) {
      // What hides is the value that was tried: of floats it is 1 then, and not what is added.
      const { visible } = values;
      settled = withMask(settled, name, { visible, hidden: 1 - visible, known: 'tried' });
    } else if (values.known === 'assumed') {
      const guess = withMask(settled, name, neutral(values));
      const isRead = await readsText(guess, session, length);
      settled = isRead
        ? guess
        : withMask(guess, name, { ...swapped(neutral(values)), known: 'tried' });
    }
  }
  return settled;
}

/** Whether other tokens make other queries: a factor of 0 on embeddings leaves nothing of the text. */
async function readsText(
  loaded: LoadedGraph,
  session: GraphSession,
  length: number,
): Promise<boolean> {
  const wanted = { quantities: new Set(['query'] as const), hiddenStates: false, output: false };
  const queries: (SiteTensors['query'] | undefined)[] = [];
  for (const change of ['none', 'all'] as const) {
    const probe = withOtherTokens(plainProbe(loaded, length), loaded, [change]);
    const { sites } = await session.run(probe.feeds, probe.batch, wanted);
    queries.push(sites.find(({ query }) => query)?.query);
  }
  const [one, other] = queries;
  return !one || one.data.some((value, i) => value !== other?.data[i]);
}

/** Neither value hides anything: nobody knows what the input is for. */
function neutral(values: MaskValues): MaskValues {
  return values.visible === 0 ? values : swapped(values);
}

function swapped({ visible, known }: MaskValues): MaskValues {
  return { visible: 1 - visible, hidden: visible, known };
}

/** Queries without a key in a run with these masks; undefined where it fails. */
async function tryMasks(
  loaded: LoadedGraph,
  session: GraphSession,
  length: number,
): Promise<number | undefined> {
  const { feeds, batch } = plainProbe(loaded, length);
  const quantities = new Set(['maskedScores', 'weights'] as const);
  const wanted = { quantities, hiddenStates: false, output: false };
  try {
    return count((await session.run(feeds, batch, wanted)).sites);
  } catch (error) {
    if (error instanceof InspectorError && error.code === 'inputs-wrong') return undefined;
    throw error;
  }
}

/** Queries without a key, or whose weights are no numbers: a factor of 0 makes no mask right. */
function count(sites: readonly SiteTensors[]): number {
  return sites.reduce(
    (sum, site) => sum + Math.max(maskedRows(site)?.masked ?? 0, brokenQueries(site)),
    0,
  );
}

function brokenQueries({ weights }: SiteTensors): number {
  const [, heads = 1, queries = 1, keys = 1] = weights?.dims ?? [];
  const broken = new Set<number>();
  for (const [i, weight] of (weights?.data ?? new Float32Array()).entries()) {
    if (!Number.isNaN(weight)) continue;
    const row = Math.floor(i / keys);
    broken.add(Math.floor(row / (heads * queries)) * queries + (row % queries));
  }
  return broken.size;
}

function withMask(loaded: LoadedGraph, name: string, values: MaskValues): LoadedGraph {
  const all = new Map([...loaded.signature.values, [name, values]]);
  return { ...loaded, signature: { ...loaded.signature, values: all } };
}
