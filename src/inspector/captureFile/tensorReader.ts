import { formatBytes } from '../model/tensors/memoryBudget';
import type { EffectiveCapture, ExpertCapture, ModelRun, SiteCapture } from '../model/run';
import type { Fail } from '../files/boundedJson';
import type { SafetensorsFile } from '../files/safetensorsFile';
import type { TensorPlace } from '../files/safetensorsHeader';
import { sizeOf, type Tensor } from '../runtime/tensor';
import type { StoredSummary } from './storedSummary';
import type { CapturePlaces, SitePlaces } from './tensorNames';

type Vectors = Pick<SiteCapture, 'query' | 'key' | 'value' | 'sink' | 'headOutput' | 'gate'>;
export type Maps = Required<Pick<SiteCapture, 'weights' | 'maskedScores'>>;

/** Reads the tensors of a capture file, of several texts the first, within a budget of memory. */
export class TensorReader {
  private readonly skipped: string[] = [];

  constructor(
    private readonly file: SafetensorsFile,
    /** Bytes that may still be taken. */
    private budget: number,
  ) {}

  /** What an attention works on. */
  async vectors({ parts }: SitePlaces): Promise<Vectors> {
    const read: { -readonly [P in keyof Vectors]: Vectors[P] } = {};
    for (const part of ['query', 'key', 'value', 'sink', 'headOutput', 'gate'] as const) {
      const tensor = await this.take(parts[part], `the ${part} tensors`);
      if (tensor) read[part] = tensor;
    }
    return read;
  }

  /** Residual streams and logits. */
  async outputs(
    places: CapturePlaces,
  ): Promise<Pick<ModelRun, 'hiddenStates' | 'lastResidual' | 'logits'>> {
    const hiddenStates: Partial<Record<'encoder' | 'decoder', readonly Tensor[]>> = {};
    const lastResidual: Partial<Record<'encoder' | 'decoder', Tensor>> = {};
    for (const stack of ['encoder', 'decoder'] as const) {
      const states: Tensor[] = [];
      for (const place of places.hiddenStates[stack] ?? []) {
        const state = await this.take(place, 'the hidden states');
        if (state) states.push(state);
      }
      const isWhole = states.length > 0 && states.length === places.hiddenStates[stack]?.length;
      if (isWhole) hiddenStates[stack] = states;
      const residual = await this.take(places.lastResidual[stack], 'the hidden states');
      if (residual) lastResidual[stack] = residual;
    }
    const logits = await this.take(places.logits, 'the logits');
    return { hiddenStates, lastResidual, ...(logits ? { logits } : {}) };
  }

  /**
   * What routers decided, for those that the model's card tells of.
   * @param fail where a file names experts that its model has not
   */
  async experts(
    { routers }: CapturePlaces,
    { model }: Pick<StoredSummary, 'model'>,
    fail: Fail,
  ): Promise<ExpertCapture[]> {
    const found: ExpertCapture[] = [];
    for (const { stack, layer, ...places } of routers) {
      const router = model.routers?.find(one => one.stack === stack && one.layer === layer);
      const chosen = router && (await this.take(places.chosen, 'the choices of experts'));
      const weights = chosen && (await this.take(places.weights, 'the choices of experts'));
      if (!router || !chosen || !weights) continue;
      const { experts } = router;
      const isExpert = (id: number) => Number.isInteger(id) && id >= 0 && id < experts;
      if (!chosen.data.every(isExpert)) {
        fail(`its ${stack} layer ${layer} chooses experts that are not among its ${experts}`);
      }
      found.push({ stack, layer, experts, chosen, weights });
    }
    return found;
  }

  /** Effective attention of the layers that the model's card tells of. */
  async effective(
    { effective }: CapturePlaces,
    { model }: Pick<StoredSummary, 'model'>,
  ): Promise<EffectiveCapture[]> {
    const found: EffectiveCapture[] = [];
    for (const { stack, layer, maps: place } of effective) {
      const own = model.withoutAttention?.find(one => one.stack === stack && one.layer === layer);
      const maps = own?.effective && (await this.take(place, 'effective attention'));
      if (maps) found.push({ stack, layer, heads: maps.dims[1] ?? 0, source: { maps } });
    }
    return found;
  }

  /** The maps of an attention, if it has any and they fit. */
  async maps({ parts }: SitePlaces): Promise<Maps | undefined> {
    const { weights, maskedScores = parts.maskedKeyScores } = parts;
    if (!weights || !this.fits(2 * bytesOf(weights))) return undefined;
    this.budget -= 2 * bytesOf(weights);
    const read = await this.read(weights);
    return {
      weights: read,
      maskedScores: maskedScores ? await this.read(maskedScores) : logOf(read),
    };
  }

  /** A sentence about what stays in the file because it does not fit. */
  notes(): string[] {
    const kinds = [...new Set(this.skipped)];
    if (kinds.length === 0) return [];
    return [
      `Memory had no room for ${kinds.join(', ')} of this file (${formatBytes(this.file.size)}): what needs them is not shown.`,
    ];
  }

  private async take(place: TensorPlace | undefined, what: string): Promise<Tensor | undefined> {
    if (!place) return undefined;
    if (!this.fits(bytesOf(place))) {
      this.skipped.push(what);
      return undefined;
    }
    this.budget -= bytesOf(place);
    return this.read(place);
  }

  private fits(bytes: number): boolean {
    return bytes <= this.budget;
  }

  private async read(place: TensorPlace): Promise<Tensor> {
    const dims = [1, ...place.dims.slice(1)];
    return { dims, data: await this.file.read(place, sizeOf(dims)) };
  }
}

/** Memory of the first text's part of a tensor, as float32. */
export function bytesOf({ dims }: TensorPlace): number {
  return sizeOf(dims.slice(1)) * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * What stands for the softmax input where a file has none: softmax(log w) = w. A weight of exactly 0
 * reads as blocked.
 */
function logOf({ dims, data }: Tensor): Tensor {
  return { dims, data: data.map(weight => Math.log(weight)) };
}
