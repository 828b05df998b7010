import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { inspectorProcesses } from '../test/e2e/support/inspectorProcess';
import { Workbench } from '../test/e2e/support/workbench';
import { madeCapture } from './madeCapture';
import { median, quantile, table } from './support';

const LENGTHS = [8192, 32_768];
/** What we aim at, in milliseconds. */
const GOALS = { first: { 8192: 1500, 32768: 3000 }, viewport: 50, stall: 10 } as const;
/** Tokens a pixel up to which the whole part on show is computed within the goal. */
const CLOSE = 2;
/** How long the exact picture, and then everything else, may take before the rest is measured without. */
const PATIENCE = 150_000;

/** Milliseconds from a key to the painted part, with at least one query in each row of pixels. */
interface Taken {
  readonly time: number;
  /** Tokens a pixel. */
  readonly step: number;
}

/** What opening and looking at one capture cost. */
interface Costs {
  readonly first: number;
  readonly exact: number;
  /** Until any part of the map can be computed in the webview; NaN where that took too long. */
  readonly complete: number;
  readonly zoom: readonly Taken[];
  readonly pan: readonly Taken[];
  readonly webviewBytes: number;
  readonly webviewHeap: number;
  readonly inspector: number;
  readonly ours: number;
  readonly late: number;
  readonly busy: number;
}

/**
 * Long texts in real browser VS Code: made captures of one head are opened from their files, looked
 * at as a whole, then zoomed into and panned over.
 */
export async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'attention-long-'));
  try {
    for (const tokens of LENGTHS) {
      const file = path.join(folder, `made-${tokens}.safetensors`);
      await madeCapture(file, tokens);
      const workbench = await Workbench.start();
      try {
        const rows = report(tokens, await measure(workbench, file));
        console.log(table(['tokens', 'what', 'measured', 'goal'], rows));
      } finally {
        await workbench.stop();
      }
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measure(workbench: Workbench, file: string): Promise<Costs> {
  const { driver, page } = workbench;
  // tsx names inner functions through one of its own, which pages do not have.
  await page.addInitScript('globalThis.__name = value => value');
  // The inspector process and the panel's page exist before: their start is measured elsewhere.
  await workbench.openText('Warm.');
  await workbench.inspect();
  await workbench.nextResult();
  const map = workbench.panel.locator('.heat-map');
  await driver.call('startProfile');
  await driver.call('startTimer');
  const started = performance.now();
  await driver.call('openCapture', { path: file });
  const since = (): number => performance.now() - started;
  await reached(map, 'detail', ['sampled', 'exact']);
  const first = since();
  const when = (mark: string, value: string): Promise<number> =>
    reached(map, mark, [value], PATIENCE).then(since, () => NaN);
  const exact = await when('detail', 'exact');
  const complete = await when('complete', 'true');
  const grid = workbench.panel.locator('.map-grid');
  await grid.focus();
  const zoom: Taken[] = [];
  const pan: Taken[] = [];
  for (let round = 0; round < 3; round++) {
    await press(map, grid, '0');
    for (let level = 0; level < 14; level++) {
      const taken = await press(map, grid, '+');
      if (taken !== null) zoom.push(taken);
      for (const key of ['Home', 'End', 'PageUp', 'PageDown']) {
        const moved = await press(map, grid, key);
        if (moved !== null) pan.push(moved);
      }
    }
  }
  const timer = (await driver.call('stopTimer')) as { worst: { late: number }; busiest: number };
  const profile = (await driver.call('stopProfile')) as { longest: number };
  return {
    first,
    exact,
    complete,
    zoom,
    pan,
    webviewBytes: Number(await map.getAttribute('data-bytes')),
    webviewHeap: await map.evaluate(
      () =>
        (performance as unknown as { memory?: { usedJSHeapSize: number } }).memory
          ?.usedJSHeapSize ?? NaN,
    ),
    inspector: await residentBytes(inspectorProcesses(workbench.extensions)),
    ours: profile.longest,
    late: timer.worst.late,
    busy: timer.busiest,
  };
}

/** Waits until a mark of the map has one of these values. */
async function reached(
  map: Locator,
  mark: string,
  values: readonly string[],
  timeout = 120_000,
): Promise<void> {
  const wanted = values.map(value => `[data-${mark}="${value}"]`).join(', ');
  await map.evaluate(
    (element, { selector, limit }) =>
      new Promise<void>((resolve, reject) => {
        const check = (): boolean => element.matches(selector);
        if (check()) {
          resolve();
          return;
        }
        const observer = new MutationObserver(() => {
          if (!check()) return;
          observer.disconnect();
          resolve();
        });
        observer.observe(element, { attributes: true });
        setTimeout(() => reject(new Error(`The map never was ${selector}.`)), limit);
      }),
    { selector: wanted, limit: timeout },
  );
}

/** Presses a key in the map; null where nothing moved. */
async function press(map: Locator, grid: Locator, key: string): Promise<Taken | null> {
  await map.evaluate(element => {
    element.dataset['viewport'] = '';
  });
  await grid.press(key);
  const time = await map.evaluate(
    element =>
      new Promise<number | null>(resolve => {
        const read = (): number | null => {
          const text = element.dataset['viewport'] ?? '';
          return text === '' ? null : Number(text);
        };
        const now = read();
        if (now !== null) {
          resolve(now);
          return;
        }
        const observer = new MutationObserver(() => {
          if (read() === null) return;
          observer.disconnect();
          resolve(read());
        });
        observer.observe(element, { attributes: true });
        // Keys that lead nowhere paint nothing.
        setTimeout(() => {
          if (element.dataset['asked'] !== 'true') resolve(read());
        }, 250);
      }),
  );
  const step = Number(await map.getAttribute('data-step'));
  return time === null ? null : { time, step };
}

/** Resident memory of processes, bytes. */
async function residentBytes(processes: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    processes.map(async id => {
      const status = await readFile(`/proc/${id}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    }),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function report(tokens: number, costs: Costs): string[][] {
  const ms = (value: number): string =>
    Number.isNaN(value) ? 'too long' : `${value.toFixed(value < 100 ? 1 : 0)} ms`;
  const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const spread = (taken: readonly Taken[], isClose: boolean): string => {
    const times = taken.filter(({ step }) => step <= CLOSE === isClose).map(({ time }) => time);
    return `${ms(median(times))} (p95 ${ms(quantile(times, 0.95))}, ${times.length} times)`;
  };
  const name = tokens.toLocaleString('en-US');
  const goal = GOALS.first[tokens as keyof typeof GOALS.first];
  const viewport = `p95 ${GOALS.viewport} ms`;
  return [
    [name, 'command → first picture', ms(costs.first), `${goal} ms`],
    [name, '… → exact picture of the whole', ms(costs.exact), ''],
    [name, '… → everything at hand in the webview', ms(costs.complete), ''],
    [name, 'zoom to at most 2 tokens a pixel', spread(costs.zoom, true), viewport],
    [name, 'pan at at most 2 tokens a pixel', spread(costs.pan, true), viewport],
    [name, 'zoom from afar', spread(costs.zoom, false), ''],
    [name, 'pan from afar', spread(costs.pan, false), ''],
    [name, 'bytes counted in the webview: vectors, tiles', mb(costs.webviewBytes), '150 MB'],
    [name, 'JavaScript heap of the panel', mb(costs.webviewHeap), ''],
    [name, 'inspector process, resident', mb(costs.inspector), ''],
    [name, 'host: longest stretch of our code', ms(costs.ours), `${GOALS.stall} ms`],
    [name, 'host: latest tick of a 10 ms timer', ms(costs.late), ''],
    [name, 'host: most computed between two ticks', ms(costs.busy), ''],
  ];
}
