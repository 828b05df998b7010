import { fromLayer } from '../../../src/inspector/attention/outputStage';
import { Capture } from '../../../src/inspector/capture/capture';
import type { DetailSource } from '../../../src/inspector/capture/details';
import type { ModelRun, SiteCapture } from '../../../src/inspector/model/run';
import type { Projection } from '../../../src/inspector/model/projection';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import type { AttentionRow } from '../../../src/protocol/capture';
import { maskOf } from '../../../src/protocol/change';
import type { AttentionSite, Stack } from '../../../src/protocol/model';
import { HEAD_DIM, seedOf, syntheticVector, type SyntheticCapture } from './syntheticCapture';

/** The numbers of a synthetic capture as a run of the inspector, whose own code then derives from them. */
export function realCapture(synthetic: SyntheticCapture): Capture {
  const { summary } = synthetic;
  const stream = (stack: Stack): Tensor[] => {
    const layers = summary.sites.filter(
      site => site.stack === stack && site.kind === 'self',
    ).length;
    const tokens = summary.tokens[stack]?.length ?? 0;
    return Array.from({ length: layers + 1 }, (_, i) =>
      filled([1, tokens, summary.model.modelDim], n => Math.sin(n * 0.37 + i)),
    );
  };
  const hiddenStates = Object.fromEntries(
    summary.model.stacks.map(stack => [stack, stream(stack)]),
  ) as ModelRun['hiddenStates'];
  const last = summary.model.stacks.at(-1) ?? 'encoder';
  const tokens = summary.tokens[last]?.length ?? 0;
  const run: ModelRun = {
    sites: summary.sites.map(site => siteCapture(synthetic, site)),
    hiddenStates,
    lastResidual: {},
    // Another mask gives another output.
    logits: filled([1, tokens, 64], n => 3 * Math.sin(n * (maskOf(summary) ? 1.71 : 1.7))),
    runTime: summary.timings.run,
  };
  return new Capture(
    summary,
    run,
    () => Promise.reject(new Error('Every map is kept.')),
    detailSource(summary.model.sites, run),
  );
}

/** W_O made of a pattern, the residual stream before each layer, and in decoders vectors turned by half a circle. */
function detailSource(sites: readonly AttentionSite[], run: ModelRun): DetailSource {
  const modelDim = run.hiddenStates.encoder?.[0]?.dims[2] ?? run.hiddenStates.decoder?.[0]?.dims[2];
  const projectionOf = (index: number): Projection => {
    const { heads = 1 } = sites[index] ?? {};
    const weights = filled([heads, HEAD_DIM, modelDim ?? 1], n => Math.sin(n * 1.3 + index) / 6);
    const bias = filled([modelDim ?? 1], n => Math.cos(n) / 10).data;
    return { weights: weights.data, modelDim: modelDim ?? 1, bias, biasComesAfter: false };
  };
  return {
    projection: index => Promise.resolve(projectionOf(index)),
    runAll: () => Promise.reject(new Error('Nothing reads all layers of a synthetic capture.')),
    run: index => {
      const site = sites[index];
      const capture = run.sites.find(one => one.site === site);
      if (!capture?.headOutput) return Promise.reject(new Error('No such site.'));
      const { headOutput } = capture;
      const queries = headOutput.dims[2] ?? 0;
      const projection = projectionOf(index);
      const projected = empty([1, queries, projection.modelDim]);
      for (let query = 0; query < queries; query++) {
        const row = fromLayer(headOutput, projection, query).fromLayer;
        projected.data.set(row, query * projection.modelDim);
      }
      const residual = run.hiddenStates[capture.site.stack]?.[capture.site.layer];
      const turned = (tensor: Tensor | undefined) =>
        tensor && { ...tensor, data: tensor.data.map(value => -value) };
      const [unrotatedQuery, unrotatedKey] = [turned(capture.query), turned(capture.key)];
      const rotates = capture.site.stack === 'decoder' && unrotatedQuery && unrotatedKey;
      const details = {
        ...capture,
        projected,
        ...(residual ? { residual } : {}),
        ...(rotates ? { unrotatedQuery, unrotatedKey } : {}),
      };
      return Promise.resolve({ ...run, sites: [details] });
    },
  };
}

function siteCapture(synthetic: SyntheticCapture, site: AttentionSite): SiteCapture {
  const { queries, keys } = synthetic.sizes(site);
  const rows: AttentionRow[] = [];
  for (let head = 0; head < site.heads; head++) {
    for (let query = 0; query < queries; query++) {
      rows.push(synthetic.row(site, site.layer, head, query));
    }
  }
  const map = (pick: (row: AttentionRow) => Float32Array | undefined): Tensor => {
    const tensor = empty([1, site.heads, queries, keys]);
    rows.forEach((row, i) => tensor.data.set(pick(row) ?? [], i * keys));
    return tensor;
  };
  const vectors = (part: 'query' | 'key' | 'value', count: number): Tensor => {
    const tensor = empty([1, site.heads, count, HEAD_DIM]);
    for (let row = 0; row < site.heads * count; row++) {
      const seed = seedOf(site, site.layer, Math.floor(row / count));
      tensor.data.set(syntheticVector(part, seed, row % count), row * HEAD_DIM);
    }
    return tensor;
  };
  const value = vectors('value', keys);
  const weigh = (): Tensor => {
    const headOutput = empty([1, site.heads, queries, HEAD_DIM]);
    rows.forEach(({ weights }, row) => {
      const head = Math.floor(row / queries);
      weights.forEach((weight, key) => {
        for (let i = 0; i < HEAD_DIM; i++) {
          const at = row * HEAD_DIM + i;
          const entry = value.data[(head * keys + key) * HEAD_DIM + i] ?? 0;
          headOutput.data[at] = (headOutput.data[at] ?? 0) + weight * entry;
        }
      });
    });
    return headOutput;
  };
  let headOutput: Tensor | undefined;
  return {
    site,
    query: vectors('query', queries),
    key: vectors('key', keys),
    value,
    maskedScores: map(row => row.maskedScores),
    weights: map(row => row.weights),
    ...(site.sink ? { sink: sinksOf(rows, site.heads) } : {}),
    // Takes seconds for long texts, and few tests look at it.
    get headOutput() {
      return (headOutput ??= weigh());
    },
  };
}

/** What a sink takes of each row `[1, heads, queries, 1]`. */
const sinksOf = (rows: readonly AttentionRow[], heads: number): Tensor => ({
  dims: [1, heads, rows.length / heads, 1],
  data: Float32Array.from(rows, ({ sink }) => sink ?? NaN),
});

const empty = (dims: readonly number[]): Tensor => ({
  dims,
  data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)),
});

function filled(dims: readonly number[], value: (index: number) => number): Tensor {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return { dims, data: Float32Array.from({ length: size }, (_, i) => value(i)) };
}
