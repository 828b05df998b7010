import type {
  AttentionRow,
  Block,
  CaptureSummary,
  Overview,
  PairWeights,
  WeightMap,
} from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { MapAddress } from '../../protocol/inspector';
import { layerCount, type AttentionSite, type Stack } from '../../protocol/model';
import { LARGEST_WHOLE_MAP } from '../../protocol/tiles';
import { wordsOf, type Word } from '../../protocol/words';
import { foldHeads } from '../attention/foldHeads';
import { groupWords } from '../attention/groupWords';
import { isBlocked } from '../attention/masks';
import { scoreRow } from '../attention/scores';
import { encodeMap, poolMap, type Weights } from '../attention/weightMap';
import type { ModelRun, SiteCapture } from '../model/run';
import { withoutMaps } from '../model/tensors/memoryBudget';
import { Additions, type Addition } from './additions';
import { Details, type DetailSource, type SiteDetails } from './details';
import { EqualRuns, type EqualRerun } from './equalRuns';
import { checkIndex, MapSource, pickRows, type Rerun } from './mapSource';
import { findNotNumbers } from './notNumbers';
import { Rollouts } from './rollouts';
import { normShares } from './valueNorms';

/** Rows and columns of an overview's pictures, at most. */
const LARGEST_PICTURE = 64;
/** Queries of a long text that stand for all of them, at most. */
const SAMPLED_QUERIES = 64;

/** What a map or a row of it is of: an address within one capture. */
export type MapChoice = Omit<MapAddress, 'capture'>;

/** Some rows of a head, in the order of `queries`. */
export interface HeadRows extends Weights {
  /** Which query each row is of. */
  readonly rows: readonly number[];
}

/** One run of one text, and the slices of it that views ask for. */
export class Capture {
  private readonly maps: MapSource;
  private readonly rollouts: Rollouts;
  private readonly details: Details;
  private readonly additions: Additions;
  /** Queries and keys of the same text where every token has the same position. */
  readonly equalRuns: EqualRuns;

  readonly summary: CaptureSummary;
  private kept: ModelRun;

  constructor(
    summary: CaptureSummary,
    run: ModelRun,
    rerun: Rerun,
    /** What surrounds the attention; captures from files have none. */
    readonly detailSource?: DetailSource,
    equalRerun?: EqualRerun,
  ) {
    const notNumbers = findNotNumbers(run.sites);
    this.kept = run;
    this.summary = notNumbers ? { ...summary, notNumbers } : summary;
    const { sites } = summary.model;
    const indexOf = ({ site }: SiteCapture) => sites.indexOf(site);
    this.maps = new MapSource(indexOf, rerun);
    this.details = new Details(indexOf, detailSource);
    this.additions = new Additions(indexOf, detailSource);
    this.equalRuns = new EqualRuns(indexOf, equalRerun);
    const meanOf = (block: Block, layer: number) => this.weights({ block, layer, head: 'mean' });
    this.rollouts = new Rollouts(meanOf, summary.model.withoutAttention);
  }

  /** What the run brought back, and of its maps what is kept. */
  get run(): ModelRun {
    return this.kept;
  }

  /** Gives the memory of the maps back: from now on each is computed when somebody looks at it. */
  releaseMaps(): void {
    this.kept = withoutMaps(this.kept);
  }

  /** Small pictures of all heads of a block. */
  async overview(block: Block): Promise<Overview> {
    const sites = this.sitesOf(block);
    const { layers, heads } = extent(this, block);
    const { queries, keys } = this.maps.sizeOf(sites[0]);
    const rows = Math.min(queries, LARGEST_PICTURE);
    const columns = Math.min(keys, LARGEST_PICTURE);
    const codes = new Uint8Array(layers * heads * rows * columns);
    const sampled = spread(queries, rows);
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

  /**
   * The whole map of one head, or of a layer's heads as one.
   * @throws InspectorError where it is too large to be sent: those are looked at in tiles
   */
  async map(choice: MapChoice): Promise<WeightMap> {
    const { queries, keys } = this.maps.sizeOf(this.siteAt(choice.block, choice.layer));
    if (Math.max(queries, keys) > LARGEST_WHOLE_MAP) {
      throw new InspectorError(
        'internal',
        `This map has ${queries} × ${keys} weights. Above ${LARGEST_WHOLE_MAP} tokens the weights of single heads are drawn: choose Head, and tokens instead of words.`,
      );
    }
    return encodeMap(await this.weights(choice));
  }

  /** The same as numbers; rows and columns are words where the choice says so. */
  async weights(choice: MapChoice): Promise<Weights> {
    const whole = await this.tokenWeights(choice);
    if (choice.grouping !== 'word') return whole;
    const { queries, keys } = this.wordsOf(choice.block, whole);
    return groupWords(whole, queries, keys);
  }

  /** One query's row: weights, and for a single head the scores that they come from. */
  async row(choice: MapChoice & { readonly query: number }): Promise<AttentionRow> {
    const { block, layer, head, query, measure, grouping } = choice;
    if (grouping === 'word') return this.wordRow(choice);
    const capture = this.siteAt(block, layer);
    const row = await this.tokenWeights(choice, [query]);
    const weights = row.weights.slice();
    const maskedScores = row.maskedScores.slice();
    const allowed = allowedIn(maskedScores);
    const shares = { query, weights, ...sinkOf(row), allowed };
    if (typeof head === 'string' || measure === 'norm') return shares;
    if (!capture.query || !capture.key) return { ...shares, maskedScores };
    const scores = new Float32Array(row.keys);
    scoreRow(capture.site, capture.query, capture.key, { batch: 0, head, query }, scores);
    return { ...shares, scores, maskedScores };
  }

  /** All rows of one head where the run kept its map; of a longer text some, evenly spread. */
  async rowsOf(capture: SiteCapture, head: number): Promise<HeadRows> {
    const { queries } = this.maps.sizeOf(capture);
    const rows = spread(queries, capture.weights ? queries : Math.min(queries, SAMPLED_QUERIES));
    const isWhole = rows.length === queries;
    const weights = await (isWhole
      ? this.maps.head(capture, head)
      : this.maps.rows(capture, head, rows));
    return { ...weights, rows };
  }

  /** Some rows of one head, in the order of `rows`. */
  someRows(capture: SiteCapture, head: number, rows: readonly number[]): Promise<Weights> {
    return this.maps.rows(capture, head, rows);
  }

  /** The weight of one pair in every head of a block that can be had without another run. */
  async pair(block: Block, query: number, key: number): Promise<PairWeights> {
    const sites = this.sitesOf(block);
    const { layers, heads } = extent(this, block);
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

  /** Weights between tokens: of all queries, or of some. */
  private async tokenWeights(
    { block, layer, head, measure = 'weight' }: MapChoice,
    rows?: readonly number[],
  ): Promise<Weights> {
    const capture = this.siteAt(block, layer);
    const weightsOf = (one: number) =>
      rows ? this.maps.rows(capture, one, rows) : this.maps.head(capture, one);
    if (measure === 'norm') {
      return normShares(capture, () => this.details.of(capture), head, weightsOf, rows);
    }
    if (head === 'rollout') {
      const whole = await this.rollouts.upTo(block, layer, this.maps.sizeOf(capture).queries);
      return rows ? pickRows(whole, rows) : whole;
    }
    if (typeof head === 'number') return weightsOf(head);
    const each = async function* () {
      for (let one = 0; one < capture.site.heads; one++) yield await weightsOf(one);
    };
    return foldHeads(each(), head);
  }

  private async wordRow(choice: MapChoice & { readonly query: number }): Promise<AttentionRow> {
    const { block, layer, query } = choice;
    const words = this.wordsOf(block, this.maps.sizeOf(this.siteAt(block, layer)));
    checkIndex('word', query, words.queries.length);
    const { first, end } = words.queries[query] ?? { first: 0, end: 0 };
    const pieces = Array.from({ length: end - first }, (_, i) => first + i);
    const rows = await this.tokenWeights(choice, pieces);
    const row = groupWords(rows, [{ first: 0, end: pieces.length }], words.keys);
    const allowed = allowedIn(row.maskedScores);
    return { query, weights: row.weights, ...sinkOf(row), allowed };
  }

  /** Words that the rows and columns of a block's maps are of. */
  private wordsOf(
    block: Block,
    size: { readonly queries: number; readonly keys: number },
  ): { readonly queries: readonly Word[]; readonly keys: readonly Word[] } {
    const words = (stack: Stack, count: number) => {
      const found = wordsOf(this.summary.tokens[stack] ?? []);
      if (found.at(-1)?.end === count) return found;
      throw new InspectorError(
        'inputs-wrong',
        `This run does not name its ${count} ${stack} tokens, so they cannot be grouped into words. Show tokens.`,
      );
    };
    const { stack, kind } = block;
    return {
      queries: words(stack, size.queries),
      keys: words(kind === 'cross' ? 'encoder' : stack, size.keys),
    };
  }

  /** W_O, the residual stream and what RoPE rotates at one site. @throws InspectorError */
  detailsOf(site: SiteCapture): Promise<SiteDetails> {
    return this.details.of(site);
  }

  /** What attentions add to the residual stream at one token, in their order. @throws InspectorError */
  additionsAt(sites: readonly SiteCapture[], token: number): Promise<readonly Addition[]> {
    return this.additions.at(sites, token);
  }

  /** The sites of a block that can be shown, at least one. @throws InspectorError */
  sitesOf(block: Block): readonly [SiteCapture, ...SiteCapture[]] {
    const [first, ...rest] = this.run.sites.filter(({ site }) => isOf(site, block));
    if (first) return [first, ...rest];
    const name = this.summary.model.name;
    throw new InspectorError(
      'not-captured',
      `${name} has no ${block.stack} ${block.kind}-attention that can be shown; its card says why.`,
    );
  }

  /** The site of one layer. @throws InspectorError where it cannot be shown */
  siteAt(block: Block, layer: number): SiteCapture {
    const found = this.sitesOf(block).find(({ site }) => site.layer === layer);
    if (found) return found;
    throw new InspectorError(
      'not-captured',
      `Layer ${layer} of the ${block.stack} cannot be shown; the model's card says why.`,
    );
  }
}

/** `count` indices of `[0, length)`, evenly spread; all of them where `count` is `length`. */
function spread(length: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
}

/** What a sink takes of a single row. */
function sinkOf({ sink }: Weights): { readonly sink?: number } {
  return sink?.[0] === undefined ? {} : { sink: sink[0] };
}

/** 1 where the mask allows a pair. */
function allowedIn(maskedScores: Float32Array): Uint8Array {
  return Uint8Array.from(maskedScores, score => (isBlocked(score) ? 0 : 1));
}

function isOf(site: AttentionSite, block: Block): boolean {
  return site.stack === block.stack && site.kind === block.kind;
}

/** Rows and columns of the grid of a block's heads: all layers by their numbers, shown or not. */
export function extent(
  capture: Pick<Capture, 'summary' | 'sitesOf'>,
  block: Block,
): { layers: number; heads: number } {
  return {
    layers: layerCount(capture.summary.model, block.stack),
    heads: Math.max(...capture.sitesOf(block).map(({ site }) => site.heads)),
  };
}
