import type { Node } from '../file/types';
import type { Analysis } from '../graph/analysis';
import { readElements } from '../graph/constants';
import { trigonometry } from '../graph/origin';
import type { FoundSite } from '../graph/site';

/** Parameters of a rotary encoding, as far as the graph tells them. */
export interface Rotation {
  readonly base?: number;
  /** Dimensions of each head that are rotated. */
  readonly rotaryDim?: number;
}

/** Reads the frequencies base^(-2i/dim) from the constants that the sines are computed from. */
export function rotation(analysis: Analysis, site: FoundSite): Rotation {
  for (const node of [...site.query.nodes, site.node]) {
    const table = sineTable(node);
    const frequencies = table
      ? (tabulated(analysis, table) ?? computed(analysis, table))
      : node.inputs
          .filter(input => !analysis.labels.isHidden(input))
          .map(input => computed(analysis, input))
          .find(Boolean);
    if (frequencies) return fromFrequencies(frequencies);
  }
  return {};
}

/** Where rotary operators take their sines from. */
function sineTable({ operator, domain, inputs }: Node): string | undefined {
  if (operator === 'GroupQueryAttention') return inputs[8];
  if (operator === 'RotaryEmbedding') return inputs[domain ? 3 : 2];
  return undefined;
}

/** Frequencies from the sines of position 1 in a table `[positions, dim / 2]`. */
function tabulated({ constants }: Analysis, tensor: string): readonly number[] | undefined {
  const stored = constants.of(tensor)?.stored;
  const width = stored?.dims[1];
  if (!stored || width === undefined || (stored.dims[0] ?? 0) < 2) return undefined;
  return readElements(stored, width, width)?.map(Math.asin);
}

/** Frequencies that positions are multiplied with before the sine is taken. */
function computed(analysis: Analysis, tensor: string): readonly number[] | undefined {
  const sine = trigonometry(analysis, tensor);
  if (!sine) return undefined;
  const seen = new Set(sine.inputs);
  for (const current of seen) {
    const constant = analysis.constants.of(current);
    const stored = constant?.stored;
    const count = constant?.dims.reduce((a, b) => a * b, 1) ?? 0;
    if (stored && count > 1 && count <= 1024) {
      const values = readElements(stored, 0, count);
      if (
        values &&
        values[0] === 1 &&
        values.every((v, i) => i === 0 || v < (values[i - 1] ?? 0))
      ) {
        return values;
      }
    }
    const node = analysis.index.producer(current);
    if (node && seen.size < 40) for (const input of node.inputs) if (input) seen.add(input);
  }
  return undefined;
}

function fromFrequencies(frequencies: readonly number[]): Rotation {
  const count = frequencies.length;
  const base = (frequencies[1] ?? 1) ** -count;
  const isGeometric = frequencies.every((f, i) => Math.abs(f / base ** (-i / count) - 1) < 0.02);
  // Scaled frequencies (Llama 3, YaRN) have no single base.
  return { rotaryDim: 2 * count, ...(isGeometric ? { base: rounded(base) } : {}) };
}

/** Bases are whole numbers; what is left is rounding of the stored frequencies. */
function rounded(base: number): number {
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(base)) - 2);
  const near = Math.round(base / digits) * digits;
  return Math.abs(near / base - 1) < 1e-3 ? near : base;
}
