import { InspectorError } from '../../../protocol/errors';
import type { AttentionSite, ModelCard } from '../../../protocol/model';
import type { PositionPoint } from '../../onnx/rewrite/positionOverride';
import { Edge, type Intervention, type PointStep, type SiteMask } from '../run';

/** Changes to the computation, by the index of the site. */
export interface Changes {
  /** Factors per head `[heads]`. */
  readonly scales: ReadonlyMap<number, Float32Array>;
  readonly masks: ReadonlyMap<number, SiteMask>;
  /** Every place where the graph's positions enter, where all tokens are to have the same one. */
  readonly equalPositions?: readonly PositionPoint[];
  /** Changes to the numbers of points, by their place among the graph's points. */
  readonly points?: ReadonlyMap<number, readonly PointStep[]>;
}

/** A run as the model is. */
export const noChanges: Changes = { scales: new Map(), masks: new Map() };

/**
 * Checks interventions and picks those for the `count` sites from `first` on, by their index in the
 * graph.
 * @throws InspectorError `inputs-wrong`
 */
export function changesOf(
  card: ModelCard,
  interventions: readonly Intervention[],
  first: number,
  count: number,
): Changes {
  const scales = new Map<number, Float32Array>();
  const masks = new Map<number, SiteMask>();
  for (const { site: index, headScale, mask } of interventions) {
    const site = card.sites[index];
    if (!site) throw wrong(`There is no attention ${index}: the model has ${card.sites.length}.`);
    const inGraph = index - first;
    if (inGraph < 0 || inGraph >= count) continue;
    if (headScale) {
      if (headScale.length !== site.heads) {
        throw wrong(
          `Attention ${index} has ${site.heads} heads, not ${headScale.length}: give one factor for each.`,
        );
      }
      scales.set(inGraph, headScale);
    }
    if (mask) masks.set(inGraph, siteMask(index, site, mask));
  }
  return { scales, masks };
}

function siteMask(index: number, site: AttentionSite, { edges, dims }: SiteMask): SiteMask {
  if (site.graph.operator !== 'Softmax' && site.graph.operator !== 'spelled-out softmax') {
    throw wrong(
      `The mask of attention ${index} cannot be changed: the model computes it inside ${site.graph.operator}. Its heads can be scaled.`,
    );
  }
  const [heads, queries, keys] = dims;
  if ((heads !== 1 && heads !== site.heads) || heads * queries * keys !== edges.length) {
    throw wrong(
      `The mask of attention ${index} has shape [${dims.join(', ')}] with ${edges.length} values: give [1 or ${site.heads}, queries, keys].`,
    );
  }
  for (let row = 0; row < heads * queries; row++) {
    const isEmpty = edges.subarray(row * keys, (row + 1) * keys).every(edge => edge === Edge.block);
    if (isEmpty) {
      throw wrong(
        `The mask of attention ${index} leaves query ${row % queries} nothing to attend to: leave it at least one key.`,
      );
    }
  }
  return { edges, dims };
}

function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
