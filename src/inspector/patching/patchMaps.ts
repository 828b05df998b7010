import type { Stack } from '../../protocol/model';
import type { PatchMaps, PatchPart, PatchRow, StatePart } from '../../protocol/patching';
import { STATE_PARTS } from '../../protocol/patching';
import type { Heed, PieceEdit } from '../model/pieces/piecesOf';
import type { PointAt } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import type { Sides } from './sides';

/** Whose numbers are patched. */
export interface PatchChoice {
  readonly parts: readonly PatchPart[];
  readonly stack: Stack;
  readonly kind: 'self' | 'cross';
  /** Layers of the stack. */
  readonly layers: number;
  /** Tokens of the stack, of which each is a column of a map of states. */
  readonly tokens: number;
  /** Heads that share keys and values, by layer: columns of maps of those. */
  readonly keyHeads: (layer: number) => number | undefined;
}

/**
 * Puts one state at a time from one run into the other (activation patching, Vig et al. 2020; Meng et al.
 * 2022): states token by token, numbers of heads at all tokens. Rows come from the last layer to the first.
 * A cell whose numbers are the same in both runs is 0 without a run.
 * @param report receives each row as it is computed
 * @throws InspectorError `not-captured`, `cancelled`
 */
export async function patchMaps(
  sides: Sides,
  choice: PatchChoice,
  report: (row: PatchRow) => void,
  heed: Heed,
): Promise<PatchMaps> {
  const started = performance.now();
  const maps = new PatchWork(sides, choice, heed);
  const rows: PatchRow[] = [];
  for (let layer = choice.layers - 1; layer >= 0; layer--) {
    for await (const row of maps.rows(layer)) {
      rows.push(row);
      report(row);
    }
  }
  const { ofA, ofB } = sides;
  const milliseconds = performance.now() - started;
  const { patches, batches } = maps;
  return { ofA, ofB, rows, missing: maps.missing(rows), patches, batches, milliseconds };
}

/** A row of a map as it is filled. */
interface LayerMap {
  readonly at: PointAt & { readonly point: PatchPart };
  /** What is put there, and what was. */
  readonly value: Tensor;
  readonly had: Tensor;
  /** Vectors that each cell is made of. */
  readonly cells: readonly (readonly number[])[];
  readonly shares: Float32Array;
}

class PatchWork {
  patches = 0;
  batches = 0;
  readonly #reasons = new Map<PatchPart, string[]>();

  constructor(
    private readonly sides: Sides,
    private readonly choice: PatchChoice,
    private readonly heed: Heed,
  ) {}

  /** The rows of a layer, of those parts whose numbers can be replaced. */
  async *rows(layer: number): AsyncGenerator<PatchRow, void> {
    const { pieces, source, receiver } = this.sides;
    const { stack, kind } = this.choice;
    const places = this.choice.parts.flatMap((part): (PointAt & { point: PatchPart })[] => {
      const place = { stack, layer, point: part, kind };
      const reason = pieces.missing(place);
      if (reason === undefined) return [place];
      this.#reasons.set(part, [...(this.#reasons.get(part) ?? []), reason]);
      return [];
    });
    if (places.length === 0) return;
    const theirs = await pieces.values(source, places, this.heed);
    const own = await pieces.values(receiver, places, this.heed);
    const maps = places.flatMap((at, i): LayerMap[] => {
      const [value, had] = [theirs[i], own[i]];
      if (!value || !had) return [];
      const cells = isState(at.point)
        ? tokenCells(this.choice.tokens, had)
        : headCells(this.#columns(at.point, layer, had), had);
      return [{ at, value, had, cells, shares: new Float32Array(cells.length) }];
    });
    const patches = maps.flatMap(({ value, had, cells }, map) =>
      [...cells.keys()]
        .filter(cell => cells[cell]?.some(vector => differs(value, had, vector)))
        .map(cell => ({ map, cell })),
    );
    const most = pieces.rows(receiver);
    for (let next = 0; next < patches.length; next += most) {
      await this.#batch(maps, patches.slice(next, next + most));
    }
    for (const { at, shares } of maps) yield { part: at.point, layer, shares };
  }

  /** Runs some patches of one layer together, each in a row of its own. */
  async #batch(
    maps: readonly LayerMap[],
    patches: readonly { readonly map: number; readonly cell: number }[],
  ): Promise<void> {
    const { pieces, receiver } = this.sides;
    const edits = maps.flatMap(({ at, value, cells }, i): PieceEdit[] => {
      const rows = patches.map(({ map, cell }) => (map === i ? (cells[cell] ?? []) : []));
      return rows.some(row => row.length > 0) ? [{ at, mask: maskOf(value, rows), value }] : [];
    });
    const { data } = await pieces.outputs(receiver, patches.length, edits, this.heed);
    const vocabulary = data.length / patches.length;
    for (const [row, { map, cell }] of patches.entries()) {
      const shares = maps[map]?.shares;
      const logits = data.subarray(row * vocabulary, (row + 1) * vocabulary);
      if (shares) shares[cell] = this.sides.share(logits);
    }
    this.patches += patches.length;
    this.batches++;
  }

  missing(rows: readonly PatchRow[]): PatchMaps['missing'] {
    return [...this.#reasons].flatMap(([part, reasons]) => {
      const isWhole = rows.every(row => row.part !== part);
      const told = [...new Set(reasons)];
      // One sentence stands for all layers where none can be patched.
      return (isWhole ? told.slice(-1) : told).map(reason => ({ part, reason }));
    });
  }

  /** Heads by which the columns of a map are counted: those of keys and values may be shared. */
  #columns(part: PatchPart, layer: number, { dims: [, heads = 1] }: Tensor): number {
    if (part !== 'key' && part !== 'value') return heads;
    return this.choice.keyHeads(layer) ?? heads;
  }
}

function isState(part: PatchPart): part is StatePart {
  return (STATE_PARTS as readonly string[]).includes(part);
}

/** Which vectors of `[1, 1, tokens, modelDim]` each cell is: its token. */
function tokenCells(tokens: number, { dims: [, , most = tokens] }: Tensor): readonly number[][] {
  return Array.from({ length: Math.min(tokens, most) }, (_, token) => [token]);
}

/** Which vectors of `[1, heads, tokens, width]` each cell is: all of its head, or of those that share it. */
function headCells(
  count: number,
  { dims: [, heads = 1, tokens = 1] }: Tensor,
): readonly number[][] {
  const each = (heads / count) * tokens;
  return Array.from({ length: count }, (_, cell) =>
    Array.from({ length: each }, (_, i) => cell * each + i),
  );
}

function differs(a: Tensor, b: Tensor, vector: number): boolean {
  const width = a.dims.at(-1) ?? 1;
  for (let i = vector * width; i < (vector + 1) * width; i++) {
    if (!Object.is(a.data[i], b.data[i])) return true;
  }
  return false;
}

/** A row for each cell, 1 at its vectors `[rows, …, 1]`. */
function maskOf({ dims }: Tensor, cells: readonly (readonly number[])[]): PieceEdit['mask'] {
  const inner = dims.slice(1, -1);
  const vectors = inner.reduce((product, dim) => product * dim, 1);
  const data = new Uint8Array(cells.length * vectors);
  for (const [row, cell] of cells.entries()) for (const at of cell) data[row * vectors + at] = 1;
  return { dims: [cells.length, ...inner, 1], data };
}
