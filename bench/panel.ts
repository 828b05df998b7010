import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { findChromium } from '../scripts/machine.mjs';
import { median, table } from './support';
import type { PanelCosts } from './views/panelOnce';

const ROUNDS = 7;

/**
 * What the panel takes in a browser: the first picture, pointing at the map, and the memory after every
 * view was opened; each time in a browser of its own.
 * @param other another checkout that takes turns with this one, `npm run bench -- panel ../other/`
 */
export async function main(other?: string): Promise<void> {
  const roots = [process.cwd(), ...(other ? [resolve(other)] : [])];
  const env = { ...process.env, CHROME_PATH: await findChromium() };
  const costs = roots.map((): PanelCosts[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, root] of roots.entries()) costs[i]?.push(open(root, env));
  }
  const row = (
    name: string,
    of: (cost: PanelCosts) => number,
    show: (value: number) => string,
  ): string[] => {
    const [own = NaN, beside = NaN] = costs.map(all => median(all.map(of)));
    return [name, show(own), ...(other ? [show(beside), (own / beside).toFixed(2)] : [])];
  };
  const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  const rows = [
    row('first picture, scripts', ({ picture }) => picture, milliseconds),
    row('pointing at a cell, scripts', ({ hover }) => hover, milliseconds),
    row(
      'heap after all views',
      ({ heap }) => heap,
      bytes => `${(bytes / 1e6).toFixed(1)} MB`,
    ),
  ];
  console.log(table(['panel', 'here', ...(other ? ['beside', 'ratio'] : [])], rows));
}

function open(root: string, env: NodeJS.ProcessEnv): PanelCosts {
  const args = ['--import', 'tsx', resolve('bench/views/panelOnce.ts'), root];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', cwd: root, env });
  return JSON.parse(output) as PanelCosts;
}
