import type {
  AttentionRow,
  Block,
  CaptureSummary,
  HeadChoice,
  Overview,
  PairWeights,
  WeightMap,
} from '../protocol/capture';
import { InspectorError } from '../protocol/errors';
import type { AttentionSite } from '../protocol/model';
import { foldHeads } from './attention/foldHeads';
import { isBlocked } from './attention/masks';
import { scoreRow } from './attention/scores';
import { encodeMap, poolMap, type Weights } from './attention/weightMap';
import type { ModelRun, SiteCapture } from './model/instrumentedModel';

/** Rows and columns of an overview's pictures, at most. */
const LARGEST_PICTURE = 64;

/** All tensors of one run of one text, and the slices that views ask for. */
export class Capture {
  constructor(
    readonly summary: CaptureSummary,
    readonly run: ModelRun,
  ) {}

  /** Small pictures of all heads of a block. */
  overview(block: Block): Overview {
    const sites = this.sitesOf(block);
    const layers = 1 + Math.max(...sites.map(({ site }) => site.layer));
    const heads = Math.max(...sites.map(({ site }) => site.heads));
    const [, , queries = 0, keys = 0] = weightsOf(sites[0]).weights.dims;
    const rows = Math.min(queries, LARGEST_PICTURE);
    const columns = Math.min(keys, LARGEST_PICTURE);
    const codes = new Uint8Array(layers * heads * rows * columns);
    for (const capture of sites) {
      for (let head = 0; head < capture.site.heads; head++) {
        const start = (capture.site.layer * heads + head) * rows * columns;
        const picture = codes.subarray(start, start + rows * columns);
        poolMap(headWeights(capture, head), rows, columns, picture);
      }
    }
    return { block, layers, heads, rows, columns, codes };
  }

  /** The whole map of one head, or of a layer's heads folded into one. */
  map(block: Block, layer: number, head: HeadChoice): WeightMap {
    return encodeMap(this.weights(block, layer, head));
  }

  /** One query's row: weights, and for a single head the scores that they come from. */
  row(block: Block, layer: number, head: HeadChoice, query: number): AttentionRow {
    const map = this.weights(block, layer, head);
    checkIndex('query', query, map.queries);
    const range = [query * map.keys, (query + 1) * map.keys] as const;
    const weights = map.weights.slice(...range);
    const maskedScores = map.maskedScores.slice(...range);
    const allowed = Uint8Array.from(maskedScores, score => (isBlocked(score) ? 0 : 1));
    if (typeof head === 'string') return { query, weights, allowed };
    const capture = this.siteAt(block, layer);
    if (!capture.query || !capture.key) return { query, weights, maskedScores, allowed };
    const scores = new Float32Array(map.keys);
    scoreRow(capture.site, capture.query, capture.key, { batch: 0, head, query }, scores);
    return { query, weights, scores, maskedScores, allowed };
  }

  /** The weight of one pair in every head of a block. */
  pair(block: Block, query: number, key: number): PairWeights {
    const sites = this.sitesOf(block);
    const layers = 1 + Math.max(...sites.map(({ site }) => site.layer));
    const heads = Math.max(...sites.map(({ site }) => site.heads));
    const weights = new Float32Array(layers * heads).fill(NaN);
    for (const capture of sites) {
      for (let head = 0; head < capture.site.heads; head++) {
        const map = headWeights(capture, head);
        checkIndex('query', query, map.queries);
        checkIndex('key', key, map.keys);
        weights[capture.site.layer * heads + head] = map.weights[query * map.keys + key] ?? NaN;
      }
    }
    return { weights, layers, heads };
  }

  private weights(block: Block, layer: number, head: HeadChoice): Weights {
    const capture = this.siteAt(block, layer);
    if (typeof head === 'number') return headWeights(capture, head);
    const all = Array.from({ length: capture.site.heads }, (_, one) => headWeights(capture, one));
    return foldHeads(all, head);
  }

  private sitesOf(block: Block): readonly SiteCapture[] {
    const sites = this.run.sites.filter(({ site }) => isOf(site, block));
    if (sites.length > 0) return sites;
    const name = this.summary.model.name;
    throw new InspectorError(
      'capture-missing',
      `${name} has no ${block.stack} ${block.kind}-attention that can be shown; its card says why.`,
    );
  }

  private siteAt(block: Block, layer: number): SiteCapture {
    const found = this.sitesOf(block).find(({ site }) => site.layer === layer);
    if (found) return found;
    throw new InspectorError(
      'capture-missing',
      `Layer ${layer} of the ${block.stack} cannot be shown; the model's card says why.`,
    );
  }
}

function isOf(site: AttentionSite, block: Block): boolean {
  return site.stack === block.stack && site.kind === block.kind;
}

function weightsOf(capture: SiteCapture | undefined) {
  if (capture?.weights && capture.maskedScores) {
    return { weights: capture.weights, maskedScores: capture.maskedScores };
  }
  throw new InspectorError('capture-missing', 'This run kept no attention weights. Run it again.');
}

function headWeights(capture: SiteCapture, head: number): Weights {
  const { weights, maskedScores } = weightsOf(capture);
  const [, heads = 0, queries = 0, keys = 0] = weights.dims;
  checkIndex('head', head, heads);
  const range = [head * queries * keys, (head + 1) * queries * keys] as const;
  return {
    queries,
    keys,
    weights: weights.data.subarray(...range),
    maskedScores: maskedScores.data.subarray(...range),
  };
}

function checkIndex(what: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new InspectorError('internal', `There is no ${what} ${index}: the last is ${count - 1}.`);
}
