import { readFile } from 'node:fs/promises';
import type { InstrumentedModel } from '../../model/instrumentedModel';
import type { PointAt } from '../../model/run';
import { sizeOf, type Tensor } from '../../runtime/tensor';
import { captured, NOTHING, runText, type RunParts } from './otherRuns';
import { wrong } from './target';

/** Sentences that a mean is taken over, evenly spread over the corpus. */
const MOST_SENTENCES = 64;

/** Means of a model that were taken, by the file and the place. */
const known = new WeakMap<InstrumentedModel, Map<string, Tensor>>();

/**
 * Means over all tokens of sentences of a corpus, special tokens among them `[1, heads, 1, columns]`; taken
 * once for each model that is open. An encoder–decoder model reads each sentence as its own target.
 * @throws InspectorError `inputs-wrong`
 */
export async function corpusMeans(
  parts: RunParts,
  places: readonly PointAt[],
): Promise<readonly (readonly [PointAt, Tensor])[]> {
  const { model, corpus } = parts;
  if (corpus === undefined) {
    throw wrong(
      'There is no bundled treebank that a mean could be taken over: use the mean of the text.',
    );
  }
  const means = known.get(model) ?? new Map<string, Tensor>();
  known.set(model, means);
  const nameOf = (at: PointAt) => JSON.stringify([corpus, at]);
  const missing = places.filter(at => !means.has(nameOf(at)));
  if (missing.length > 0) {
    for (const [at, mean] of await taken(parts, corpus, missing)) means.set(nameOf(at), mean);
  }
  return places.flatMap(at => {
    const mean = means.get(nameOf(at));
    return mean ? [[at, mean] as const] : [];
  });
}

async function taken(
  parts: RunParts,
  corpus: string,
  places: readonly PointAt[],
): Promise<readonly (readonly [PointAt, Tensor])[]> {
  const hasTarget = parts.model.card.stacks.length > 1;
  const sums = new Map<PointAt, { total: Float64Array; dims: readonly number[]; rows: number }>();
  for (const text of await sentencesOf(corpus)) {
    const request = { ...NOTHING, points: places };
    const run = await runText(parts, text, hasTarget ? text : undefined, request);
    for (const [at, { dims, data }] of captured(run)) {
      const [, heads = 1, rows = 1, columns = 1] = dims;
      const sum = sums.get(at) ?? {
        total: new Float64Array(heads * columns),
        dims: [1, heads, 1, columns],
        rows: 0,
      };
      for (let i = 0; i < data.length; i++) {
        const head = Math.floor(i / (rows * columns));
        const to = head * columns + (i % columns);
        sum.total[to] = (sum.total[to] ?? 0) + (data[i] ?? NaN);
      }
      sum.rows += rows;
      sums.set(at, sum);
    }
  }
  return [...sums].map(([at, { total, dims, rows }]) => {
    return [at, { dims, data: Float32Array.from(total, value => value / rows) }] as const;
  });
}

/** The texts of a CoNLL-U file, evenly spread. */
async function sentencesOf(path: string): Promise<readonly string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  const texts = lines.flatMap(line => /^# text = (.+)$/.exec(line.trimEnd())?.[1] ?? []);
  const count = Math.min(MOST_SENTENCES, texts.length);
  return Array.from({ length: count }, (_, i) => {
    return texts[Math.floor(((i + 0.5) * texts.length) / count)] ?? '';
  });
}

/** The mean of the rows of each head `[1, heads, 1, columns]`. */
export function meanOfRows({ dims, data }: Tensor): Tensor {
  const [batch = 1, heads = 1, rows = 1, columns = 1] = dims;
  const means = new Float32Array(batch * heads * columns);
  for (let head = 0; head < batch * heads; head++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let row = 0; row < rows; row++)
        sum += data[(head * rows + row) * columns + column] ?? NaN;
      means[head * columns + column] = sum / rows;
    }
  }
  const shape = [batch, heads, 1, columns];
  return { dims: shape, data: means.subarray(0, sizeOf(shape)) };
}
