import type { AttentionSite, MaskKind, ModelCard, SelfCheck } from '../../../protocol/model';
import { maskDistances, statedWindow } from '../../onnx/find/maskDistance';
import { shortName } from '../../onnx/graph/nodeLabel';
import type { FoundSite } from '../../onnx/graph/site';
import { dotProducts } from '../../runtime/dotProducts';
import type { GraphRun, SiteTensors } from '../graph/graphSession';
import type { LoadedGraph } from '../graph/loadGraph';
import type { ProbeRuns } from '../probe/probeRuns';
import { gateError } from '../tensors/gate';
import { groupSize } from '../tensors/keyHeads';
import { maskKind } from '../tensors/maskKind';
import { countOf } from '../tensors/nonNumbers';
import { positionalEncoding } from './positionalEncoding';
import { scoreTerms } from './scoreTerms';
import { checkSite, judge, worse } from './selfCheck';
import { structureFault } from './structure';
import { orderFault } from './tokenOrder';

/** A site with what its probe runs showed. */
export interface CheckedSite {
  /** All but its place, which depends on the other sites. */
  readonly facts: Omit<AttentionSite, 'stack' | 'layer'>;
  /** Query heads that share a key head in the graph's own, repeated tensors. */
  readonly group: number;
}

/**
 * Describes and checks every site.
 * @param outputCheck without the right outputs, no site is to be trusted
 * @param window that the configuration tells of
 * @param notes gets a sentence for each thing that people should know
 */
export function checkSites(
  loaded: LoadedGraph,
  runs: ProbeRuns,
  precision: ModelCard['precision'],
  outputCheck: SelfCheck,
  window: number | undefined,
  notes: string[],
): CheckedSite[] {
  const [run] = runs.plain;
  return loaded.sites.map((site, i) => {
    const tensors = run.sites[i] ?? {};
    const scale = run.scales[i] ?? NaN;
    const group = groupSize(tensors.key, tensors.value);
    const stream = loaded.streams.streams.find(({ sites }) => sites.includes(site));
    const firstLayer = stream?.beforeLayers[0];
    const isShown = site.refusal === undefined;
    const source = loaded.sources[i];
    const facts: CheckedSite['facts'] = {
      kind: site.isCross ? 'cross' : 'self',
      heads: tensors.query?.dims[1] ?? 0,
      keyHeads: (tensors.key?.dims[1] ?? 0) / group,
      headDim: tensors.query?.dims[3] ?? 0,
      scale,
      ...(isShown ? masking(loaded, site, tensors, scale, window, notes) : { mask: bidirectional }),
      positional: isShown
        ? positionalEncoding(loaded.analysis, site, firstLayer, tensors, scale)
        : { kind: 'unknown' },
      ...(site.softCap === undefined ? {} : { softCap: site.softCap }),
      ...(site.sink && isShown ? { sink: site.sink } : {}),
      ...(isShown ? gateOf(site, tensors, runs, i, precision, notes) : {}),
      check:
        outputCheck.result === 'refused'
          ? outputCheck
          : checkRuns(loaded, site, i, runs, precision, notes),
      graph: namesOf(site),
      ...(source ? { source } : {}),
    };
    return { facts, group };
  });
}

/** What multiplies the head outputs before W_O, where the probes bear it out. */
function gateOf(
  site: FoundSite,
  { gate, headOutput }: SiteTensors,
  { plain }: ProbeRuns,
  i: number,
  precision: ModelCard['precision'],
  notes: string[],
): Pick<AttentionSite, 'gate'> {
  if (!site.gate) return {};
  const worst = Math.max(...plain.map(({ sites }) => gateError(sites[i] ?? {})));
  const check = judge(worst, precision, 'what comes of it and its product with the head outputs');
  if (gate && check.result !== 'refused') {
    const isOfHead = gate.dims[3] === 1 && headOutput?.dims[3] !== 1;
    return { gate: isOfHead ? 'eachHead' : 'eachNumber' };
  }
  const reason =
    check.result === 'refused' && Number.isFinite(worst)
      ? check.reason
      : 'it has neither a number for each head nor one for each of their numbers';
  notes.push(
    `What multiplies the head outputs of “${shortName(site.node)}” before W_O is not shown: ${reason}.`,
  );
  return {};
}

const bidirectional: MaskKind = { kind: 'bidirectional' };

function masking(
  { analysis }: LoadedGraph,
  site: FoundSite,
  { query, key, maskedScores }: SiteTensors,
  scale: number,
  window: number | undefined,
  notes: string[],
): Pick<AttentionSite, 'mask' | 'maskSeenUpTo'> {
  if (site.isCross || !maskedScores) return { mask: bidirectional };
  const plain = query && key ? dotProducts(query, key, scale) : undefined;
  const mask = maskKind(maskedScores, plain);
  if (!mask) {
    notes.push(`The mask of “${shortName(site.node)}” follows no pattern that has a name.`);
    return { mask: bidirectional, maskSeenUpTo: 0 };
  }
  const furthest = (maskedScores.dims[3] ?? 1) - 1;
  const distances =
    site.statedReach === undefined
      ? [...maskDistances(analysis, site), window ?? 0]
      : [statedWindow(site)];
  const mayHide = mask.kind !== 'window' && distances.some(distance => distance > furthest);
  return { mask, ...(mayHide ? { maskSeenUpTo: furthest } : {}) };
}

function checkRuns(
  loaded: LoadedGraph,
  site: FoundSite,
  i: number,
  { plain, padded, texts, isRepeatable }: ProbeRuns,
  precision: ModelCard['precision'],
  notes: string[],
): SelfCheck {
  if (site.refusal !== undefined) return { result: 'refused', reason: site.refusal };
  const { apart } = texts;
  const fault =
    structureFault(loaded, site, i, plain) ??
    // What is random moves all tokens: where heads add nothing, their own are told from others.
    (isRepeatable || !apart
      ? orderFault(loaded, site, i, texts.plain, texts.changed)
      : undefined) ??
    (apart && orderFault(loaded, site, i, apart.plain, apart.changed));
  if (fault !== undefined) return { result: 'refused', reason: fault };
  const hasBias = hasHiddenBias(site) || site.unfinished !== undefined;
  const check = [...plain, ...(padded ? [padded] : [])]
    .map(({ sites, scales }) =>
      checkSite(sites[i] ?? {}, scales[i] ?? NaN, precision, hasBias, site.softCap),
    )
    .reduce(worse);
  if (check.result === 'refused') return check;
  if (site.isReused) {
    notes.push(
      `The weights of “${shortName(site.node)}” multiply more than one tensor, as where a later layer takes them over: only the first product is shown.`,
    );
  }
  if (site.rounding) {
    const [step, low, high] = [site.rounding.step, site.rounding.low, site.rounding.high].map(n =>
      Number(n.toPrecision(3)),
    );
    notes.push(
      `This graph rounds the scores of “${shortName(site.node)}” to steps of ${step} and cuts them off at ${low} and ${high}: its weights are those of the rounded scores.`,
    );
  }
  const scored = ({ sites, scales }: GraphRun) => ({
    tensors: sites[i] ?? {},
    scale: scales[i] ?? NaN,
  });
  const terms = scoreTerms(scored(texts.plain), scored(texts.other), site, precision);
  if (terms.isSelective && !site.isCross) {
    notes.push(
      `Which keys “${shortName(site.node)}” blocks depends on the text, as where only the largest scores are kept.`,
    );
  }
  if (terms.fault === undefined || site.hasContentBias) return withNonNumbers(check, plain, i);
  return { result: 'refused', reason: terms.fault };
}

/** Numbers that are none are no better explained by the same ones: what has them is not called exact. */
function withNonNumbers(check: SelfCheck, runs: readonly GraphRun[], i: number): SelfCheck {
  if (check.result !== 'exact') return check;
  for (const { sites } of runs) {
    const tensors = sites[i] ?? {};
    for (const [part, name] of NAMED_PARTS) {
      const { data = new Float32Array() } = tensors[part] ?? {};
      const count = countOf(data);
      if (count === 0) continue;
      const [some, all] = [count, data.length].map(n => n.toLocaleString('en'));
      const reason = `${some} of ${all} ${name} of a made-up text are no numbers (NaN or infinite)`;
      return { result: 'approximate', worst: check.worst, reason, fault: 'notFinite' };
    }
  }
  return check;
}

/** What is looked into for numbers that are none, in the order of computation. */
const NAMED_PARTS = [
  ['query', 'numbers of its queries'],
  ['key', 'numbers of its keys'],
  ['value', 'numbers of its values'],
  ['weights', 'weights'],
  ['headOutput', 'head outputs'],
] as const;

/** Fused operators that return no scores may add a bias of their own to them; two texts tell of it. */
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
