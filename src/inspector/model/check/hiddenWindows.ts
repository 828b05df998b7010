import { maskDistances } from '../../onnx/find/maskDistance';
import type { FoundSite } from '../../onnx/graph/site';
import type { Tensor } from '../../runtime/tensor';
import type { LoadedGraph } from '../graph/loadGraph';
import { readTensors } from '../probe/readTensors';
import type { CheckedSite } from './checkedSites';

/** Masks of longer texts are not computed to look for a window. */
const LARGEST_MASK = 2048;
/** What is added below this blocks. */
const BLOCKED_BELOW = -1e3;
/** Tokens beyond a suspected window. */
const BEYOND = 8;

/**
 * Takes back the suspicion of a window that is longer than the probe, where the part of the graph that
 * makes the mask shows none: not every whole number beside a mask is a distance.
 * @param window that the configuration tells of, which is believed
 * @param most tokens that the model takes
 */
export async function withoutFalseWindows(
  loaded: LoadedGraph,
  sites: readonly CheckedSite[],
  window: number | undefined,
  most: number,
): Promise<CheckedSite[]> {
  const checked: CheckedSite[] = [];
  for (const [i, site] of sites.entries()) {
    const { maskSeenUpTo = 0, ...facts } = site.facts;
    const found = loaded.sites[i];
    const isOpen =
      found?.statedReach !== undefined || maskSeenUpTo === 0 || (window ?? 0) > maskSeenUpTo;
    const isNone = !isOpen && found && (await showsNone(loaded, found, maskSeenUpTo, most));
    checked.push(isNone ? { ...site, facts } : site);
  }
  return checked;
}

async function showsNone(
  loaded: LoadedGraph,
  site: FoundSite,
  seenUpTo: number,
  most: number,
): Promise<boolean> {
  const distances = maskDistances(loaded.analysis, site).filter(far => far > seenUpTo);
  const length = Math.max(...distances) + BEYOND;
  if (length > LARGEST_MASK || length > most) return false;
  try {
    const tensors = await readTensors(loaded, site.biasTensors, length);
    return tensors.every(tensor => !changesBeyond(tensor, seenUpTo));
  } catch {
    // Where the mask cannot be computed by itself, the suspicion stays.
    return false;
  }
}

/** Whether pairs further apart than `seenUpTo` are blocked although nearer ones on the same side are not. */
function changesBeyond({ dims, data }: Tensor, seenUpTo: number): boolean {
  const [queries = 1, keys = 1] = dims.slice(-2);
  if (queries < 2 || keys < 2) return false;
  const isFlag = data.every(value => value === 0 || value === 1);
  const blocks = (value: number) => (isFlag ? value : value < BLOCKED_BELOW ? 1 : 0);
  for (let start = 0; start < data.length; start += queries * keys) {
    for (let query = 0; query < queries; query++) {
      for (const side of [-1, 1]) {
        const near = query + side;
        if (near < 0 || near >= keys) continue;
        const usual = blocks(data[start + query * keys + near] ?? 0);
        for (let key = query + side * (seenUpTo + 1); key >= 0 && key < keys; key += side) {
          if (blocks(data[start + query * keys + key] ?? 0) !== usual) return true;
        }
      }
    }
  }
  return false;
}
