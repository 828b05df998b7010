import type { Block } from '../../protocol/capture';
import { InspectorError } from '../../protocol/errors';
import type { OrderEffect } from '../../protocol/positions';
import { LARGEST_WHOLE_MAP } from '../../protocol/tiles';
import type { Weights } from '../attention/weightMap';
import { extent, type Capture } from '../capture/capture';
import { moved as outputMoved, outputsOf, outputStack } from '../capture/outputs';
import { breaths } from '../runtime/breathe';
import { placesOf, type Places } from './places';

/**
 * What another order did to the weights of a block and to the output; each token is compared with itself,
 * wherever it stands.
 * @throws InspectorError `inputs-wrong` where `after` is no reordering of `before`
 */
export async function orderEffect(
  before: Capture,
  after: Capture,
  block: Block,
): Promise<OrderEffect> {
  const [one, other] = [before.summary.model, after.summary.model];
  if (one.path !== other.path || one.sites.length !== other.sites.length) {
    throw new InspectorError(
      'inputs-wrong',
      `The two runs are of different models, ${one.name} and ${other.name}. Compare runs of the same model.`,
    );
  }
  const rows = placesOf(before.summary, after.summary, block.stack);
  const isCross = block.kind === 'cross';
  const columns = isCross ? placesOf(before.summary, after.summary, 'encoder') : rows;
  checkLength(Math.max(rows.places.length, columns.places.length));

  const sites = before.sitesOf(block);
  const { layers, heads } = extent(before, block);
  const moved = new Float32Array(layers * heads).fill(NaN);
  const sums = new Float64Array(rows.places.length);
  let compared = 0;
  const breathe = breaths();
  for (const { site } of sites) {
    for (let head = 0; head < site.heads; head++) {
      const choice = { block, layer: site.layer, head };
      const [a, b] = [await before.weights(choice), await after.weights(choice)];
      const each = variation(a, b, rows, columns);
      moved[site.layer * heads + head] = each.reduce((sum, value) => sum + value, 0) / each.length;
      each.forEach((value, token) => (sums[token] = (sums[token] ?? 0) + value));
      compared++;
      await breathe();
    }
  }
  return {
    block,
    layers,
    heads,
    moved,
    movedOfToken: Float32Array.from(sums, sum => sum / compared),
    ...(await outputEffect(before, after)),
  };
}

/** Total variation of each token's row, its keys compared with themselves `[tokens]`. */
function variation(a: Weights, b: Weights, rows: Places, columns: Places): readonly number[] {
  return rows.places.map((place, row) => {
    const [startA, startB] = [(rows.first + row) * a.keys, place * b.keys];
    let sum = 0;
    columns.places.forEach((column, key) => {
      const weight = a.weights[startA + columns.first + key] ?? 0;
      sum += Math.abs((b.weights[startB + column] ?? 0) - weight);
    });
    return sum / 2;
  });
}

/** How far the output of each token moved; nothing for models without logits. */
async function outputEffect(
  before: Capture,
  after: Capture,
): Promise<Pick<OrderEffect, 'kl' | 'flipped'>> {
  if (!before.run.logits || !after.run.logits) return {};
  const { first, places } = placesOf(before.summary, after.summary, outputStack(before));
  const tokens = places.map((place, i) => [first + i, place] as const);
  return outputMoved(outputsOf(before), outputsOf(after), tokens);
}

function checkLength(longest: number): void {
  if (longest <= LARGEST_WHOLE_MAP) return;
  const [most, count] = [LARGEST_WHOLE_MAP, longest].map(n => n.toLocaleString('en'));
  throw new InspectorError(
    'inputs-wrong',
    `Orders are compared over whole maps, up to ${most} tokens; these runs have ${count}. Choose a shorter text.`,
  );
}
