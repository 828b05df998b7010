import type { RotationNumbers } from '../model/positions/rotationNumbers';
import type { SiteCapture } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import type { Plain } from './headDistances';

/**
 * Queries and keys turned back by the angles of their positions, counted from the first token (Su et al.
 * 2021, §3.2.2). Undefined where it is not known which dimensions make a pair.
 */
export function turnedBack(
  { query, key }: SiteCapture,
  rotation: RotationNumbers,
): Plain | undefined {
  if (!query || !key || rotation.isInterleaved === undefined) return undefined;
  return { query: turned(query, rotation), key: turned(key, rotation) };
}

/** `[batch, heads, tokens, headDim]`, of which the first dimensions are rotated. */
function turned(
  { dims, data }: Tensor,
  { frequencies, isInterleaved }: Pick<RotationNumbers, 'frequencies' | 'isInterleaved'>,
): Tensor {
  const [, , tokens = 1, headDim = 1] = dims;
  const out = data.slice();
  const pairs = frequencies.length;
  for (let start = 0, row = 0; start < data.length; start += headDim, row++) {
    const position = row % tokens;
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position * (frequencies[pair] ?? 0);
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const first = start + (isInterleaved ? 2 * pair : pair);
      const second = start + (isInterleaved ? 2 * pair + 1 : pair + pairs);
      const [a, b] = [data[first] ?? 0, data[second] ?? 0];
      out[first] = a * cosine + b * sine;
      out[second] = b * cosine - a * sine;
    }
  }
  return { dims, data: out };
}
