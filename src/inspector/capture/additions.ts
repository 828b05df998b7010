import { InspectorError } from '../../protocol/errors';
import type { Missing } from '../model/projection';
import type { SiteCapture } from '../model/run';
import { sizeOf, type Tensor } from '../runtime/tensor';
import type { DetailSource } from './details';

/** What one attention adds to the residual stream at one token. */
export interface Addition {
  /** The stream that it is added to `[modelDim]`. */
  readonly before: Float32Array;
  /** Heads · W_O and its bias `[modelDim]`. */
  readonly added: Float32Array;
}

type Surroundings = Pick<SiteCapture, 'residual' | 'projected'>;

/** Memory of what is kept for other tokens. */
const KEPT_BYTES = 128e6;
/** Memory of what surrounds the attentions of one run. */
const RUN_BYTES = 512e6;
/** Query and key before rotation, the product with W_O, and the stream. */
const TENSORS = 4;

/** Reads what attentions add to the residual stream, as the model computes it: several in one run. */
export class Additions {
  /** Biases that the graph adds together with the residual stream. */
  private readonly biases = new Map<SiteCapture, Promise<Float32Array | undefined | Missing>>();

  private readonly kept = new Map<SiteCapture, Surroundings>();
  private keptBytes = 0;

  constructor(
    private readonly indexOf: (capture: SiteCapture) => number,
    private readonly source: DetailSource | undefined,
  ) {}

  /**
   * The additions of `captures` at one token of theirs, in their order.
   * @throws InspectorError `not-captured` where the graph does not show one of them
   */
  async at(captures: readonly SiteCapture[], token: number): Promise<readonly Addition[]> {
    const { source } = this;
    if (!source) {
      throw new InspectorError(
        'not-captured',
        'A capture file holds no weights of the model, so its layers cannot be told apart. Inspect the text with the model itself.',
      );
    }
    const additions = new Map<SiteCapture, Addition>();
    const add = async (capture: SiteCapture, surroundings: Surroundings) =>
      additions.set(
        capture,
        additionOf(capture, surroundings, await this.biasOf(capture, source), token),
      );
    for (const capture of captures) {
      const surroundings = this.kept.get(capture);
      if (surroundings) await add(capture, surroundings);
    }
    const rest = captures.filter(capture => !additions.has(capture));
    const together = Math.max(1, Math.floor(RUN_BYTES / Math.max(1, ...rest.map(bytesOf))));
    for (let first = 0; first < rest.length; first += together) {
      const some = rest.slice(first, first + together);
      const { sites } = await source.runAll(new Set(some.map(this.indexOf)));
      for (const capture of some) {
        const surroundings = sites.find(({ site }) => isSame(site, capture.site)) ?? {};
        await add(capture, surroundings);
        this.keep(capture, surroundings);
      }
    }
    return captures.flatMap(capture => additions.get(capture) ?? []);
  }

  /** Keeps what there is room for, so that the next token needs no run. */
  private keep(capture: SiteCapture, { residual, projected }: Surroundings): void {
    if (!residual || !projected) return;
    const bytes = residual.data.byteLength + projected.data.byteLength;
    if (this.keptBytes + bytes > KEPT_BYTES) return;
    this.keptBytes += bytes;
    this.kept.set(capture, { residual, projected });
  }

  private biasOf(capture: SiteCapture, source: DetailSource) {
    const known = this.biases.get(capture) ?? readBias(source, this.indexOf(capture));
    this.biases.set(capture, known);
    known.catch(() => this.biases.delete(capture));
    return known;
  }
}

/** The bias of W_O where the product does not have it yet. */
async function readBias(source: DetailSource, index: number) {
  const projection = await source.projection(index);
  if ('missing' in projection) return projection;
  return projection.biasComesAfter ? projection.bias : undefined;
}

function additionOf(
  { site, headOutput }: SiteCapture,
  surroundings: Surroundings,
  bias: Float32Array | undefined | Missing,
  token: number,
): Addition {
  const queries = headOutput?.dims[2] ?? 0;
  const before = rowOf(surroundings.residual, queries, token);
  const product = rowOf(surroundings.projected, queries, token);
  if (before && product && before.length === product.length && !(bias && 'missing' in bias)) {
    return { before, added: bias ? product.map((value, i) => value + (bias[i] ?? NaN)) : product };
  }
  const reason =
    bias && 'missing' in bias ? bias.missing : 'its output is changed before it is added';
  throw new InspectorError(
    'not-captured',
    `What the ${site.kind}-attention of ${site.stack} layer ${site.layer} adds to the residual stream cannot be read: ${reason}. Choose another export of the model.`,
  );
}

/** One token of `[1, queries, modelDim]` in any shape. */
function rowOf(tensor: Tensor | undefined, queries: number, token: number) {
  const width = (tensor?.data.length ?? 0) / queries;
  if (!tensor || tensor.dims.at(-1) !== width) return undefined;
  return tensor.data.slice(token * width, (token + 1) * width);
}

function bytesOf({ query, headOutput }: SiteCapture): number {
  return TENSORS * sizeOf((query ?? headOutput)?.dims ?? []) * Float32Array.BYTES_PER_ELEMENT;
}

function isSame(a: SiteCapture['site'], b: SiteCapture['site']): boolean {
  return a.stack === b.stack && a.kind === b.kind && a.layer === b.layer;
}
