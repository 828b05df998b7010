import type { CaptureSummary } from '../../../src/protocol/capture';
import { InspectorError } from '../../../src/protocol/errors';
import type { ReadApi } from '../../../src/protocol/methods';
import {
  STATE_PARTS,
  type PatchMaps,
  type PatchPart,
  type PatchRow,
} from '../../../src/protocol/patching';
import type { Cancellation, Params } from '../../../src/protocol/rpc';
import { noise } from './syntheticLayers';

const isOfTokens = (part: PatchPart): boolean => STATE_PARTS.some(one => one === part);

/** The share of a cell: token 3 carries all until layer 4, when head L4H0 brings it to the last token. */
function shareAt(part: PatchPart, layer: number, column: number, last: number): number {
  const quiet = (noise(layer, column, part.length) - 0.5) * 0.06;
  if (part === 'residual' && column === 3) return layer < 5 ? 1 - 0.01 * layer : 0.3;
  if (part === 'residual' && column === last) return layer < 5 ? 0.02 * layer : 0.62;
  if (part === 'residual' && column === 7) return -0.4;
  if (part === 'headOutput' && layer === 4 && column === 0) return 0.45;
  if (part === 'weights' && layer === 4 && column === 0) return -0.08;
  return quiet;
}

/**
 * Patch maps of made-up numbers, the last layer first.
 * @param mayGoOn whether a row of this number may be answered by now; asked until it may
 */
export async function syntheticPatches(
  { model, tokens }: CaptureSummary,
  { parts }: Params<ReadApi, 'patching'>,
  mayGoOn: (row: number) => boolean,
  signal: Cancellation,
  progress: (row: PatchRow) => void,
): Promise<PatchMaps> {
  const sites = model.sites.filter(({ kind }) => kind === 'self');
  const columns = tokens[model.stacks.at(-1) ?? 'decoder']?.length ?? 0;
  const rows: PatchRow[] = [];
  for (let layer = sites.length - 1; layer >= 0; layer--) {
    for (const part of parts) {
      while (!mayGoOn(rows.length)) {
        if (signal.aborted) throw new InspectorError('cancelled', 'Cancelled.');
        await new Promise(resolve => setTimeout(resolve, 5));
      }
      const count = isOfTokens(part) ? columns : (sites[layer]?.heads ?? 0);
      const shares = Float32Array.from({ length: count }, (_, column) =>
        shareAt(part, layer, column, columns - 1),
      );
      const row = { part, layer, shares };
      rows.push(row);
      progress(row);
    }
  }
  return {
    ofA: 2.68,
    ofB: -2.47,
    rows,
    missing: [],
    patches: rows.reduce((sum, { shares }) => sum + shares.length, 0),
    batches: rows.length,
    milliseconds: 123,
  };
}
