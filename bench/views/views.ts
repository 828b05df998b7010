import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { median, quantile, table } from '../support';
import * as bertviz from './bertviz';
import { madeCapture } from './madeAttention';
import * as ours from './ours';
import type { Cost } from './page';

/** What we aim at: times as many, milliseconds. */
const GOALS = {
  modelPaint: 100,
  modelMemory: 60,
  headLayer: 200,
  headHover: 200,
  grid512: 500,
  hover: 2,
  colors: 8,
};
const ROUNDS = 5;

/**
 * The Attention view of made runs of 12 × 12 heads; beside BertViz where there is a folder of its
 * pages (see docs/performance.md). Every time ends when the frame with the drawing has been painted.
 */
export async function main(folder?: string): Promise<void> {
  await ownFigures();
  if (folder === undefined) {
    console.log('\nWithout a folder of BertViz pages there is nothing to compare with.');
    return;
  }
  for (const file of ['model-128.html', 'head-256.html', 'node_modules']) {
    await access(join(folder, file)).catch(() => {
      throw new Error(`${folder} has no ${file}: docs/performance.md says how to make it.`);
    });
  }
  await compare(folder);
}

async function ownFigures(): Promise<void> {
  const grid = madeCapture(512, 12, 12);
  const painted = await repeat(() => ours.afterCapture(grid));
  const walls = painted.map(({ wall }) => wall);
  console.log(
    table(
      ['144 heads, 512 tokens', 'median', 'range', 'page’s processor time, least', 'goal'],
      [
        [
          'end of the run → picture',
          milliseconds(median(walls)),
          `${Math.min(...walls).toFixed(0)}–${milliseconds(Math.max(...walls))}`,
          milliseconds(Math.min(...painted.map(({ processor }) => processor))),
          `${GOALS.grid512} ms`,
        ],
      ],
    ),
  );
  const rows: string[][] = [];
  for (const [tokens, layers, heads] of [
    [19, 12, 12],
    [128, 12, 12],
    [512, 12, 12],
    [2048, 1, 2],
  ] as const) {
    const capture = tokens === 512 ? grid : madeCapture(tokens, layers, heads);
    const { hover, colors } = await ours.blocked(capture);
    const p95 = (times: readonly number[]) => `${quantile(times, 0.95).toFixed(1)} ms`;
    const middle = (times: readonly number[]) => `${median(times).toFixed(1)} ms`;
    rows.push([String(tokens), middle(hover), p95(hover), middle(colors), p95(colors)]);
  }
  const head = [
    'tokens',
    'hover',
    `p95 (goal ${GOALS.hover} ms)`,
    'colour map',
    `p95 (goal ${GOALS.colors} ms)`,
  ];
  console.log(`\nScripts keep the page’s thread busy for (processor time):\n${table(head, rows)}`);
}

async function compare(folder: string): Promise<void> {
  const [small, middle] = [madeCapture(128, 12, 12), madeCapture(256, 12, 12)];
  const model = await repeat(() => ours.paint(small));
  const again = await repeat(() => ours.afterCapture(small));
  const theirModel = await bertviz.modelView(folder);
  const theirHead = await bertviz.headView(folder);
  const head = await repeat(() => ours.headView(middle, 'arcs'));
  const costs = (what: string, theirs: Cost, mine: readonly Cost[], goal = '') => {
    const wall = median(mine.map(one => one.wall));
    const processor = median(mine.map(one => one.processor));
    return [
      what,
      milliseconds(theirs.wall),
      milliseconds(wall),
      times(theirs.wall / wall),
      goal,
      `${milliseconds(theirs.processor)} / ${milliseconds(processor)}`,
      times(theirs.processor / processor),
    ];
  };
  const memory = (theirs: number, mine: readonly { memory: number }[], goal = '') => {
    const own = median(mine.map(one => one.memory));
    return ['memory', megabytes(theirs), megabytes(own), times(theirs / own), goal, '', ''];
  };
  const loads = head.map(({ load }) => load);
  console.log(
    `\n${table(
      ['12 × 12 heads', 'BertViz', 'ours', 'ratio', 'goal', 'processor time', 'ratio'],
      [
        costs('model view, 128: page opened', theirModel, model, times(GOALS.modelPaint)),
        costs('the same in an open panel', theirModel, again, times(GOALS.modelPaint)),
        memory(theirModel.memory, model, times(GOALS.modelMemory)),
        costs('head view, 256: page opened', theirHead.load, loads),
        memory(theirHead.load.memory, loads),
        costs(
          'another layer',
          theirHead.layer,
          head.map(({ layer }) => layer),
          times(GOALS.headLayer),
        ),
        costs(
          'hover',
          theirHead.hover,
          head.map(({ hover }) => hover),
          times(GOALS.headHover),
        ),
      ],
    )}`,
  );
}

async function repeat<T>(measure: () => Promise<T>): Promise<T[]> {
  const figures: T[] = [];
  for (let round = 0; round < ROUNDS; round++) figures.push(await measure());
  return figures;
}

const milliseconds = (time: number): string => `${time.toFixed(0)} ms`;
const megabytes = (size: number): string => `${size.toFixed(0)} MB`;
const times = (ratio: number): string => `${ratio.toFixed(0)}×`;
