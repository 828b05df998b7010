import { InspectorError } from '../../protocol/errors';
import type { Positions } from './graph/spec';

type Table = Positions['table'];

/** Numbers of the largest table that is made. */
const most = 2 ** 24;

/** Sines in the first half of the dimensions, cosines in the second (Marian, Pegasus). */
export function halfSinusoids(positions: number, width: number): Table {
  const half = Math.ceil(width / 2);
  return table(positions, width, (p, i) => {
    const turns = p / 10_000 ** ((2 * (i < half ? i : i - half)) / width);
    return i < half ? Math.sin(turns) : Math.cos(turns);
  });
}

/**
 * Fairseq's: as above, with one frequency less and nothing at the padding's position (M2M-100,
 * XGLM). In float32 as they are computed there.
 */
export function fairseqSinusoids(positions: number, width: number, padding: number): Table {
  const half = Math.floor(width / 2);
  const f = Math.fround;
  const step = f(-Math.log(10_000) / (half - 1));
  return table(positions, width, (p, i) => {
    if (p === padding || i >= 2 * half) return 0;
    const turns = f(p * f(Math.exp(f((i % half) * step))));
    return i < half ? Math.sin(turns) : Math.cos(turns);
  });
}

function table(positions: number, width: number, at: (p: number, i: number) => number): Table {
  if (positions * width > most) {
    throw new InspectorError(
      'model-unsupported',
      `config.json has ${positions} positions of ${width} numbers each, more than are computed: ` +
        'check the file.',
    );
  }
  const values = new Float32Array(positions * width);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < width; i++) values[p * width + i] = at(p, i);
  }
  return { values, dims: [positions, width] };
}
