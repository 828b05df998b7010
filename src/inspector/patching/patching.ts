import { layerCount, type Stack } from '../../protocol/model';
import type { PatchMaps, PatchPart, PatchRow } from '../../protocol/patching';
import type { Cancellation } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import { outputStack } from '../capture/outputs';
import type { ModelStore } from '../store/modelStore';
import { patchMaps } from './patchMaps';
import { heeding } from './plainText';
import { sidesOf, type SidesChoice } from './sides';

/** What is patched, and what is measured. */
export interface PatchingParams extends SidesChoice {
  readonly parts: readonly PatchPart[];
  /** Of the output when absent. */
  readonly stack?: Stack;
  /** `self` when absent. */
  readonly kind?: 'self' | 'cross';
}

/**
 * What putting one state at a time of a run into another brings back of the difference of their outputs.
 * @param progress receives `PatchRow`s, those of the last layer first
 * @param signal is looked at before every call of the runtime
 * @throws InspectorError `inputs-wrong`, `not-captured`, `cancelled`
 */
export async function patching(
  { before, after }: { readonly before: Capture; readonly after: Capture },
  params: PatchingParams,
  store: ModelStore,
  progress: (row: PatchRow) => void,
  signal: Cancellation,
): Promise<PatchMaps> {
  const heed = heeding('Patching', signal);
  const sides = await sidesOf(before, after, params, store, heed, params.parts);
  const { parts, stack = outputStack(before), kind = 'self' } = params;
  const { model } = before.summary;
  const keyHeads = (layer: number) =>
    model.sites.find(site => site.stack === stack && site.kind === kind && site.layer === layer)
      ?.keyHeads;
  const tokens = before.summary.tokens[stack]?.length ?? 0;
  const layers = layerCount(model, stack);
  const choice = { parts: [...new Set(parts)], stack, kind, layers, tokens, keyHeads };
  return sides.pieces.during(() => patchMaps(sides, choice, progress, heed));
}
