import { InspectorError } from '../../protocol/errors';
import { deriveWeights, isDerivable } from '../attention/deriveWeights';
import type { Weights } from '../attention/weightMap';
import { sameSite, type ModelRun, type SiteCapture } from '../model/run';
import { sizeOf, type Tensor } from '../runtime/tensor';
import { Latest } from './latest';

/** Sites whose maps were made by a run of their own and are kept. */
const KEPT_SITES = 2;

/** Runs the same text again for the maps of one site, by its index in the model's card. */
export type Rerun = (site: number) => Promise<ModelRun>;

/**
 * The weights of any head of a run. Where the run kept them they are at hand; where they would not
 * have fitted into memory they are computed when somebody looks: from query and key if that gives
 * the model's own numbers, else by running the text again for that site alone.
 */
export class MapSource {
  private readonly again = new Latest(KEPT_SITES, (capture: SiteCapture) => this.runAgain(capture));

  constructor(
    /** Index of each of the run's sites in the model's card. */
    private readonly indexOf: (capture: SiteCapture) => number,
    private readonly rerun: Rerun,
  ) {}

  /** The whole map of one head. */
  async head(capture: SiteCapture, head: number): Promise<Weights> {
    const { query } = capture;
    if (!isKept(capture) && query && canDerive(capture)) {
      const rows = Array.from({ length: query.dims[2] ?? 0 }, (_, row) => row);
      return this.rows(capture, head, rows);
    }
    return wholeMap(await this.kept(capture), head);
  }

  /** Some rows of one head, in the order of `rows`. */
  async rows(capture: SiteCapture, head: number, rows: readonly number[]): Promise<Weights> {
    const { site, query, key } = capture;
    if (!isKept(capture) && query && key && canDerive(capture)) {
      checkIndex('head', head, site.heads);
      for (const row of rows) checkIndex('query', row, query.dims[2] ?? 0);
      return deriveWeights(site, query, key, head, rows);
    }
    return pickRows(wholeMap(await this.kept(capture), head), rows);
  }

  /** Whether every row can be had without running the text again. */
  isCheap(capture: SiteCapture): boolean {
    return isKept(capture) || canDerive(capture);
  }

  /** Queries and keys of a site. */
  sizeOf({ weights, query, key }: SiteCapture): { queries: number; keys: number } {
    const queries = weights?.dims[2] ?? query?.dims[2] ?? 0;
    return { queries, keys: weights?.dims[3] ?? key?.dims[2] ?? 0 };
  }

  private kept(capture: SiteCapture): Promise<SiteCapture> {
    return isKept(capture) ? Promise.resolve(capture) : this.again.get(capture);
  }

  private async runAgain(capture: SiteCapture): Promise<SiteCapture> {
    const found = sameSite(await this.rerun(this.indexOf(capture)), capture.site);
    if (found) return found;
    throw new InspectorError('capture-missing', 'These weights could not be computed. Run again.');
  }
}

/** Throws unless `index` is one of `count`. @throws InspectorError */
export function checkIndex(what: string, index: number, count: number): void {
  if (Number.isInteger(index) && index >= 0 && index < count) return;
  throw new InspectorError('internal', `There is no ${what} ${index}: the last is ${count - 1}.`);
}

function isKept({ weights, maskedScores }: SiteCapture): boolean {
  return weights !== undefined && maskedScores !== undefined;
}

function canDerive({ site, query, key }: SiteCapture): boolean {
  return query !== undefined && key !== undefined && isDerivable(site, key.dims[2] ?? 0);
}

function wholeMap({ weights, maskedScores, sink }: SiteCapture, head: number): Weights {
  if (!weights || !maskedScores) {
    throw new InspectorError(
      'capture-missing',
      'This run kept no attention weights. Run it again.',
    );
  }
  const [, heads = 0, queries = 0, keys = 0] = weights.dims;
  checkIndex('head', head, heads);
  const ofHead = ({ data, dims }: Tensor) => {
    const size = sizeOf(dims.slice(2));
    return data.subarray(head * size, (head + 1) * size);
  };
  return {
    queries,
    keys,
    weights: ofHead(weights),
    maskedScores: ofHead(maskedScores),
    ...(sink ? { sink: ofHead(sink) } : {}),
  };
}

/** Some rows of a map, in the order of `rows`. @throws InspectorError where there is no such row */
export function pickRows(
  { queries, keys, weights, maskedScores, sink }: Weights,
  rows: readonly number[],
): Weights {
  const picked = {
    queries: rows.length,
    keys,
    weights: new Float32Array(rows.length * keys),
    maskedScores: new Float32Array(rows.length * keys),
    ...(sink ? { sink: Float32Array.from(rows, row => sink[row] ?? NaN) } : {}),
  };
  for (const [i, row] of rows.entries()) {
    checkIndex('query', row, queries);
    picked.weights.set(weights.subarray(row * keys, (row + 1) * keys), i * keys);
    picked.maskedScores.set(maskedScores.subarray(row * keys, (row + 1) * keys), i * keys);
  }
  return picked;
}
