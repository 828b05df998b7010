import type { AttentionSite, MaskKind, ModelCard, SelfCheck } from '../../protocol/model';
import { maskDistances } from '../onnx/maskDistance';
import type { FoundSite } from '../onnx/site';
import type { GraphRun, SiteTensors } from './graphSession';
import { shortName } from '../shortName';
import { groupSize } from './keyHeads';
import type { LoadedGraph } from './loadGraph';
import { maskKind } from './maskKind';
import { positionalEncoding } from './positionalEncoding';
import { checkSite, worse } from './selfCheck';

/** A site with what its probe runs showed. */
export interface CheckedSite {
  /** All but its place, which depends on the other sites. */
  readonly facts: Omit<AttentionSite, 'stack' | 'layer'>;
  /** Query heads that share a key head in the graph's own, repeated tensors. */
  readonly group: number;
}

/** Probe runs of the same graph, with the scale of each site in each of them. */
export interface ProbeRun {
  readonly run: GraphRun;
  readonly scales: readonly number[];
}

/**
 * Describes and checks every site.
 * @param runs the first one without padding
 * @param outputCheck without the right outputs, no site is to be trusted
 * @param window that the configuration tells of
 * @param notes gets a sentence for each thing that people should know
 */
export function checkSites(
  loaded: LoadedGraph,
  runs: readonly ProbeRun[],
  precision: ModelCard['precision'],
  outputCheck: SelfCheck,
  window: number | undefined,
  notes: string[],
): CheckedSite[] {
  return loaded.sites.map((site, i) => {
    const tensors = runs[0]?.run.sites[i] ?? {};
    const scale = runs[0]?.scales[i] ?? NaN;
    const group = groupSize(tensors.key, tensors.value);
    const stream = loaded.streams.streams.find(({ sites }) => sites.includes(site));
    const firstLayer = stream?.beforeLayers[0];
    const facts: CheckedSite['facts'] = {
      kind: site.isCross ? 'cross' : 'self',
      heads: tensors.query?.dims[1] ?? 0,
      keyHeads: (tensors.key?.dims[1] ?? 0) / group,
      headDim: tensors.query?.dims[3] ?? 0,
      scale,
      ...masking(loaded, site, tensors, window, notes),
      positional: positionalEncoding(loaded.analysis, site, firstLayer, tensors, scale),
      ...(site.softCap === undefined ? {} : { softCap: site.softCap }),
      check: outputCheck.result === 'refused' ? outputCheck : checkRuns(site, i, runs, precision),
      graph: namesOf(site),
    };
    return { facts, group };
  });
}

const bidirectional: MaskKind = { kind: 'bidirectional' };

function masking(
  { analysis }: LoadedGraph,
  site: FoundSite,
  { maskedScores }: SiteTensors,
  window: number | undefined,
  notes: string[],
): Pick<AttentionSite, 'mask' | 'maskSeenUpTo'> {
  if (site.isCross || !maskedScores) return { mask: bidirectional };
  const mask = maskKind(maskedScores);
  if (!mask) {
    notes.push(`The mask of “${shortName(site.node.name)}” follows no pattern that has a name.`);
    return { mask: bidirectional, maskSeenUpTo: 0 };
  }
  const furthest = (maskedScores.dims[3] ?? 1) - 1;
  const distances = [...maskDistances(analysis, site), window ?? 0];
  const mayHide = mask.kind !== 'window' && distances.some(distance => distance > furthest);
  return { mask, ...(mayHide ? { maskSeenUpTo: furthest } : {}) };
}

function checkRuns(
  site: FoundSite,
  i: number,
  runs: readonly ProbeRun[],
  precision: ModelCard['precision'],
): SelfCheck {
  if (site.refusal) return { result: 'refused', reason: site.refusal };
  const scales = runs.map(({ scales }) => scales[i] ?? NaN);
  const [scale = NaN] = scales;
  if (!scales.every(other => Object.is(other, scale))) {
    return { result: 'refused', reason: 'its scale changes with the length of the text' };
  }
  const hasBias = hasHiddenBias(site);
  return runs
    .map(({ run }) => checkSite(run.sites[i] ?? {}, scale, precision, hasBias))
    .reduce(worse);
}

/** Fused operators that return no scores may add a bias of their own to them. */
function hasHiddenBias({ node }: FoundSite): boolean {
  return Boolean(node.inputs[node.operator === 'GroupQueryAttention' ? 10 : 5]);
}

function namesOf(site: FoundSite): AttentionSite['graph'] {
  const { weights, query, key, value } = { ...site.derived?.views, ...site.views };
  return {
    operator: site.operator,
    node: site.node.name,
    ...(weights ? { weights: weights.tensor } : {}),
    ...(query ? { query: query.tensor } : {}),
    ...(key ? { key: key.tensor } : {}),
    ...(value ? { value: value.tensor } : {}),
  };
}
