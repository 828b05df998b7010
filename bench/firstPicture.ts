import { Workbench } from '../test/e2e/support/workbench';
import { median, table } from './support';

const sentence = 'The tiger jumped out of a tree to get a drink because it was thirsty.';
const long = Array.from({ length: 40 }, () => sentence).join(' ');

/** A person waits for the first picture: what we aim at, in milliseconds. */
const GOALS = { cold: 3000, warm: 500 };

/**
 * From the command to the drawn result, in real VS Code. Cold: no panel, no inspector process, no
 * model open. Warm: all of these are there.
 */
export async function main(): Promise<void> {
  const cold: number[] = [];
  const warm: Record<string, number[]> = { 'one sentence': [], '512 tokens': [] };
  for (let start = 0; start < 3; start++) {
    const workbench = await Workbench.start();
    try {
      await workbench.openText(sentence);
      let [elapsed, capture] = await inspect(workbench);
      cold.push(elapsed);
      for (const [name, text] of [
        ['one sentence', sentence],
        ['512 tokens', long],
      ] as const) {
        await workbench.openText(text);
        [, capture] = await inspect(workbench, capture);
        for (let round = 0; round < 3; round++) {
          [elapsed, capture] = await inspect(workbench, capture);
          warm[name]?.push(elapsed);
        }
      }
    } finally {
      await workbench.stop();
    }
  }
  const row = (name: string, times: readonly number[], goal: number) => [
    name,
    `${median(times).toFixed(0)} ms`,
    `${Math.min(...times).toFixed(0)}–${Math.max(...times).toFixed(0)} ms`,
    `${goal} ms`,
  ];
  const rows = [
    row('cold, one sentence', cold, GOALS.cold),
    ...Object.entries(warm).map(([name, times]) => row(`warm, ${name}`, times, GOALS.warm)),
  ];
  console.log(table(['selection → first picture', 'median', 'range', 'goal'], rows));
}

/** Runs the selection; milliseconds until its result is drawn, and the result's capture. */
async function inspect(workbench: Workbench, before?: string): Promise<[number, string]> {
  const started = performance.now();
  await workbench.inspect();
  const capture = await workbench.nextResult(before);
  return [performance.now() - started, capture];
}
