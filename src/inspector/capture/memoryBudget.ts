import type { AttentionSite } from '../../protocol/model';

/** Weights and softmax inputs are kept, float32 each. */
const BYTES_A_PAIR = 2 * 4;

/** Memory that the maps of all sites would take. */
export function bytesOfMaps(
  sites: readonly AttentionSite[],
  lengthOf: (site: AttentionSite) => { readonly queries: number; readonly keys: number },
): number {
  return sites.reduce((bytes, site) => {
    const { queries, keys } = lengthOf(site);
    return bytes + site.heads * queries * keys * BYTES_A_PAIR;
  }, 0);
}

/** Bytes for people: `3.2 GB`, `512 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${Math.ceil(bytes / 1e6)} MB`;
}
