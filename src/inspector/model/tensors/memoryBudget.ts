import type { AttentionSite } from '../../../protocol/model';
import type { Tensor } from '../../runtime/tensor';
import type { ModelRun, SiteCapture } from '../run';

/** Bytes that captures may take where nobody chose another number. */
export const MEMORY_BUDGET = 2e9;

/** Weights and softmax inputs are kept, float32 each. */
const BYTES_A_PAIR = 2 * 4;

/** What grows with the square of the length. */
const MAPS: ReadonlySet<string> = new Set(['weights', 'maskedScores', 'scores']);

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

/** Memory that the tensors of runs take together; memory that several share counts once. */
export function bytesOfRun(runs: readonly ModelRun[]): number {
  const buffers = new Set(runs.flatMap(tensorsOf).map(({ data }) => data.buffer));
  return [...buffers].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
}

function tensorsOf({ sites, hiddenStates, lastResidual, logits }: ModelRun): readonly Tensor[] {
  return [
    ...sites.flatMap(capture => Object.values(capture).filter(isTensor)),
    ...Object.values(hiddenStates).flat(),
    ...Object.values(lastResidual),
    ...(logits ? [logits] : []),
  ];
}

function isTensor(value: SiteCapture[keyof SiteCapture]): value is Tensor {
  return value !== undefined && 'data' in value;
}

/** The run without the maps that can be computed again, where query and key tell how large they are. */
export function withoutMaps(run: ModelRun): ModelRun {
  const sites = run.sites.map((capture): SiteCapture => {
    if (!capture.query || !capture.key) return capture;
    const parts = Object.entries(capture).filter(([name]) => !MAPS.has(name));
    return Object.fromEntries(parts) as unknown as SiteCapture;
  });
  return { ...run, sites };
}

/** Bytes for people: `3.2 GB`, `512 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${Math.ceil(bytes / 1e6)} MB`;
}
