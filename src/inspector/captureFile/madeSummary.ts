import { basename } from 'node:path';
import type { AttentionSite, MaskKind, ModelCard, SelfCheck } from '../../protocol/model';
import type { Token } from '../../protocol/tokens';
import { maskKind } from '../model/tensors/maskKind';
import type { SafetensorsFile } from '../files/safetensorsFile';
import type { Fail } from '../files/boundedJson';
import { MOST_TOKENS, type StoredSummary } from './storedSummary';
import { byStack, siteName, type CapturePlaces, type SitePlaces } from './tensorNames';

/** Queries and keys whose weights tell the mask of a map. */
const CORNER = 64;
/** Nothing of ours has to be held against anything. */
const asGiven: SelfCheck = { result: 'exact', worst: 0 };

/**
 * The summary of a file that has none, made elsewhere: heads, widths and numbers of tokens from the
 * shapes, the mask from the maps. What no tensor tells is assumed, and said in a note: scale
 * 1/√headDim, no position bias, and without maps a causal mask in decoders and none in encoders.
 */
export async function madeSummary(
  file: SafetensorsFile,
  places: CapturePlaces,
  fail: Fail,
): Promise<StoredSummary> {
  const sites: AttentionSite[] = [];
  for (const placed of places.sites) sites.push(await madeSite(file, placed));
  const states = places.hiddenStates.decoder ?? places.hiddenStates.encoder;
  const widest = Math.max(...sites.map(({ heads, headDim }) => heads * headDim));
  const model: ModelCard = {
    path: file.path,
    name: basename(file.path),
    architecture: 'unknown',
    stacks: [...new Set(sites.map(({ stack }) => stack))],
    sites,
    modelDim: states?.[0]?.dims[2] ?? widest,
    vocabulary: places.logits?.dims[2] ?? 0,
    precision: 'float32',
    fileSize: file.size,
    outputCheck: asGiven,
    notes: [],
  };
  const tokens = numberedTokens(places, fail);
  return {
    model,
    text: '',
    tokens,
    totalTokens: (tokens.encoder ?? tokens.decoder ?? []).length,
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
    notes: [
      'This file has no summary of a run: its tokens are numbered, the scale is taken to be 1/√headDim, and no position bias is assumed.',
    ],
  };
}

/** Tokens that are known by their number only, as many in each stack as the shapes tell. */
export function numberedTokens(places: CapturePlaces, fail: Fail): StoredSummary['tokens'] {
  return byStack(stack => {
    const own = places.sites.find(site => site.stack === stack && site.kind === 'self');
    const cross = places.sites.find(site => site.kind === 'cross');
    const count =
      places.hiddenStates[stack]?.[0]?.dims[1] ??
      (own && (queriesOf(own) ?? keysOf(own))) ??
      (cross && (stack === 'decoder' ? queriesOf(cross) : keysOf(cross)));
    if (count === undefined) return undefined;
    if (count > MOST_TOKENS) fail(`its ${stack} has ${count} tokens, more than ${MOST_TOKENS}`);
    return Array.from({ length: count }, (_, index): Token => ({
      index,
      id: 0,
      token: String(index),
      text: String(index),
      start: 0,
      end: 0,
      special: false,
      unknown: false,
      continues: false,
    }));
  });
}

async function madeSite(file: SafetensorsFile, placed: SitePlaces): Promise<AttentionSite> {
  const { stack, kind, layer, parts } = placed;
  const { query, key, value, headOutput } = parts;
  const map = parts.weights ?? parts.maskedScores ?? parts.scores;
  const heads = (query ?? map ?? headOutput)?.dims[1] ?? 0;
  const headDim = (query ?? key ?? value ?? headOutput)?.dims[3] ?? 0;
  const mask = kind === 'cross' ? undefined : await seenMask(file, placed);
  const assumed: MaskKind =
    kind === 'self' && stack === 'decoder' ? { kind: 'causal' } : { kind: 'bidirectional' };
  const hasMaps = [parts.weights, parts.maskedScores, parts.maskedKeyScores].some(Boolean);
  return {
    stack,
    kind,
    layer,
    heads,
    keyHeads: (key ?? value)?.dims[1] ?? heads,
    headDim,
    scale: headDim > 0 ? 1 / Math.sqrt(headDim) : 1,
    mask: mask ?? (hasMaps ? { kind: 'bidirectional' } : assumed),
    ...(hasMaps && !mask && kind === 'self' ? { maskSeenUpTo: 0 } : {}),
    positional: { kind: 'none' },
    ...(parts.sink ? { sink: 'learned' } : {}),
    check: asGiven,
    graph: { operator: 'unknown', node: siteName(placed) },
  };
}

/** The mask that the first queries and keys of the first head show. */
async function seenMask(file: SafetensorsFile, { parts }: SitePlaces) {
  const map = parts.maskedScores ?? parts.maskedKeyScores ?? parts.weights;
  const [, , queries = 0, keys = 0] = map?.dims ?? [];
  if (!map || map.dims.length !== 4 || queries === 0 || keys > MOST_TOKENS) return undefined;
  const rows = Math.min(queries, CORNER);
  const columns = Math.min(keys, CORNER);
  const values = await file.read(
    map,
    Math.min(
      rows * keys,
      map.dims.reduce((a, b) => a * b, 1),
    ),
  );
  const corner = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    corner.set(values.subarray(row * keys, row * keys + columns), row * columns);
  }
  if (map === parts.weights)
    for (const [i, weight] of corner.entries()) corner[i] = Math.log(weight);
  return maskKind({ dims: [1, 1, rows, columns], data: corner });
}

function queriesOf({ parts }: SitePlaces): number | undefined {
  const { query, weights, maskedScores, scores, headOutput } = parts;
  return (query ?? weights ?? maskedScores ?? scores ?? headOutput)?.dims[2];
}

function keysOf({ parts }: SitePlaces): number | undefined {
  const { key, value, weights, maskedScores, scores } = parts;
  return (key ?? value)?.dims[2] ?? (weights ?? maskedScores ?? scores)?.dims[3];
}
