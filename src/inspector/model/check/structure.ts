import type { FoundSite } from '../../onnx/graph/site';
import type { GraphRun } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';

/** Rows and columns that a map must have. */
interface MapSize {
  readonly queries: number | undefined;
  readonly keys: number | undefined;
}

/**
 * Why the map of a site is no map of the text's tokens, told from runs of two lengths: rows and columns
 * are as many as tokens, and the heads are as many whatever the length.
 */
export function structureFault(
  loaded: LoadedGraph,
  site: FoundSite,
  i: number,
  runs: readonly GraphRun[],
): string | undefined {
  const seen = runs.flatMap(run => {
    const dims = run.sites[i]?.weights?.dims;
    if (!dims) return [];
    const [, heads = 0, queries = 0, keys = 0] = dims;
    return [{ heads, queries, keys, of: expectedSize(loaded, site, run) }];
  });
  const [first, ...others] = seen;
  if (!first) return undefined;
  const isJoined = others.some(
    ({ heads, queries, of }) =>
      heads < first.heads && heads * queries === first.heads * (of.queries ?? NaN),
  );
  if (isJoined) {
    return 'it runs the texts of one batch into one: its rows and columns are the tokens of all of them';
  }
  const isSteady = others.every(({ heads }) => heads === first.heads);
  if (!isSteady && seen.every(({ heads, of }) => heads === of.queries)) {
    return 'it has a head for every token, and its rows are its heads: each token reads itself only, as where heads and tokens were not transposed';
  }
  if (!isSteady) {
    return `its heads change with the length of the text (${seen.map(({ heads }) => heads).join(', then ')}): its maps are blocks of the text, not the text`;
  }
  return rowFault(seen) ?? keyFault(seen);
}

type Seen = MapSize & { readonly of: MapSize };

function rowFault(seen: readonly Seen[]): string | undefined {
  const wrong = seen.find(({ queries, of }) => of.queries !== undefined && queries !== of.queries);
  if (!wrong) return undefined;
  if (isConstant(seen.map(({ queries }) => queries)) && seen.length > 1) {
    return `its map has ${wrong.queries} rows however long the text is: its rows are not the text's tokens`;
  }
  const more = extra(seen.map(({ queries, of }) => [queries, of.queries]));
  return more > 0
    ? `${more} of its rows and columns are no tokens (learned vectors beside the text)`
    : `its map has ${wrong.queries} rows for ${wrong.of.queries} tokens: its rows are not the text's tokens`;
}

function keyFault(seen: readonly Seen[]): string | undefined {
  const wrong = seen.find(({ keys, of }) => of.keys !== undefined && keys !== of.keys);
  if (!wrong) return undefined;
  if (isConstant(seen.map(({ keys }) => keys)) && seen.length > 1) {
    return `it has ${wrong.keys} keys however long the text is (projected along the text): its keys are not the text's tokens`;
  }
  const more = extra(seen.map(({ keys, of }) => [keys, of.keys]));
  return more > 0
    ? `${more} of its keys are no tokens (learned, prefix or bias keys)`
    : `it has ${wrong.keys} keys for ${wrong.of.keys} tokens (pooled, or blocks of the text): its keys are not the text's tokens`;
}

/** How many more there are than expected, if that is the same at every length; 0 otherwise. */
function extra(pairs: readonly (readonly [number | undefined, number | undefined])[]): number {
  const [first = 0, ...others] = pairs.map(([found = 0, wanted = 0]) => found - wanted);
  return first > 0 && others.every(more => more === first) ? first : 0;
}

function isConstant(values: readonly (number | undefined)[]): boolean {
  return values.every(value => value === values[0]);
}

/**
 * Rows and columns that the map of a site has to have in a run; undefined where several texts run into one,
 * or where keys of earlier runs were given.
 */
export function expectedSize(
  { lineage, streams }: LoadedGraph,
  site: FoundSite,
  { lengths, hasPast }: Pick<GraphRun, 'lengths' | 'hasPast'>,
): MapSize {
  const stream = streams.streams.find(({ sites }) => sites.includes(site));
  // Later layers went through cross-attention and depend on both texts.
  const own = stream?.sites.find(({ isCross }) => !isCross) ?? site;
  const lengthOf = (tensors: Iterable<string>) => {
    const found = new Set(lineage.named(lineage.textsOf(tensors)).map(name => lengths.get(name)));
    return found.size === 1 ? [...found][0] : undefined;
  };
  const queries = lengthOf(own.query.sources);
  const keys = site.isCross ? lengthOf(site.key.sources) : queries;
  return { queries, keys: hasPast ? undefined : keys };
}
