import { Capture } from '../../src/inspector/capture/capture';
import type { SiteCapture } from '../../src/inspector/model/run';
import type { CaptureSummary } from '../../src/protocol/capture';
import type { AttentionSite } from '../../src/protocol/model';
import type { Token } from '../../src/protocol/tokens';

/** Noise in [0, 1) from one number; `pages.py` has the same, so that both draw the same data. */
function noise(number: number): number {
  let hash = Math.imul(number, 2654435761) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** Patterns that heads show, by turns: sink, previous token, neighbourhood, far pairs. */
function score(head: number, query: number, key: number, tokens: number): number {
  const far = 6 * noise((head * tokens + query) * tokens + key);
  switch (head % 4) {
    case 0:
      return far + (key === 0 ? 6 : 0);
    case 1:
      return far + (key === query - 1 ? 6 : 0);
    case 2:
      return far - (query - key) / 4;
    default:
      return far;
  }
}

/** Softmax of the scores of one head under a causal mask, `[tokens, tokens]`. */
function fillHead(weights: Float32Array, head: number, tokens: number): void {
  for (let query = 0; query < tokens; query++) {
    const row = weights.subarray(query * tokens, query * tokens + query + 1);
    let sum = 0;
    for (let key = 0; key <= query; key++) {
      const weight = Math.exp(score(head, query, key, tokens));
      row[key] = weight;
      sum += weight;
    }
    for (let key = 0; key <= query; key++) row[key] = (row[key] ?? 0) / sum;
  }
}

/** A causal run of made weights: the tokens `word0`, `word1`, … */
export function madeCapture(tokens: number, layers: number, heads: number): Capture {
  const dims = [1, heads, tokens, tokens];
  const maskedScores = { dims, data: new Float32Array(heads * tokens * tokens).fill(-Infinity) };
  for (let row = 0; row < heads * tokens; row++) {
    const start = row * tokens;
    maskedScores.data.fill(0, start, start + (row % tokens) + 1);
  }
  const sites = Array.from({ length: layers }, (_, layer): SiteCapture => {
    const weights = { dims, data: new Float32Array(heads * tokens * tokens) };
    for (let head = 0; head < heads; head++) {
      const size = tokens * tokens;
      const part = weights.data.subarray(head * size, (head + 1) * size);
      fillHead(part, layer * heads + head, tokens);
    }
    return { site: site(layer, heads), weights, maskedScores };
  });
  const summary = summaryOf(tokens, sites);
  const run = { sites, hiddenStates: {}, lastResidual: {}, runTime: 0 };
  return new Capture(summary, run, () => Promise.reject(new Error('Every map is kept.')));
}

function site(layer: number, heads: number): AttentionSite {
  return {
    stack: 'decoder',
    kind: 'self',
    layer,
    heads,
    keyHeads: heads,
    headDim: 64,
    scale: 1 / 8,
    mask: { kind: 'causal' },
    positional: { kind: 'none' },
    check: { result: 'exact', worst: 0 },
    graph: { operator: 'Softmax', node: `/layers.${layer}/Softmax` },
  };
}

function summaryOf(count: number, captures: readonly SiteCapture[]): CaptureSummary {
  const sites = captures.map(capture => capture.site);
  let end = 0;
  const tokens = Array.from({ length: count }, (_, index): Token => {
    const text = `word${index}`;
    const start = end;
    end += text.length + 1;
    return {
      index,
      id: index,
      token: text,
      text,
      start,
      end: end - 1,
      special: false,
      unknown: false,
      continues: false,
    };
  });
  return {
    id: `made-${count}`,
    model: {
      path: '/made',
      name: 'made',
      architecture: 'Made',
      stacks: ['decoder'],
      sites,
      modelDim: 768,
      vocabulary: 50_000,
      precision: 'float32',
      fileSize: 1,
      outputCheck: { result: 'exact', worst: 0 },
      notes: [],
    },
    text: tokens.map(({ text }) => text).join(' '),
    tokens: { decoder: tokens },
    totalTokens: count,
    sites,
    timings: { tokenize: 0, load: 0, run: 0, collect: 0 },
  };
}
