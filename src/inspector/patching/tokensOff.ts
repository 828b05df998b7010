import type { PointAt } from '../model/run';
import { effectsOf, type SweepRun, type Swept } from './sweepRun';

/**
 * Each token occluded, alone: its state before the first layer becomes the mean of those of the text
 * (occlusion, Zeiler & Fergus 2014; Li et al. 2016). `[1, tokens]`.
 */
export async function tokensOff(run: SweepRun): Promise<Swept> {
  const { pieces, plain, stack, tokens, heed } = run;
  const place: PointAt = { stack, layer: 0, point: 'residual' };
  const nothing = new Float32Array(tokens).fill(NaN);
  const reason = pieces.missing(place);
  if (reason !== undefined) {
    return { effects: nothing, rows: 1, columns: tokens, missing: [reason] };
  }
  const [own] = await pieces.values(plain, [place], heed);
  const [, , all = tokens, width = 1] = own?.dims ?? [];
  const value = new Float32Array(all * width);
  for (let i = 0; i < value.length; i++) {
    let sum = 0;
    for (let token = 0; token < tokens; token++)
      sum += own?.data[token * width + (i % width)] ?? NaN;
    value[i] = sum / tokens;
  }
  const effects = await effectsOf(run, tokens, (from, end) => {
    const mask = new Uint8Array((end - from) * all);
    for (let token = from; token < end; token++) mask[(token - from) * all + token] = 1;
    const where = { dims: [end - from, 1, all, 1], data: mask };
    return [{ at: place, mask: where, value: { dims: [1, 1, all, width], data: value } }];
  });
  run.progress(1);
  return { effects, rows: 1, columns: tokens, missing: [] };
}
