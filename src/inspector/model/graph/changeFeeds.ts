import { EQUAL_POSITIONS } from '../../onnx/rewrite/positionOverride';
import type { ChangeInputs } from '../../onnx/rewrite/instrument';
import * as ort from '../../runtime/ort';
import type { RuntimeTensors } from '../../runtime/session';
import { headScaleFeed, headScaleName, neutralScale } from '../changes/headScale';
import type { Changes } from '../changes/interventions';
import { maskFeeds, type MadeMasks } from '../changes/maskFeeds';
import type { LoadedGraph } from './loadGraph';

/**
 * Feeds of a session's inputs for scales, masks and positions.
 * @param shapes of tensors as they were last seen
 */
export function changeFeeds(
  { sites, analysis }: LoadedGraph,
  shapes: ReadonlyMap<string, readonly number[]>,
  batch: number,
  { scales, masks, equalPositions = [] }: Changes,
  inputs: ChangeInputs,
): RuntimeTensors {
  const feeds: Record<string, ort.Tensor> = {};
  const made: MadeMasks = new Map();
  if (inputs.positions.length) {
    const isEqual = Uint8Array.of(equalPositions.length ? 1 : 0);
    feeds[EQUAL_POSITIONS.name] = new ort.Tensor('bool', isEqual, [1]);
  }
  for (const [i, site] of sites.entries()) {
    const { scalePoint } = site;
    if (site.refusal) continue;
    const scale = scales.get(i);
    const shape = shapes.get(scalePoint.tensor);
    feeds[headScaleName(analysis.index, i, scalePoint)] =
      scale && shape ? headScaleFeed(scalePoint, shape, batch, scale) : neutralScale;
    if (!inputs.masks) continue;
    const rank = shapes.get(site.views.maskedScores?.tensor ?? '')?.length;
    Object.assign(feeds, maskFeeds(analysis.index, site, i, rank, batch, masks.get(i), made));
  }
  return feeds;
}
