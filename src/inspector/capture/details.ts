import { InspectorError } from '../../protocol/errors';
import { fromLayer } from '../attention/outputStage';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Missing, Projection } from '../model/projection';
import { gatedHeads } from '../model/tensors/gate';
import { sameSite, type ModelRun, type PointOverride, type SiteCapture } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { Latest } from './latest';
import { matchRotated } from './matchRotated';

/** What a capture can ask of the model that made it, by a site's index in the model's card. */
export interface DetailSource {
  /** Runs the same text again for what surrounds one attention. */
  run(site: number): Promise<ModelRun>;
  /** The same for several attentions at once. */
  runAll(sites: ReadonlySet<number>): Promise<ModelRun>;
  projection(site: number): Promise<Projection | Missing>;
  /** The model itself. @throws InspectorError `capture-missing` where its files changed since the run */
  model?(): Promise<InstrumentedModel>;
  /** Numbers that the run has other than the model computes them. */
  readonly overrides?: readonly PointOverride[];
}

/** What surrounds one attention; what is missing says why in a sentence. */
export interface SiteDetails {
  /** W_O, checked against what the model computes with it. */
  readonly projection: Projection | Missing;
  /** Residual stream that the layer's attention is added to `[queries, modelDim]`. */
  readonly residual: Float32Array | Missing;
  /** Before RoPE, in the layout of the rotated ones. */
  readonly unrotatedQuery?: Tensor;
  readonly unrotatedKey?: Tensor;
}

/** Sites whose details are kept. */
const KEPT_SITES = 4;
/** Queries by which W_O is checked. */
const CHECKED_QUERIES = 4;
/** Largest difference from the model's own projection, as a fraction of its largest entry. */
const TOLERANCE = { exact: 1e-4, approximate: 2e-2 };

/** Fetches what surrounds the attention of a capture, one site at a time. */
export class Details {
  private readonly known = new Latest(KEPT_SITES, (capture: SiteCapture) => this.fetch(capture));

  constructor(
    private readonly indexOf: (capture: SiteCapture) => number,
    private readonly source: DetailSource | undefined,
  ) {}

  of(capture: SiteCapture): Promise<SiteDetails> {
    return this.known.get(capture);
  }

  private async fetch(capture: SiteCapture): Promise<SiteDetails> {
    const { source } = this;
    if (!source) {
      const missing =
        'A capture file holds no weights of the model, so W_O and the residual stream of this layer cannot be shown. Inspect the text with the model itself to see them.';
      return { projection: { missing }, residual: { missing } };
    }
    const index = this.indexOf(capture);
    const [projection, run] = [await source.projection(index), await source.run(index)];
    const again = sameSite(run, capture.site);
    if (!again) {
      throw new InspectorError(
        'capture-missing',
        'This layer could not be run again. Run it again.',
      );
    }
    const unrotatedQuery = matchRotated(again.unrotatedQuery, capture.query);
    const unrotatedKey = matchRotated(again.unrotatedKey, capture.key);
    return {
      projection: checked(projection, capture, again.projected),
      residual: residualOf(capture, again.residual),
      ...(unrotatedQuery ? { unrotatedQuery } : {}),
      ...(unrotatedKey ? { unrotatedKey } : {}),
    };
  }
}

/** W_O is believed only where the heads times it give what the model itself computes. */
function checked(
  projection: Projection | Missing,
  { site, headOutput, gate }: SiteCapture,
  projected: Tensor | undefined,
): Projection | Missing {
  const refuse = (reason: string): Missing => ({
    missing: `W_O of layer ${site.layer} cannot be shown: ${reason}.`,
  });
  if ('missing' in projection) return refuse(projection.missing);
  if (!headOutput || !projected) return refuse('this run kept no outputs of its heads');
  const { modelDim, biasComesAfter, bias, ...others } = projection;
  const before = biasComesAfter || !bias ? { ...others, modelDim, biasComesAfter } : projection;
  const queries = headOutput.dims[2] ?? 0;
  const heads = gatedHeads(headOutput, gate);
  const tolerance = TOLERANCE[site.check.result === 'exact' ? 'exact' : 'approximate'];
  for (let i = 0; i < Math.min(CHECKED_QUERIES, queries); i++) {
    const query = Math.floor((i * queries) / CHECKED_QUERIES);
    const ours = fromLayer(heads, before, query).fromLayer;
    const theirs = projected.data.subarray(query * modelDim, (query + 1) * modelDim);
    const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    if (!ours.every((value, d) => Math.abs(value - (theirs[d] ?? NaN)) <= tolerance * largest)) {
      return refuse('its heads times it are not what the model computes');
    }
  }
  return projection;
}

function residualOf({ site, headOutput }: SiteCapture, tensor: Tensor | undefined) {
  const queries = headOutput?.dims[2] ?? 0;
  if (tensor && tensor.dims.at(-1) === tensor.data.length / queries) return tensor.data;
  return {
    missing: `Layer ${site.layer} does something else with the output of its heads before it reaches the residual stream, so that sum is not shown.`,
  };
}
