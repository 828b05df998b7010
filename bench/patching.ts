import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { InstrumentedModel } from '../src/inspector/model/instrumentedModel';
import { openModel } from '../src/inspector/model/openModel';
import type { Heed, PlainRun, PlainText } from '../src/inspector/model/pieces/piecesOf';
import type { Pieces } from '../src/inspector/model/pieces/pieces';
import type { CaptureRequest } from '../src/inspector/model/run';
import { patching } from '../src/inspector/patching/patching';
import { patchMaps, type PatchChoice } from '../src/inspector/patching/patchMaps';
import type { Sides } from '../src/inspector/patching/sides';
import { inspect } from '../src/inspector/run/inspect';
import { ModelStore } from '../src/inspector/store/modelStore';
import { largestAt } from '../src/inspector/attention/softmax';
import { HEAD_PARTS, STATE_PARTS } from '../src/protocol/patching';
import { NEVER_CANCELLED } from '../src/protocol/rpc';
import { makeModel, shapes } from './engine/makeModel';
import { median, table } from './support';

const TOKENS = 20;
const ROUNDS = 3;
/** A map of the bundled models is to take no longer. */
const LIMIT = 300;

const heed: Heed = () => Promise.resolve();
const LOGITS: CaptureRequest = {
  weights: false,
  queryKeyValue: false,
  maskedScores: false,
  headOutput: false,
  hiddenStates: false,
  logits: true,
};

/** What patching costs: one run a cell, one batch a layer and the chain of pieces, and bundled models. */
export async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'attention-debugger-bench-'));
  try {
    const file = join(folder, 'model.onnx');
    makeModel(file, shapes.gpt2);
    await large(file);
  } finally {
    await rm(folder, { recursive: true });
  }
  await bundled();
}

interface Cost {
  readonly wall: number;
  readonly processor: number;
}

async function timed(work: () => Promise<unknown>): Promise<Cost> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - started, processor: (user + system) / 1000 };
}

async function large(file: string): Promise<void> {
  const { layers, vocabulary } = shapes.gpt2;
  const model = await openModel(file, { threads: 1 });
  const ids = (seed: number) =>
    BigInt64Array.from({ length: TOKENS }, (_, i) => BigInt((i * 2477 + seed) % vocabulary));
  // The texts differ from their first token on, so that no cell is known without a run.
  const texts = [await textOf(model, ids(11)), await textOf(model, ids(4099))];
  const pieces = model.pieces();
  const whole = pieces.asWhole();
  whole.expect(['residual']);
  const opening = await timed(() => pieces.plain(texts, heed));
  const ours = await sidesOf(model, pieces, texts);
  const theirs = await sidesOf(model, whole, texts);
  const stack = model.card.stacks[0] ?? 'decoder';
  const choice: PatchChoice = {
    parts: ['residual'],
    stack,
    kind: 'self',
    layers,
    tokens: TOKENS,
    keyHeads: () => undefined,
  };
  const costs: Record<'cell' | 'batch' | 'chain', Cost[]> = { cell: [], batch: [], chain: [] };
  const maps: Float32Array[] = [];
  const single: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    costs.cell.push(
      await timed(async () => {
        for (let layer = 0; layer < layers; layer++) {
          const token = (layer * 7 + round) % TOKENS;
          single[layer * TOKENS + token] = (await cells(theirs, stack, layer, [token]))[0] ?? NaN;
        }
      }),
    );
    const all = Array.from({ length: TOKENS }, (_, i) => i);
    costs.batch.push(await timed(() => cells(theirs, stack, (round * 5) % layers, all)));
    costs.chain.push(
      await timed(async () => {
        const { rows } = await patchMaps(ours, choice, () => undefined, heed);
        for (const { layer, shares } of rows) maps[layer] = shares;
      }),
    );
  }
  const worst = Object.entries(single).reduce((most, [at, share]) => {
    const own = maps[Math.floor(Number(at) / TOKENS)]?.[Number(at) % TOKENS] ?? NaN;
    return Math.max(most, Math.abs(own - share));
  }, 0);
  const of = (name: keyof typeof costs, factor: number): Cost => ({
    wall: factor * median(costs[name].map(({ wall }) => wall)),
    processor: factor * median(costs[name].map(({ processor }) => processor)),
  });
  const [cell, batch, chain] = [of('cell', TOKENS), of('batch', layers), of('chain', 1)];
  const row = (name: string, { wall, processor }: Cost) => [
    name,
    seconds(wall),
    seconds(processor),
    `${(cell.processor / processor).toFixed(1)}×`,
  ];
  console.log(
    table(
      [`${layers} layers × ${TOKENS} tokens, size of GPT-2`, 'wall', 'processor', 'gain'],
      [
        row('one run a cell', cell),
        row('one batch a layer', batch),
        row('ours (expected ≥ 3×)', chain),
      ],
    ),
  );
  console.log(
    `opening the pieces and two plain runs: ${seconds(opening.wall)}; largest difference of a share: ${worst.toExponential(1)}`,
  );
  await whole.release();
  await model.dispose();
}

async function textOf(model: InstrumentedModel, ids: BigInt64Array): Promise<PlainText> {
  const feeds = { input_ids: { dims: [1, ids.length], data: ids } };
  const { logits } = await model.run(feeds, LOGITS);
  const token = ids.length - 1;
  const vocabulary = logits?.dims[2] ?? 0;
  const own = logits?.data.slice(token * vocabulary, (token + 1) * vocabulary);
  return { feeds, token, logits: own ?? new Float32Array() };
}

async function sidesOf(
  model: InstrumentedModel,
  pieces: Pieces,
  texts: readonly PlainText[],
): Promise<Sides> {
  const [source, receiver] = (await pieces.plain(texts, heed)) as [PlainRun, PlainRun];
  const difference = source.logits.map((logit, i) => logit - (receiver.logits[i] ?? NaN));
  const [answer, other] = [largestAt(difference), largestAt(difference.map(value => -value))];
  const measure = (logits: Float32Array) => (logits[answer] ?? NaN) - (logits[other] ?? NaN);
  const [ofA, ofB] = [measure(source.logits), measure(receiver.logits)];
  const share = (logits: Float32Array) => (measure(logits) - ofB) / (ofA - ofB);
  return { model, pieces, source, receiver, ofA, ofB, share };
}

/** Shares of some tokens of one layer, in one run of as many rows. */
async function cells(
  { pieces, source, receiver, share }: Sides,
  stack: PatchChoice['stack'],
  layer: number,
  tokens: readonly number[],
): Promise<readonly number[]> {
  const at = { stack, layer, point: 'residual' } as const;
  const [value] = await pieces.values(source, [at], heed);
  const mask = new Uint8Array(tokens.length * TOKENS);
  for (const [row, token] of tokens.entries()) mask[row * TOKENS + token] = 1;
  const edit = {
    at,
    mask: { dims: [tokens.length, 1, TOKENS, 1], data: mask },
    value: value ?? { dims: [], data: new Float32Array() },
  };
  const { data } = await pieces.outputs(receiver, tokens.length, [edit], heed);
  const vocabulary = data.length / tokens.length;
  return tokens.map((_, row) => share(data.subarray(row * vocabulary, (row + 1) * vocabulary)));
}

async function bundled(): Promise<void> {
  const cases = [
    ['decoder', 'The dogs near the house', 'The dog near the house'],
    ['encoder', 'The dogs near the house [MASK] black.', 'The dog near the house [MASK] black.'],
    ['encoder-decoder', 'The dog the chased cat .', 'The dog the chased bird .'],
  ] as const;
  const store = new ModelStore();
  const rows: string[][] = [];
  for (const [name, a, b] of cases) {
    const model = resolve('models', name);
    const target = name === 'encoder-decoder' ? { target: 'The dog chased the' } : {};
    const run = (text: string) =>
      inspect({ model, text, ...target, maximumTokens: 512 }, store, () => Promise.resolve());
    const runs = { before: await run(a), after: await run(b) };
    const stack = runs.before.summary.model.stacks[0] ?? 'encoder';
    const last = runs.before.summary.tokens.decoder ?? runs.before.summary.tokens.encoder ?? [];
    const token = name === 'encoder' ? 6 : last.length - 1;
    const map = (parts: readonly (typeof STATE_PARTS | typeof HEAD_PARTS)[number][]) =>
      patching(
        runs,
        { parts, stack, direction: 'intoB', measure: { kind: 'divergence' }, token },
        store,
        () => undefined,
        NEVER_CANCELLED,
      );
    const all = [...STATE_PARTS, ...HEAD_PARTS];
    const { patches } = await map(all);
    const costs: Record<'one' | 'all', Cost[]> = { one: [], all: [] };
    for (let round = 0; round < ROUNDS; round++) {
      costs.one.push(await timed(() => map(['residual'])));
      costs.all.push(await timed(() => map(all)));
    }
    const told = (of: readonly Cost[]) => {
      const [wall, processor] = (['wall', 'processor'] as const).map(key =>
        median(of.map(cost => cost[key])).toFixed(0),
      );
      return `${wall ?? ''} / ${processor ?? ''} ms`;
    };
    rows.push([name, told(costs.one), told(costs.all), `${patches}`, `${LIMIT} ms`]);
  }
  console.log(
    table(
      ['bundled, wall / processor', 'residual map', 'all eight maps', 'patches', 'limit'],
      rows,
    ),
  );
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;
