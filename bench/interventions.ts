import { resolve } from 'node:path';
import { EVERYTHING } from '../src/inspector/run/inspect';
import { openModel } from '../src/inspector/model/openModel';
import type { PointAt } from '../src/inspector/model/run';
import { median, table } from './support';

/**
 * A capture of everything in one thread, in processor time, which other work on the machine does not move:
 * as it is, and beside what it takes
 * where every point can be changed and nothing is.
 */
export async function main(): Promise<void> {
  const rows: string[][] = [];
  for (const name of ['encoder', 'decoder']) {
    const model = await openModel(resolve('models', name), { threads: 1 });
    const points = (model.card.points ?? []).flatMap(({ stack, kind, point, layers }) =>
      layers.flatMap((layer): PointAt[] =>
        point === 'token' ? [] : [{ stack, layer, point, ...(kind ? { kind } : {}) }],
      ),
    );
    const states = points.filter(({ point }) => point === 'residual');
    for (const tokens of [19, 128, 512]) {
      const dims = [1, tokens];
      const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(10 + ((i * 37) % 8000)));
      const feeds = { input_ids: { dims, data: ids } };
      const one = { dims: [1, 1, 1, 1], data: Float32Array.of(1) };
      const overrides = (some: readonly PointAt[]) => ({
        overrides: some.map(at => ({
          at,
          steps: [at.point === 'maskedScores' ? {} : { keep: one }],
        })),
      });
      const started = performance.now();
      await model.run(feeds, EVERYTHING, [], overrides(points));
      const opening = performance.now() - started;
      const times = await processorTimes(
        {
          plain: () => model.run(feeds, EVERYTHING),
          again: () => model.run(feeds, EVERYTHING),
          states: () => model.run(feeds, EVERYTHING, [], overrides(states)),
          all: () => model.run(feeds, EVERYTHING, [], overrides(points)),
        },
        15,
      );
      rows.push([
        name,
        String(tokens),
        `${times.plain.toFixed(1)} ms`,
        `${(times.again / times.plain).toFixed(2)}×`,
        `${(times.states / times.plain).toFixed(2)}×`,
        `${(times.all / times.plain).toFixed(2)}×`,
        `${opening.toFixed(0)} ms`,
      ]);
    }
    await model.dispose();
  }
  const head = [
    'model',
    'tokens',
    'nothing on',
    'the same',
    'states fed',
    'all points fed',
    'first',
  ];
  console.log(table(head, rows));
}

/** Median milliseconds of the processor, of tasks in turns. */
async function processorTimes<Name extends string>(
  tasks: Record<Name, () => Promise<unknown>>,
  rounds: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(tasks) as Name[];
  const all = names.map(name => ({ name, times: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { name, times } of all) {
      const before = process.cpuUsage();
      await tasks[name]();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times.push((user + system) / 1000);
    }
  }
  return Object.fromEntries(all.map(({ name, times }) => [name, median(times)])) as Record<
    Name,
    number
  >;
}
