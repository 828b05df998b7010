import { InspectorError } from '../../protocol/errors';
import { shortened } from '../files/shortened';
import type { Config } from './config';
import type { Rope } from './graph/spec';
import { ropeParameters } from './ropeParameters';

/** What a family says of its rotary positions. */
export interface RopeOptions {
  /** Whose positions these are, where layers of several types have others. */
  readonly layerType?: string;
  /** The base, where the configuration has none. */
  readonly theta?: number;
  /** The part of a head that is rotated, where the configuration says nothing of it. */
  readonly part?: number;
  readonly interleaved?: boolean;
  /** Layers with a window are not scaled, where there is one scaling for all. */
  readonly scalesGlobalOnly?: boolean;
}

/** More dimensions than any head has. */
const mostDims = 2 ** 13;

/** Frequencies as float32, which is what models compute them in. */
const f = Math.fround;

/** What the scalings have in common. */
interface Plain {
  /** Fields of the configuration that are about rotary positions. */
  readonly section: Config;
  readonly config: Config;
  readonly theta: number;
  /** Rotated dimensions. */
  readonly dims: number;
  readonly frequencies: readonly number[];
}

/** Scalings by their names in Hugging Face. */
const scalings: ReadonlyMap<string, (plain: Plain) => Rope> = new Map([
  ['default', ({ frequencies }) => ({ frequencies, scale: 1 })],
  ['dynamic', dynamic],
  ['linear', linear],
  ['llama3', llama3],
  ['yarn', yarn],
  ['longrope', longrope],
  ['su', longrope],
]);

/**
 * The rotary positions of a model's heads.
 * @param headDim dimensions of a head
 * @throws InspectorError `model-unsupported` for a scaling or a field that is not known
 */
export function rope(c: Config, headDim: number, options: RopeOptions = {}): Rope {
  const { section, theta } = ropeParameters(c, options);
  const outside = c.optional('partial_rotary_factor', 'rotary_pct', 'rope_pct');
  const part = section.optional('partial_rotary_factor') ?? outside ?? options.part ?? 1;
  const dims = Math.trunc(headDim * part);
  if (!(theta > 0) || !(dims > 0) || dims > Math.min(headDim, mostDims)) {
    throw new InspectorError(
      'model-unsupported',
      `config.json has rotary positions of the base ${theta} over ${dims} of ${headDim} dimensions, ` +
        'which cannot be: check the file.',
    );
  }
  const frequencies = Array.from({ length: Math.ceil(dims / 2) }, (_, i) =>
    f(1 / power(theta, i, dims)),
  );
  const type = section.text('default', 'rope_type', 'type');
  const scaled = scalings.get(type)?.({ section, config: c, theta, dims, frequencies });
  if (scaled) return { ...scaled, ...(options.interleaved ? { interleaved: true } : {}) };
  throw new InspectorError(
    'model-unsupported',
    `Rotary positions of the type “${shortened(type)}” in config.json are not known here: export the ` +
      'model to ONNX instead, as docs/exporting.md shows.',
  );
}

/** θ^(2i / dims) */
function power(theta: number, i: number, dims: number): number {
  return f(theta ** f((2 * i) / dims));
}

/** Texts of this length the model was made for before it was made for longer ones. */
function originalLength({ section, config }: Plain): number {
  const own = config.optional('original_max_position_embeddings');
  return (
    own ??
    section.optional('original_max_position_embeddings') ??
    config.number('max_position_embeddings')
  );
}

/** How many times longer texts may be than those. */
function lengthFactor(plain: Plain): number {
  const { section, config } = plain;
  return (
    section.optional('factor') ?? config.number('max_position_embeddings') / originalLength(plain)
  );
}

/**
 * Other than the default for texts only that are longer than the model was made for, unless a
 * factor on the base is given, which holds for all (Hunyuan).
 */
function dynamic({ section, frequencies, theta, dims }: Plain): Rope {
  const alpha = section.optional('alpha');
  if (!alpha) return { frequencies, scale: 1 };
  const base = theta * alpha ** (dims / (dims - 2));
  return { frequencies: frequencies.map((_, i) => f(1 / power(base, i, dims))), scale: 1 };
}

function linear({ section, frequencies }: Plain): Rope {
  const factor = section.number('factor');
  return { frequencies: frequencies.map(each => f(each / factor)), scale: 1 };
}

/** Long waves are stretched, short ones are not (Llama 3.1). */
function llama3(plain: Plain): Rope {
  const { section } = plain;
  const factor = section.number('factor');
  const low = section.number('low_freq_factor');
  const high = section.number('high_freq_factor');
  const original = originalLength(plain);
  const stretched = (each: number) => {
    const wavelength = (2 * Math.PI) / each;
    if (wavelength < original / high) return each;
    if (wavelength > original / low) return f(each / factor);
    const share = (original / wavelength - low) / (high - low);
    return f(((1 - share) * each) / factor + share * each);
  };
  return { frequencies: plain.frequencies.map(stretched), scale: 1 };
}

/** Long waves are stretched, short ones are not, with a ramp between them (arXiv:2309.00071). */
function yarn(plain: Plain): Rope {
  const { section, dims, theta } = plain;
  // The first Phi-3 had the name of one for the other.
  if (section.raw('short_factor') !== undefined) return longrope(plain);
  const factor = lengthFactor(plain);
  const original = originalLength(plain);
  const magnitude = (by = 1) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const [own, all] = [section.optional('mscale'), section.optional('mscale_all_dim')];
  const scale =
    section.optional('attention_factor') ??
    (own && all ? magnitude(own) / magnitude(all) : magnitude());
  const rounds = (ends: readonly [number, number]) =>
    section.flag('truncate', true) ? ([Math.floor(ends[0]), Math.ceil(ends[1])] as const) : ends;
  // The dimension whose wave turns so many times in a text of the original length.
  const turning = (times: number) =>
    (dims * Math.log(original / (times * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = rounds([
    turning(section.optional('beta_fast') || 32),
    turning(section.optional('beta_slow') || 1),
  ]);
  const low = Math.max(first, 0);
  const high = Math.min(last, dims - 1);
  const width = high === low ? 0.001 : high - low;
  const stretched = (each: number, i: number) => {
    const share = Math.min(Math.max((i - low) / width, 0), 1);
    return f((each / factor) * share + each * (1 - share));
  };
  return { frequencies: plain.frequencies.map(stretched), scale };
}

/** Factors for each wave, others for long texts (arXiv:2402.13753). */
function longrope(plain: Plain): Rope {
  const { section, theta, dims, frequencies } = plain;
  const factor = lengthFactor(plain);
  const original = originalLength(plain);
  const scale =
    section.optional('attention_factor') ??
    (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original)));
  const stretched = (name: string) => {
    const factors = section.numbers(name) ?? [];
    if (factors.length === frequencies.length) {
      return factors.map((each, i) => f(1 / f(each * power(theta, i, dims))));
    }
    throw new InspectorError(
      'model-unsupported',
      `“${name}” of config.json has ${factors.length} numbers for ${frequencies.length} pairs of ` +
        'rotated dimensions: check the file.',
    );
  };
  return {
    frequencies: stretched('short_factor'),
    scale,
    long: { frequencies: stretched('long_factor'), after: Math.floor(original) },
  };
}
