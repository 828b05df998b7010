import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { openModel } from '../src/inspector/model/openModel';
import { EVERYTHING } from '../src/inspector/run/inspect';
import { median, table } from './support';

/** Pairs of runs by tokens: short ones are measured more often. */
const ROUNDS = new Map([
  [19, 400],
  [128, 150],
  [512, 60],
]);

type Opener = typeof openModel;

/**
 * A capture of everything by this checkout beside one by another, in processor time of one process and
 * thread: the ratio of each pair of runs, which take turns in who is first. The other checkout beside
 * itself says how far ratios stray.
 * @param other folder of another checkout, with its packages
 */
export async function main(other?: string): Promise<void> {
  if (other === undefined) {
    console.log('Takes the folder of another checkout: npm run bench -- against ../before/');
    return;
  }
  const openers = {
    now: await openerOf('.', ''),
    before: await openerOf(other, ''),
    again: await openerOf(other, '?again'),
  };
  const rows: string[][] = [];
  for (const name of ['encoder', 'decoder']) {
    for (const [tokens, rounds] of ROUNDS) {
      const [ratio, milliseconds] = await ratioOf(
        openers.now,
        openers.before,
        name,
        tokens,
        rounds,
      );
      const [control] = await ratioOf(openers.again, openers.before, name, tokens, rounds);
      rows.push([
        name,
        String(tokens),
        `${milliseconds.toFixed(1)} ms`,
        `${ratio.toFixed(3)}×`,
        `${control.toFixed(3)}×`,
      ]);
    }
  }
  const head = ['model', 'tokens', 'before', 'now ÷ before (limit 1.05)', 'before ÷ before'];
  console.log(table(head, rows));
}

/** How a checkout opens models; a query makes it another copy of the same code. */
async function openerOf(checkout: string, query: string): Promise<Opener> {
  const file = pathToFileURL(join(resolve(checkout), 'src/inspector/model/openModel.ts'));
  const loaded = (await import(`${file.href}${query}`)) as { readonly openModel: Opener };
  return loaded.openModel;
}

/** The median ratio of one engine's processor time to another's, and the other's median in ms. */
async function ratioOf(
  one: Opener,
  other: Opener,
  name: string,
  tokens: number,
  rounds: number,
): Promise<readonly [ratio: number, milliseconds: number]> {
  const data = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(10 + ((i * 37) % 8000)));
  const feeds = { input_ids: { dims: [1, tokens], data } };
  const tasks = await Promise.all(
    [one, other].map(async open => {
      const model = await open(resolve('models', name), { threads: 1 });
      const run = async () => {
        const before = process.cpuUsage();
        await model.run(feeds, EVERYTHING);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1000;
      };
      return { run, end: () => model.dispose() };
    }),
  );
  const times: (readonly [number, number])[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    const order = round % 2 === 0 ? [0, 1] : [1, 0];
    const taken: [number, number] = [0, 0];
    for (const at of order) taken[at as 0 | 1] = (await tasks[at]?.run()) ?? NaN;
    // The first runs compile.
    if (round > 1) times.push(taken);
  }
  for (const { end } of tasks) await end();
  return [median(times.map(([a, b]) => a / b)), median(times.map(([, b]) => b))];
}
