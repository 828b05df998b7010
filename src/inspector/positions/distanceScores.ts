import { changeOf } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { DistanceScores } from '../../protocol/positions';
import type { HeadOfCapture } from '../../protocol/tiles';
import type { Capture } from '../capture/capture';
import { modelOf } from '../capture/madeWith';
import { checkIndex } from '../capture/mapSource';
import type { SiteCapture } from '../model/run';
import type { ModelStore } from '../store/modelStore';
import { headDistances, type PositionPart } from './headDistances';
import { turnedBack } from './turnedBack';

/**
 * Mean scores of a head by distance, with the position part and without. Of long texts, some queries
 * stand for all.
 * @throws InspectorError `not-captured` where the part cannot be taken away, `inputs-wrong`
 */
export async function distanceScores(
  capture: Capture,
  { stack, kind, layer, head }: HeadOfCapture,
  store: ModelStore,
): Promise<DistanceScores> {
  if (kind === 'cross') {
    throw new InspectorError(
      'inputs-wrong',
      'Queries and keys of cross-attention stand in two sequences, which have no distance between them. Choose a layer of self-attention.',
    );
  }
  const site = capture.siteAt({ stack, kind }, layer);
  checkIndex('head', head, site.site.heads);
  const tokens = site.key?.dims[2] ?? site.weights?.dims[3] ?? 0;
  if (tokens === 1) {
    throw new InspectorError(
      'inputs-wrong',
      'One token has no distance to another. Choose a longer text.',
    );
  }
  if (!site.query || !site.key) {
    throw new InspectorError(
      'not-captured',
      `The queries and keys of layer ${layer} are not in this capture, so its scores by distance cannot be shown. Inspect the text with the model itself to see them.`,
    );
  }
  const { part, method } = await takenAway(capture, site, store);
  return { stack, kind, layer, head, ...(await headDistances(capture, site, head, part)), method };
}

/** How the position part of a site's scores is taken away. */
async function takenAway(
  capture: Capture,
  site: SiteCapture,
  store: ModelStore,
): Promise<{ readonly part: PositionPart; readonly method: string }> {
  if (changeOf(capture.summary, 'equalPositions')) {
    const method = 'Every token of this run was told the same position: both lines are the same.';
    return { part: 'bias', method };
  }
  switch (site.site.positional.kind) {
    case 'relativeBias':
      return {
        part: 'bias',
        method: 'Without: the scores q·k as they are before the model adds its bias.',
      };
    case 'alibi':
      return {
        part: 'alibi',
        method:
          'Without: the scores q·k as they are before the model adds its bias, which counts as 0 for a token and itself.',
      };
    case 'rotary':
      return {
        part: await unrotated(capture, site, store),
        method: 'Without: q·k before the rotation, as if both tokens had the same position.',
      };
    case 'learned':
    case 'sinusoidal': {
      const { query, key } = await capture.equalRuns.of(site);
      if (query && key) {
        return {
          part: { query, key },
          method:
            'Without: q·k of another run, in which every token gets the position of the first one.',
        };
      }
      throw unreadable(site);
    }
    case 'none':
      return { part: 'bias', method: 'This layer is told no positions: both lines are the same.' };
    case 'unknown':
      throw unreadable(site);
  }
}

/** Queries and keys before the rotation: as the graph has them, else turned back by its angles. */
async function unrotated(capture: Capture, site: SiteCapture, store: ModelStore) {
  const { unrotatedQuery: query, unrotatedKey: key } = await capture.detailsOf(site);
  if (query && key) return { query, key };
  const { stack, layer } = site.site;
  const { file } = capture.summary;
  if (file !== undefined) {
    throw new InspectorError(
      'not-captured',
      'A capture file holds no queries and keys from before the rotation. Inspect the text with the model itself to compare scores with and without positions.',
    );
  }
  const opened = await modelOf(capture, store);
  const length = site.query?.dims[2] ?? 1;
  const { layers } = await opened.positions(stack, length, 1);
  const rotation = layers.find(other => other.layer === layer)?.rotation;
  const plain = rotation && turnedBack(site, rotation);
  if (plain) return plain;
  throw unreadable(site);
}

function unreadable({ site: { layer, stack, graph } }: SiteCapture): InspectorError {
  return new InspectorError(
    'not-captured',
    `The scores of ${stack} layer ${layer} cannot be shown without positions: ${graph.operator} does not show where they enter. Choose another export, without fused operators.`,
  );
}
