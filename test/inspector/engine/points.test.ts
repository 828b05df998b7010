import assert from 'node:assert/strict';
import { basename, join } from 'node:path';
import { openModel } from '../../../src/inspector/model/openModel';
import { POINTS, type PointSupport } from '../../../src/protocol/intervention';
import { caseFolders, casesIn, readCase } from './support/cases';

const fixtures = join(import.meta.dirname, '../../fixtures');

/** What is missing in a graph, by its name: everything else has all points in all of its layers. */
const missing: readonly (readonly [RegExp, readonly string[], RegExp])[] = [
  [/op23$/, ['maskedScores', 'weights'], /lies inside Attention: the outputs of its heads can be/],
  [
    /^genai|^llama__groupQuery/,
    ['query', 'key', 'value', 'maskedScores', 'weights'],
    /lies inside com\.microsoft\.GroupQueryAttention: the outputs of its heads can be changed/,
  ],
  [
    /^bert__(O[234]|fused)/,
    ['query', 'key', 'value', 'maskedScores', 'weights'],
    /lies inside com\.microsoft\.(MultiHead)?Attention: the outputs of its heads can be changed/,
  ],
];

const blocks: readonly (readonly [RegExp, readonly string[], RegExp])[] = [
  [
    /hybrid/,
    ['query', 'key', 'value', 'maskedScores', 'weights', 'headOutput', 'attentionOutput'],
    /^Layer \d has no attention \(/,
  ],
];

/** Every place of a model that has a graph, found or missing: each layer of each stack in each point. */
function checkPoints(
  name: string,
  points: readonly PointSupport[],
  layers: Readonly<Record<string, number>>,
  rules: typeof missing,
): void {
  const [, expected = [], reason = /^$/] = rules.find(([pattern]) => pattern.test(name)) ?? [];
  for (const [stack, count] of Object.entries(layers)) {
    const own = points.filter(one => one.stack === stack);
    assert.deepEqual(
      [...new Set(own.map(({ point }) => point))],
      POINTS.filter(point => point !== 'token'),
    );
    for (const { point, kind, layers: has, missing: lacks = [] } of own) {
      const of = `${name} ${stack} ${kind ?? ''} ${point}`;
      const all = [...has, ...lacks.map(({ layer }) => layer)].sort((a, b) => a - b);
      assert.deepEqual(
        all,
        Array.from({ length: count }, (_, layer) => layer),
        of,
      );
      if (!expected.includes(point)) assert.deepEqual(lacks, [], of);
      for (const one of lacks) assert.match(one.reason, reason, of);
      if (expected.includes(point)) assert.ok(lacks.length > 0, of);
    }
  }
}

describe('points where a graph can be changed', () => {
  for (const folder of caseFolders()) {
    if (readCase(folder).facts.n_sites === 0) continue;
    it(basename(folder), async () => {
      const { card, dispose } = await opened(folder);
      await dispose();
      checkPoints(basename(folder), card.points ?? [], card.layers ?? {}, missing);
    });
  }
});

describe('points of experts, of hybrids, of torch’s own modules and of built graphs', () => {
  const folders = ['blocks', 'students', 'weights'].map(name => join(fixtures, name));
  for (const folder of folders.flatMap(casesIn)) {
    it(basename(folder), async () => {
      const { card, dispose } = await opened(folder);
      await dispose();
      checkPoints(basename(folder), card.points ?? [], card.layers ?? {}, blocks);
    });
  }
});

async function opened(folder: string) {
  const model = await openModel(folder, { threads: 1 });
  return { card: model.card, dispose: () => model.dispose() };
}
