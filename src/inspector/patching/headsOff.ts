import { layerCount } from '../../protocol/model';
import type { PointAt } from '../model/run';
import type { Tensor } from '../runtime/tensor';
import { normals } from './normals';
import { effectsOf, rowsFrom, type SweepRun, type Swept } from './sweepRun';

/** Random vectors that the effect of each head is compared with. */
const DRAWS = 4;

/**
 * Each head off, alone: its outputs become 0, or their mean over the tokens of the text (zero and mean
 * ablation, Michel et al. 2019; Wang et al. 2022). Beside it the mean effect of random vectors that are
 * added to the head's outputs, token by token as long as what was taken from them.
 */
export async function headsOff(run: SweepRun, how: 'zero' | 'mean'): Promise<Swept> {
  const { card, stack, kind, pieces, plain, heed } = run;
  const layers = layerCount(card, stack);
  const ofStack = card.sites.filter(site => site.stack === stack && site.kind === kind);
  const columns = Math.max(0, ...ofStack.map(({ heads }) => heads));
  const effects = new Float32Array(layers * columns).fill(NaN);
  const random = effects.slice();
  const missing: string[] = [];
  for (let layer = layers - 1; layer >= 0; layer--) {
    const place: PointAt = { stack, layer, kind, point: 'headOutput' };
    const reason = pieces.missing(place);
    if (reason === undefined) {
      const [own] = await pieces.values(plain, [place], heed);
      if (own) {
        const found = await layerOff(run, place, own, how);
        effects.set(found.effects, layer * columns);
        random.set(found.random, layer * columns);
      }
    } else missing.push(reason);
    run.progress((layers - layer) / layers);
  }
  return { effects, rows: layers, columns, random, missing };
}

async function layerOff(run: SweepRun, place: PointAt, own: Tensor, how: 'zero' | 'mean') {
  const [, heads = 1, tokens = 1, width = 1] = own.dims;
  const draws = DRAWS + 1;
  const size = heads * tokens * width;
  const mask = new Uint8Array(heads * draws * heads * tokens);
  const value = new Float32Array(heads * draws * size);
  const random = normals(place.layer);
  for (let head = 0; head < heads; head++) {
    const at = head * tokens * width;
    const had = own.data.subarray(at, at + tokens * width);
    const off = how === 'zero' ? new Float32Array(had.length) : meanOf(had, run.tokens, width);
    for (let draw = 0; draw < draws; draw++) {
      const row = head * draws + draw;
      mask.fill(1, (row * heads + head) * tokens, (row * heads + head + 1) * tokens);
      const put = draw === 0 ? off : moved(had, off, width, random);
      value.set(put, row * size + at);
    }
  }
  const whole = { dims: [heads * draws, heads, tokens, width], data: value };
  const where = { dims: [heads * draws, heads, tokens, 1], data: mask };
  const all = await effectsOf(run, heads * draws, (from, end) => [
    { at: place, mask: rowsFrom(where, from, end), value: rowsFrom(whole, from, end) },
  ]);
  const of = (head: number) => all.subarray(head * draws, (head + 1) * draws);
  return {
    effects: Float32Array.from({ length: heads }, (_, head) => of(head)[0] ?? NaN),
    random: Float32Array.from(
      { length: heads },
      (_, head) =>
        of(head)
          .subarray(1)
          .reduce((sum, effect) => sum + effect, 0) / DRAWS,
    ),
  };
}

/** The mean over the tokens of the text, at every token `[tokens, width]`. */
function meanOf(states: Float32Array, tokens: number, width: number): Float32Array {
  const mean = new Float64Array(width);
  const count = Math.min(tokens, states.length / width);
  for (let i = 0; i < count * width; i++)
    mean[i % width] = (mean[i % width] ?? 0) + (states[i] ?? NaN);
  return states.map((_, i) => (mean[i % width] ?? NaN) / count);
}

/** Each vector moved in a random direction, as far as from `from` to `to` `[tokens, width]`. */
function moved(
  from: Float32Array,
  to: Float32Array,
  width: number,
  random: () => number,
): Float32Array {
  const result = from.slice();
  for (let at = 0; at < from.length; at += width) {
    const direction = Float64Array.from({ length: width }, random);
    let [distance, length] = [0, 0];
    for (let d = 0; d < width; d++) {
      distance += ((to[at + d] ?? NaN) - (from[at + d] ?? NaN)) ** 2;
      length += (direction[d] ?? NaN) ** 2;
    }
    const factor = Math.sqrt(distance / length);
    for (let d = 0; d < width; d++) {
      result[at + d] = (from[at + d] ?? NaN) + factor * (direction[d] ?? NaN);
    }
  }
  return result;
}
