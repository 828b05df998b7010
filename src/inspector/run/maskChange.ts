import type { MaskChange } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import type { AttentionSite, MaskKind, ModelCard } from '../../protocol/model';
import {
  Edge,
  type Intervention,
  type ModelRun,
  type PointAt,
  type PointOverride,
} from '../model/run';
import type { StackTokens } from './modelInput';

/** Edges of longer texts would take gigabytes: one number for each pair of tokens. */
const MOST_TOKENS = 8192;

/** What a run with another mask is made with. */
export interface ChangedMask {
  readonly interventions: readonly Intervention[];
  /** The model's attentions as this run has them, in the order of its card. */
  readonly sites: readonly AttentionSite[];
  readonly notes: readonly string[];
}

/**
 * Turns a mask change into interventions on every self-attention and says what mask each then has.
 * Causal masks and windows block edges and leave the others to the model; lifting a mask allows the
 * edges that the model blocks. Padding is a matter of the tokens: it changes no edge here.
 * @throws InspectorError `inputs-wrong`, before anything runs
 */
export function changedMask(card: ModelCard, tokens: StackTokens, change: MaskChange): ChangedMask {
  const unchanged = { interventions: [], sites: card.sites, notes: [] };
  if (change.kind === 'padding') {
    if (change.unmasked) return unchanged;
    // Which keys are hidden depends on the text now: weights follow from no kind of mask.
    const reads = (site: AttentionSite) => site.kind === 'cross' || site.stack === card.stacks[0];
    const hidden = (site: AttentionSite) => (reads(site) ? { ...site, maskSeenUpTo: 0 } : site);
    return { ...unchanged, sites: card.sites.map(hidden) };
  }
  checkWindow(change);
  const edges = new Map<string, Uint8Array>();
  const interventions: Intervention[] = [];
  const sites = card.sites.map((site, i): AttentionSite => {
    if (site.kind === 'cross') return site;
    const count = tokens[site.stack]?.length ?? 0;
    const after = maskAfter(site, change);
    // Sites with the same mask share their edges.
    const key = JSON.stringify([count, site.mask, site.maskSeenUpTo]);
    const known = edges.get(key) ?? edgesOf(site, change, count);
    edges.set(key, known);
    if (known.every(edge => edge === Edge.keep)) return after;
    checkSite(card, site);
    interventions.push({ site: i, mask: { edges: known, dims: [1, count, count] } });
    return after;
  });
  return { interventions, sites, notes: notesOf(card, change, interventions) };
}

/** A run's captures with the attentions as the run had them. */
export function withSites(run: ModelRun, card: ModelCard, sites: ChangedMask['sites']): ModelRun {
  if (sites === card.sites) return run;
  const captures = run.sites.map(capture => {
    const own = card.sites.findIndex(site => isSame(site, capture.site));
    const changed = sites[own];
    return changed ? { ...capture, site: { ...changed, scale: capture.site.scale } } : capture;
  });
  return { ...run, sites: captures };
}

type SiteName = Pick<AttentionSite, 'stack' | 'kind' | 'layer'>;

function siteOf({ stack, layer, kind = 'self' }: PointAt): SiteName {
  return { stack, kind, layer };
}

function isSame(a: SiteName, b: SiteName): boolean {
  return a.stack === b.stack && a.kind === b.kind && a.layer === b.layer;
}

/**
 * Looks whether a run did what was asked of it: no weight on an edge that was blocked.
 * @param overrides other changes of the run
 * @throws InspectorError `model-unsupported`
 */
export function checkApplied(
  run: ModelRun,
  { sites, interventions }: ChangedMask,
  overrides: readonly PointOverride[] = [],
): void {
  for (const { site, mask } of interventions) {
    const own = sites[site];
    // Where weights are given, an edge may have one whatever the mask.
    if (own && overrides.some(({ at }) => at.point === 'weights' && isSame(own, siteOf(at))))
      continue;
    const weights = own && run.sites.find(capture => isSame(capture.site, own))?.weights;
    if (!mask || !weights) continue;
    // Of the first head: all heads of a site share their mask.
    const isKept = mask.edges.some((edge, i) => edge === Edge.block && weights.data[i] !== 0);
    if (!isKept) continue;
    throw new InspectorError(
      'model-unsupported',
      `Attention ${site} of this model keeps its own mask whatever is asked of it: choose another model or export.`,
    );
  }
}

type EdgeChange = Exclude<MaskChange, { kind: 'padding' }>;

/** `[queries, keys]` of one self-attention, as `Edge` values. */
function edgesOf(site: AttentionSite, change: EdgeChange, count: number): Uint8Array {
  if (count > MOST_TOKENS) {
    const [most, given] = [MOST_TOKENS, count].map(n => n.toLocaleString('en'));
    throw wrong(
      `A mask can be changed for up to ${most} tokens, and this text has ${given}: choose a shorter text.`,
    );
  }
  const edges = new Uint8Array(count * count).fill(Edge.keep);
  for (let query = 0, at = 0; query < count; query++) {
    for (let key = 0; key < count; key++, at++) {
      const offset = key - query;
      if (change.kind === 'bidirectional') {
        if (mayBlock(site, offset)) edges[at] = Edge.allow;
      } else if (!isInside(change, offset)) edges[at] = Edge.block;
    }
  }
  return edges;
}

/** Whether the model's own mask blocks keys at this offset, or nothing is known about it. */
function mayBlock({ mask, maskSeenUpTo = Infinity }: AttentionSite, offset: number): boolean {
  return Math.abs(offset) > maskSeenUpTo || maskSeenUpTo === 0 || !isInside(mask, offset);
}

/** @param offset of the key from the query, negative for those before it */
export function isInside(mask: MaskKind, offset: number): boolean {
  if (mask.kind === 'bidirectional') return true;
  if (mask.kind === 'causal') return mask.excludesSelf ? offset < 0 : offset <= 0;
  return offset >= -mask.before && offset <= mask.after;
}

/** The mask that an attention has with the change; what the model blocks stays blocked but for lifting. */
function maskAfter(site: AttentionSite, change: EdgeChange): AttentionSite {
  if (change.kind !== 'bidirectional') return { ...site, mask: narrower(site.mask, change) };
  const lifted: { -readonly [K in keyof AttentionSite]: AttentionSite[K] } = { ...site };
  lifted.mask = change;
  delete lifted.maskSeenUpTo;
  return lifted;
}

function narrower(a: MaskKind, b: MaskKind): MaskKind {
  const [x, y] = [reach(a), reach(b)];
  const before = Math.min(x.before, y.before);
  const after = Math.min(x.after, y.after);
  if (before < Infinity) return { kind: 'window', before, after };
  return after === 0 ? { kind: 'causal' } : { kind: 'bidirectional' };
}

function reach(mask: MaskKind): { readonly before: number; readonly after: number } {
  if (mask.kind === 'window') return mask;
  return { before: Infinity, after: mask.kind === 'causal' ? 0 : Infinity };
}

function checkWindow(change: EdgeChange): void {
  if (change.kind !== 'window') return;
  const { before, after } = change;
  if ([before, after].every(reach => Number.isSafeInteger(reach) && reach >= 0)) return;
  throw wrong(
    `A window reaches a whole number of tokens from 0 back and ahead, not ${before} and ${after}.`,
  );
}

function checkSite({ name }: ModelCard, { stack, layer, check, graph }: AttentionSite): void {
  const where = `the self-attention of ${stack} layer ${layer}`;
  if (check.result === 'refused') {
    throw wrong(
      `The mask of ${name} cannot be changed: ${where} could not be read (${check.reason}). Choose another model.`,
    );
  }
  if (graph.operator !== 'Softmax' && graph.operator !== 'spelled-out softmax') {
    throw wrong(
      `The mask of ${name} cannot be changed: ${where} is inside ${graph.operator}, which takes no other mask. Choose an export without fused operators.`,
    );
  }
}

function notesOf(
  { sites }: ModelCard,
  change: EdgeChange,
  interventions: readonly Intervention[],
): string[] {
  const adds = interventions.some(({ site }) => {
    const { positional, softCap } = sites[site] ?? {};
    return positional?.kind === 'relativeBias' || positional?.kind === 'alibi' || softCap;
  });
  if (change.kind !== 'bidirectional' || !adds) return [];
  return [
    'Where the model’s own mask was lifted, scores are plain: without its position bias or soft-cap.',
  ];
}

function wrong(message: string): InspectorError {
  return new InspectorError('inputs-wrong', message);
}
