import type { Evidence } from '../../protocol/findings';
import type { AttentionSite } from '../../protocol/model';
import type { SiteCapture } from '../model/run';

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
function layerName({ kind, layer }: Pick<AttentionSite, 'kind' | 'layer'>): string {
  return kind === 'cross' ? `L${layer} cross` : `L${layer}`;
}
