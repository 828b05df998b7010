import type { Evidence, FindingPlace } from '../../protocol/findings';
import type { AttentionSite } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import type { SiteCapture } from '../model/run';
import type { Detail, Subject } from './rule';

/** Most tokens that a map of a finding has on either side. */
const MOST_TOKENS = 64;

/** What a map shows of an attention. */
interface MapOf {
  readonly row?: number;
  readonly head: number;
  /** Texts of the tokens, all of them. */
  readonly queries: readonly string[];
  readonly keys: readonly string[];
  /** Keys are cut at their beginning, where the fault is at their end. */
  readonly showsLastKeys?: boolean;
  /** What is framed, as “padding”. */
  readonly framed: string;
  readonly isFramed: (query: number, key: number) => boolean;
}

/** The weights of one head as proof, with the pairs framed in which the fault shows. */
export function mapEvidence({ site, weights }: SiteCapture, of: MapOf): Evidence {
  const { row = 0, head, framed, isFramed } = of;
  const [, heads = 1, queries = 0, keys = 0] = weights?.dims ?? [];
  const [rows, columns] = [Math.min(queries, MOST_TOKENS), Math.min(keys, MOST_TOKENS)];
  const firstKey = of.showsLastKeys ? keys - columns : 0;
  const start = (row * heads + head) * queries * keys;
  const place = (i: number) => [Math.floor(i / columns), firstKey + (i % columns)] as const;
  const count = rows * columns;
  return {
    kind: 'map',
    title: `${layerName(site)} H${head}, weights; framed: ${framed}`,
    queries: of.queries.slice(0, rows),
    keys: of.keys.slice(firstKey, firstKey + columns),
    weights: Float32Array.from({ length: count }, (_, i) => {
      const [query, key] = place(i);
      return weights?.data[start + query * keys + key] ?? NaN;
    }),
    framed: Uint8Array.from({ length: count }, (_, i) => Number(isFramed(...place(i)))),
  };
}

/** A number of each layer as bars, the wrong ones marked. */
export function layerBars(
  title: string,
  layers: readonly {
    readonly site: Pick<AttentionSite, 'stack' | 'kind' | 'layer'>;
    readonly value: number;
    readonly isWrong: boolean;
  }[],
): Evidence {
  const isMixed = new Set(layers.map(({ site }) => site.stack)).size > 1;
  const rows = layers.map(({ site, value, isWrong }) => ({
    name: isMixed && site.kind === 'self' ? `${site.stack} ${layerName(site)}` : layerName(site),
    value,
    isWrong,
  }));
  return { kind: 'bars', title, rows };
}

/** What people call an attention beside its map: `L3`, `L3 cross`. */
export function layerName({ kind, layer }: Pick<AttentionSite, 'kind' | 'layer'>): string {
  return kind === 'cross' ? `L${layer} cross` : `L${layer}`;
}

type Bar = Extract<Evidence, { readonly kind: 'bars' }>['rows'][number];

/** A figure of bars, one a layer, a head or a token. */
export function bars(title: string, rows: readonly Bar[]): Evidence {
  return { kind: 'bars', title, rows };
}

/**
 * The weights of one head in the run of the text.
 * @param isFramed where the fault shows
 */
export function mapOf(
  subject: Subject,
  capture: SiteCapture,
  head: number,
  framed: string,
  isFramed: (query: number, key: number) => boolean = () => false,
): Evidence {
  const { queries, keys } = tokensOf(subject, capture.site);
  return mapEvidence(capture, {
    head,
    queries: queries.map(nameOf),
    keys: keys.map(nameOf),
    framed,
    isFramed,
  });
}

/** What a token is called in evidence; special ones stand for no text. */
export const nameOf = ({ text, token }: Token): string => text || token;

/** The place of a site. */
export function placeOf({ stack, kind, layer }: AttentionSite, head?: number): FindingPlace {
  return {
    stack,
    ...(kind === 'cross' ? { kind } : {}),
    layer,
    ...(head === undefined ? {} : { head }),
  };
}

/** The graph, at the node that computes the weights of a site. */
export function nodeOf({
  graph: { node, operator },
}: AttentionSite): Pick<Detail, 'file' | 'node'> {
  return { file: 'graph', ...(node === '' ? {} : { node: { name: node, operator } }) };
}

/** What the queries and keys of a site are called. */
export function tokensOf(
  { runs: { tokens, stack } }: Subject,
  site: AttentionSite,
): { readonly queries: readonly Token[]; readonly keys: readonly Token[] } {
  const queries = tokens[site.stack] ?? tokens[stack] ?? [];
  return { queries, keys: site.kind === 'cross' ? (tokens.encoder ?? []) : queries };
}
