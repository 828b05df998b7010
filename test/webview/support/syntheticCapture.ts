import { packRows } from '../../../src/inspector/capture/layerRows';
import type {
  AttentionRow,
  Block,
  CaptureSummary,
  HeadChoice,
  LayerRows,
  Overview,
  PairWeights,
  WeightMap,
} from '../../../src/protocol/capture';
import { changesOf, type MaskChange, type OrderChange } from '../../../src/protocol/change';
import type { AttentionSite, ModelCard, Stack } from '../../../src/protocol/model';
import type { PositionScheme } from '../../../src/protocol/positions';
import type { Token } from '../../../src/protocol/tokens';
import { BLOCKED, weightCode } from '../../../src/protocol/weightCode';

/** One block of a synthetic model; `heads` gives the heads of each layer, which may differ. */
export interface SyntheticBlock extends Block {
  readonly heads: readonly number[];
  readonly causal?: boolean;
  /** Score of a learned sink beside those of the keys. */
  readonly sink?: number;
  /** One pair that has all of its row's weight, in heads that are uniform otherwise. */
  readonly spot?: { readonly query: number; readonly key: number };
  /** Layers that cannot be shown. */
  readonly refused?: readonly number[];
  /** Layers that have no such attention. */
  readonly absent?: readonly number[];
}

/** What a synthetic capture is made of. */
export interface Recipe {
  readonly id: string;
  readonly blocks: readonly SyntheticBlock[];
  readonly tokens: { readonly [S in Stack]?: readonly Token[] };
  readonly text: string;
  readonly totalTokens?: number;
  readonly maximumPositions?: number;
  /** The overview's rows are single queries. */
  readonly isSampled?: boolean;
  /** The mask that the run was made with; the blocks say what it blocks. */
  readonly mask?: MaskChange;
  /** The order that the run was made with; the tokens stand in it already. */
  readonly order?: OrderChange;
  /** What else the model's card says. */
  readonly card?: Partial<ModelCard>;
  /** What else the summary says of the text. */
  readonly summary?: Partial<Pick<CaptureSummary, 'chat' | 'pair' | 'rendered' | 'templates'>>;
  /** How the model knows order; rotary where absent. */
  readonly positions?: PositionScheme['kind'];
}

/** Deterministic noise in [0, 1) from a few integers. */
function noise(...numbers: readonly number[]): number {
  let hash = 2166136261;
  for (const number of numbers) {
    hash = Math.imul(hash ^ (number + 0x9e3779b9), 16777619);
    hash ^= hash >>> 13;
  }
  return (Math.imul(hash, 2246822519) >>> 0) / 2 ** 32;
}

export const HEAD_DIM = 32;
/** Score of a pair beside which nothing else counts. */
const SPOT = 60;
const SCALE = 1 / Math.sqrt(HEAD_DIM);

/** One number for each head of a model. */
export const seedOf = ({ kind, stack }: Block, layer: number, head: number): number =>
  layer * 31 + head * 7 + (kind === 'cross' ? 1000 : 0) + (stack === 'decoder' ? 500 : 0);

const vectors = new Map<string, Float32Array>();

/** Query, key or value of one token `[HEAD_DIM]`, entries in ±1. */
export function syntheticVector(
  part: 'query' | 'key' | 'value',
  seed: number,
  token: number,
): Float32Array {
  const name = `${part} ${seed} ${token}`;
  const known = vectors.get(name);
  if (known) return known;
  const salt = { query: 1, key: 2, value: 3 }[part];
  const made = Float32Array.from(
    { length: HEAD_DIM },
    (_, i) => 2 * noise(salt, seed, token, i) - 1,
  );
  vectors.set(name, made);
  return made;
}

/** Patterns that trained heads show: sink, previous, current, next, far pairs, almost nothing. */
function patternScore(kind: number, query: number, key: number, seed: number): number {
  const far = (): number => (noise(seed, query, key) > 0.93 ? 4 : 0);
  switch (kind) {
    case 0:
      return key === 0 ? 5 : 0;
    case 1:
      return key === query - 1 ? 5 : 0;
    case 2:
      return key === query ? 4 : 0;
    case 3:
      return key === query + 1 ? 5 : far() / 2;
    case 4:
      return 0;
    default:
      return far();
  }
}

/** A capture whose every number follows from softmax rows, so that all slices agree. */
export class SyntheticCapture {
  readonly summary: CaptureSummary;
  readonly positions: PositionScheme['kind'];
  /** What was made before: long texts take a while. */
  private readonly rows = new Map<string, AttentionRow>();
  private readonly vectors = new Map<number, readonly Float32Array[]>();

  constructor(readonly recipe: Recipe) {
    const found = recipe.blocks.flatMap(block =>
      block.heads.flatMap((_, layer) =>
        block.absent?.includes(layer) ? [] : [site(block, layer)],
      ),
    );
    const sites = found.filter(({ check }) => check.result !== 'refused');
    this.positions = recipe.positions ?? 'rotary';
    this.summary = {
      id: recipe.id,
      model: modelCard(recipe, found),
      text: recipe.text,
      tokens: recipe.tokens,
      totalTokens: recipe.totalTokens ?? this.length(recipe.blocks[0]?.stack ?? 'encoder'),
      sites,
      timings: { tokenize: 2, load: 0, run: 31, collect: 8 },
      changes: changesOf(recipe),
      ...recipe.summary,
    };
  }

  private length(stack: Stack): number {
    return this.recipe.tokens[stack]?.length ?? 0;
  }

  /** Rows and columns of the maps of a block. */
  sizes(block: Block): { queries: number; keys: number } {
    return {
      queries: this.length(block.stack),
      keys: this.length(block.kind === 'cross' ? 'encoder' : block.stack),
    };
  }

  private keyVectors(seed: number, keys: number): readonly Float32Array[] {
    const known =
      this.vectors.get(seed) ??
      Array.from({ length: keys }, (_, key) => syntheticVector('key', seed, key));
    this.vectors.set(seed, known);
    return known;
  }

  private block({ stack, kind }: Block): SyntheticBlock {
    const found = this.recipe.blocks.find(one => one.stack === stack && one.kind === kind);
    if (!found) throw new Error(`No block ${stack} ${kind}.`);
    return found;
  }

  /** Weights, scores and the mask of one head and query. */
  private headRow(address: Block, layer: number, head: number, query: number): AttentionRow {
    const name = [address.stack, address.kind, layer, head, query].join();
    const row = this.rows.get(name) ?? this.makeRow(this.block(address), layer, head, query);
    this.rows.set(name, row);
    return row;
  }

  private makeRow(block: SyntheticBlock, layer: number, head: number, query: number): AttentionRow {
    const { keys } = this.sizes(block);
    const seed = seedOf(block, layer, head);
    const scores = new Float32Array(keys);
    const maskedScores = new Float32Array(keys);
    const allowed = new Uint8Array(keys);
    const kind = (layer * 5 + head * 3) % 7;
    const q = syntheticVector('query', seed, query);
    const vectors = this.keyVectors(seed, keys);
    for (let key = 0; key < keys; key++) {
      const k = vectors[key] ?? q;
      let product = 0;
      for (let i = 0; i < HEAD_DIM; i++) product += (q[i] ?? 0) * (k[i] ?? 0);
      scores[key] = product * SCALE;
      allowed[key] = block.causal && key > query ? 0 : 1;
      const isSpot = block.spot?.query === query && block.spot.key === key;
      const bias = block.spot ? (isSpot ? SPOT : 0) : patternScore(kind, query, key, seed);
      maskedScores[key] = allowed[key] === 1 ? (scores[key] ?? 0) + bias : -Infinity;
    }
    const largest = maskedScores.reduce((most, one) => Math.max(most, one), -Infinity);
    const weights = maskedScores.map(score => Math.exp(score - largest));
    const term = block.sink === undefined ? 0 : Math.exp(block.sink - largest);
    const sum = weights.reduce((total, weight) => total + weight, term);
    const sink = block.sink === undefined ? {} : { sink: term / sum };
    const shares = weights.map(weight => weight / sum);
    return { query, weights: shares, ...sink, scores, maskedScores, allowed };
  }

  row(block: Block, layer: number, head: HeadChoice, query: number): AttentionRow {
    if (typeof head === 'number') return this.headRow(block, layer, head, query);
    const heads = this.block(block).heads[layer] ?? 0;
    const rows = Array.from({ length: heads }, (_, i) => this.headRow(block, layer, i, query));
    const allowed = rows[0]?.allowed ?? new Uint8Array();
    const weights = Float32Array.from({ length: allowed.length }, (_, key) => {
      const column = rows.map(row => row.weights[key] ?? 0);
      return head === 'max' ? Math.max(...column) : column.reduce((a, b) => a + b, 0) / heads;
    });
    const sinks = rows.map(({ sink }) => sink ?? NaN);
    const sink = head === 'max' ? Math.max(...sinks) : sinks.reduce((a, b) => a + b, 0) / heads;
    return { query, weights, ...(Number.isNaN(sink) ? {} : { sink }), allowed };
  }

  layerRows(block: Block, layer: number, query: number): LayerRows {
    const heads = this.block(block).heads[layer] ?? 0;
    const rows = Array.from({ length: heads }, (_, i) => this.headRow(block, layer, i, query));
    return packRows(query, rows);
  }

  map(block: Block, layer: number, head: HeadChoice): WeightMap {
    const { queries, keys } = this.sizes(block);
    const codes = new Uint8Array(queries * keys);
    const sums = new Float64Array(keys);
    const counts = new Float64Array(keys);
    const sinks = new Float32Array(queries).fill(NaN);
    for (let query = 0; query < queries; query++) {
      const { weights, allowed, sink } = this.row(block, layer, head, query);
      sinks[query] = sink ?? NaN;
      weights.forEach((weight, key) => {
        codes[query * keys + key] = allowed[key] === 1 ? weightCode(weight) : BLOCKED;
        sums[key] = (sums[key] ?? 0) + weight;
        counts[key] = (counts[key] ?? 0) + (allowed[key] ?? 0);
      });
    }
    const received = Float32Array.from(sums, (sum, key) => sum / Math.max(1, counts[key] ?? 1));
    const hasSink = this.block(block).sink !== undefined;
    return { queries, keys, codes, received, ...(hasSink ? { sink: sinks } : {}) };
  }

  overview(block: Block): Overview {
    const perLayer = shownHeads(this.block(block));
    const { queries, keys } = this.sizes(block);
    const rows = Math.min(64, queries);
    const columns = Math.min(64, keys);
    const heads = Math.max(...perLayer);
    const codes = new Uint8Array(perLayer.length * heads * rows * columns);
    perLayer.forEach((count, layer) => {
      for (let head = 0; head < count; head++) {
        const map = this.map(block, layer, head);
        const start = (layer * heads + head) * rows * columns;
        map.codes.forEach((code, i) => {
          const row = Math.floor((Math.floor(i / keys) * rows) / queries);
          const column = Math.floor(((i % keys) * columns) / keys);
          const at = start + row * columns + column;
          codes[at] = Math.max(codes[at] ?? 0, code);
        });
      }
    });
    return {
      block: { stack: block.stack, kind: block.kind },
      layers: perLayer.length,
      heads,
      rows,
      columns,
      codes,
      isSampled: this.recipe.isSampled ?? false,
    };
  }

  pair(block: Block, query: number, key: number): PairWeights {
    const perLayer = shownHeads(this.block(block));
    const heads = Math.max(...perLayer);
    const weights = new Float32Array(perLayer.length * heads).fill(NaN);
    perLayer.forEach((count, layer) => {
      for (let head = 0; head < count; head++) {
        weights[layer * heads + head] = this.headRow(block, layer, head, query).weights[key] ?? NaN;
      }
    });
    return { weights, layers: perLayer.length, heads };
  }
}

/** Heads of each layer; a layer that is refused or has no attention shows none. */
const shownHeads = ({ heads, refused = [], absent = [] }: SyntheticBlock): number[] =>
  heads.map((count, layer) => ([...refused, ...absent].includes(layer) ? 0 : count));

function site(block: SyntheticBlock, layer: number): AttentionSite {
  const heads = block.heads[layer] ?? 1;
  return {
    stack: block.stack,
    kind: block.kind,
    layer,
    heads,
    keyHeads: heads,
    headDim: HEAD_DIM,
    scale: SCALE,
    mask: { kind: block.causal ? 'causal' : 'bidirectional' },
    positional: { kind: 'relativeBias' },
    ...(block.sink === undefined ? {} : { sink: 'learned' }),
    check: block.refused?.includes(layer)
      ? { result: 'refused', reason: 'The scores are not a product of queries and keys.' }
      : { result: 'exact', worst: 2.4e-8 },
    graph: { operator: 'Softmax', node: `/layers.${layer}/attention/Softmax` },
  };
}

function modelCard(recipe: Recipe, sites: readonly AttentionSite[]): ModelCard {
  return {
    path: '/models/synthetic',
    name: 'synthetic',
    architecture: 'SyntheticModel',
    stacks: [...new Set(recipe.blocks.map(block => block.stack))],
    sites,
    modelDim: 128,
    vocabulary: 8000,
    ...(recipe.maximumPositions === undefined ? {} : { maximumPositions: recipe.maximumPositions }),
    precision: 'float32',
    tokenizer: 'WordPiece',
    fileSize: 1e7,
    outputCheck: { result: 'exact', worst: 0 },
    notes: [],
    ...recipe.card,
  };
}
