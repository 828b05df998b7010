import type { CaptureSummary } from '../../protocol/capture';
import type { AttentionSite } from '../../protocol/model';
import type { TensorPlace } from '../files/safetensorsHeader';
import { MOST_HEADS, type StoredSummary } from './storedSummary';
import { PARTS, siteName, type CapturePlaces, type Part, type SitePlaces } from './tensorNames';
import type { Fail } from '../files/boundedJson';

/** Holds every tensor of a file against its summary: element type, rank, heads, widths, tokens. */
export function checkShapes(summary: StoredSummary, places: CapturePlaces, fail: Fail): void {
  const { model, tokens } = summary;
  const batch = new BatchCheck(fail);
  for (const placed of places.sites) {
    const site = model.sites.find(other => siteName(other) === siteName(placed));
    if (!site) return fail(`it holds tensors of ${siteName(placed)}, which its model has not`);
    checkSite(site, placed, tokens, batch, fail);
  }
  for (const { stack, layer, chosen, weights } of places.routers) {
    const wanted = [tokens[stack]?.length ?? 0, chosen.dims[2] ?? 0];
    batch.check(`what the router of ${stack} layer ${layer} chose`, chosen, wanted);
    batch.check(`the weights of the experts of ${stack} layer ${layer}`, weights, wanted);
  }
  for (const { stack, layer, maps } of places.effective) {
    const facts = model.withoutAttention?.find(
      one => one.stack === stack && one.layer === layer,
    )?.effective;
    const count = tokens[stack]?.length ?? 0;
    const wanted = [facts?.heads ?? maps.dims[1] ?? 0, count, count];
    batch.check(`the effective attention of ${stack} layer ${layer}`, maps, wanted);
  }
  for (const stack of ['encoder', 'decoder'] as const) {
    const states = [...(places.hiddenStates[stack] ?? []), places.lastResidual[stack] ?? []].flat();
    const width = states[0]?.dims[2];
    for (const state of states) {
      const wanted = [tokens[stack]?.length ?? 0, width ?? 0];
      batch.check(`a hidden state of the ${stack}`, state, wanted);
    }
  }
  if (places.logits) {
    const last = model.stacks.includes('decoder') ? 'decoder' : 'encoder';
    const width = places.logits.dims[2] ?? 0;
    batch.check('“logits”', places.logits, [tokens[last]?.length ?? 0, width]);
  }
}

function checkSite(
  site: AttentionSite,
  { parts }: SitePlaces,
  tokens: CaptureSummary['tokens'],
  batch: BatchCheck,
  fail: Fail,
): void {
  const name = siteName(site);
  const { heads, keyHeads, headDim, scale, layer } = site;
  const queries = tokens[site.stack]?.length ?? 0;
  const keys = tokens[site.kind === 'cross' ? 'encoder' : site.stack]?.length ?? 0;
  const isWhole = keyHeads > 0 && heads % keyHeads === 0;
  if (!isWhole) fail(`${name} cannot share ${keyHeads} key heads among ${heads} heads`);
  if (heads * (layer + 1) > MOST_HEADS) {
    fail(`${name} is the ${layer + 1}th layer of ${heads} heads, more than ${MOST_HEADS} in all`);
  }
  if (parts.query && parts.key && !Number.isFinite(scale)) fail(`${name} has no scale`);
  const valueDim = (parts.value ?? parts.headOutput)?.dims[3] ?? 0;
  const map = [heads, queries, keys];
  const wanted: Record<Part, readonly number[]> = {
    query: [heads, queries, headDim],
    key: [keyHeads, keys, headDim],
    value: [keyHeads, keys, valueDim],
    scores: map,
    maskedScores: map,
    maskedKeyScores: map,
    weights: map,
    sink: [heads, queries, 1],
    headOutput: [heads, queries, valueDim],
    gate: [heads, queries, site.gate === 'eachHead' ? 1 : valueDim],
  };
  for (const part of PARTS) {
    const place = parts[part];
    if (place) batch.check(`“${name}.${part}”`, place, wanted[part]);
  }
}

/** Checks tensors against the shape that they should have; the first dimension is the same for all. */
class BatchCheck {
  private batch: number | undefined;

  constructor(private readonly fail: Fail) {}

  /** @param wanted dimensions after the first */
  check(what: string, { dtype, dims }: TensorPlace, wanted: readonly number[]): void {
    const { fail } = this;
    if (!['F64', 'F32', 'F16', 'BF16'].includes(dtype)) {
      fail(`${what} has the element type ${dtype}: write floating-point numbers`);
    }
    this.batch ??= dims[0] ?? 0;
    const shape = [this.batch, ...wanted];
    const fits = dims.length === shape.length && shape.every((size, i) => size === dims[i]);
    if (fits && shape.every(size => size > 0)) return;
    fail(
      `${what} has the shape [${dims.join(', ')}] where its tokens and heads need [${shape.join(', ')}], none of them 0`,
    );
  }
}
