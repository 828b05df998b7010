import type {
  AttentionRow,
  Block,
  CaptureSummary,
  HeadChoice,
  Overview,
  PairWeights,
  WeightMap,
} from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { MapAddress } from '../../protocol/inspector';
import type { AttentionSite } from '../../protocol/model';
import { foldHeads } from '../attention/foldHeads';
import { isBlocked } from '../attention/masks';
import { scoreRow } from '../attention/scores';
import { encodeMap, poolMap, type Weights } from '../attention/weightMap';
import type { ModelRun, SiteCapture } from '../model/instrumentedModel';
import { checkIndex, MapSource, type Rerun } from './mapSource';

/** Rows and columns of an overview's pictures, at most. */
const LARGEST_PICTURE = 64;

/** One run of one text, and the slices of it that views ask for. */
export class Capture {
  private readonly maps: MapSource;

  constructor(
    readonly summary: CaptureSummary,
    readonly run: ModelRun,
    rerun: Rerun,
  ) {
    const { sites } = summary.model;
    this.maps = new MapSource(({ site }) => sites.indexOf(site), rerun);
  }

  /** Small pictures of all heads of a block. */
  async overview(block: Block): Promise<Overview> {
    const sites = this.sitesOf(block);
    const { layers, heads } = extent(sites);
    const { queries, keys } = this.maps.sizeOf(sites[0]);
    const rows = Math.min(queries, LARGEST_PICTURE);
    const columns = Math.min(keys, LARGEST_PICTURE);
    const codes = new Uint8Array(layers * heads * rows * columns);
    const sampled = Array.from({ length: rows }, (_, i) =>
      Math.floor(((i + 0.5) * queries) / rows),
    );
    let isSampled = false;
    for (const capture of sites) {
      const useSample = !capture.weights && this.maps.isCheap(capture);
      isSampled ||= useSample && rows < queries;
      for (let head = 0; head < capture.site.heads; head++) {
        const map = useSample
          ? await this.maps.rows(capture, head, sampled)
          : await this.maps.head(capture, head);
        const start = (capture.site.layer * heads + head) * rows * columns;
        poolMap(map, rows, columns, codes.subarray(start, start + rows * columns));
      }
    }
    return { block, layers, heads, rows, columns, codes, ...(isSampled ? { isSampled } : {}) };
  }

  /** The whole map of one head, or of a layer's heads folded into one. */
  async map({ block, layer, head }: Omit<MapAddress, 'capture'>): Promise<WeightMap> {
    const capture = this.siteAt(block, layer);
    return encodeMap(await this.fold(capture, head, one => this.maps.head(capture, one)));
  }

  /** One query's row: weights, and for a single head the scores that they come from. */
  async row({
    block,
    layer,
    head,
    query,
  }: Omit<MapAddress, 'capture'> & { readonly query: number }): Promise<AttentionRow> {
    const capture = this.siteAt(block, layer);
    const row = await this.fold(capture, head, one => this.maps.rows(capture, one, [query]));
    const weights = row.weights.slice();
    const maskedScores = row.maskedScores.slice();
    const allowed = Uint8Array.from(maskedScores, score => (isBlocked(score) ? 0 : 1));
    if (typeof head === 'string') return { query, weights, allowed };
    if (!capture.query || !capture.key) return { query, weights, maskedScores, allowed };
    const scores = new Float32Array(row.keys);
    scoreRow(capture.site, capture.query, capture.key, { batch: 0, head, query }, scores);
    return { query, weights, scores, maskedScores, allowed };
  }

  /** The weight of one pair in every head of a block that can be had without another run. */
  async pair(block: Block, query: number, key: number): Promise<PairWeights> {
    const sites = this.sitesOf(block);
    const { layers, heads } = extent(sites);
    const weights = new Float32Array(layers * heads).fill(NaN);
    for (const capture of sites.filter(site => this.maps.isCheap(site))) {
      for (let head = 0; head < capture.site.heads; head++) {
        const row = await this.maps.rows(capture, head, [query]);
        checkIndex('key', key, row.keys);
        weights[capture.site.layer * heads + head] = row.weights[key] ?? NaN;
      }
    }
    return { weights, layers, heads };
  }

  private async fold(
    { site }: SiteCapture,
    head: HeadChoice,
    weightsOf: (head: number) => Promise<Weights>,
  ): Promise<Weights> {
    if (typeof head === 'number') return weightsOf(head);
    const each = async function* () {
      for (let one = 0; one < site.heads; one++) yield await weightsOf(one);
    };
    if (head === 'rollout') throw new InspectorError('internal', 'This is not there yet.');
    return foldHeads(each(), head);
  }

  private sitesOf(block: Block): readonly [SiteCapture, ...SiteCapture[]] {
    const [first, ...rest] = this.run.sites.filter(({ site }) => isOf(site, block));
    if (first) return [first, ...rest];
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

/** Rows and columns of the grid that holds every head of these sites. */
function extent(sites: readonly SiteCapture[]): { layers: number; heads: number } {
  return {
    layers: 1 + Math.max(...sites.map(({ site }) => site.layer)),
    heads: Math.max(...sites.map(({ site }) => site.heads)),
  };
}
