import { readdir, readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** How a drawing is waited for, in every page alike; times are the page's, from its navigation on. */
declare global {
  interface Window {
    /** Milliseconds when the first animation frame that finds the picture drawn has been painted. */
    whenDrawn: (isDrawn: () => boolean) => Promise<number>;
    firstPicture: Promise<number>;
    /** Two animation frames more, for what follows a painted one: its pixels, timers, clean-up. */
    settled: () => Promise<void>;
  }
}

/**
 * Script for a page, to be run before its own.
 * @param isDrawn expression that is true once the first picture is in the document
 */
export const pageScript = (isDrawn: string): string => `{
  const frame = () => new Promise(requestAnimationFrame);
  // What is sent in a frame arrives after the page has laid it out, painted it and handed it over.
  const painted = () => new Promise(resolve => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    port2.postMessage(null);
  });
  window.whenDrawn = async isDrawn => {
    do await frame(); while (!isDrawn());
    return painted();
  };
  window.settled = async () => {
    await frame();
    await frame();
  };
  window.firstPicture = window.whenDrawn(() => ${isDrawn});
}`;

/** What the pages of this process's browser take. */
export interface Usage {
  /** Megabytes that the largest renderer shares with no other process. */
  readonly memory: number;
  /** Milliseconds of processor time so far: all threads of renderers and of the process that composes. */
  readonly processor: number;
}

export async function pageUsage(): Promise<Usage> {
  const processes = await Promise.all(
    (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(readProcess),
  );
  const known = new Map(processes.flatMap(one => (one ? [[one.pid, one] as const] : [])));
  const isOurs = (pid: number): boolean => {
    const parent = known.get(pid)?.parent;
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  const drawing = [...known.values()].filter(({ pid, kind }) => kind && isOurs(pid));
  const renderers = drawing.filter(({ kind }) => kind === 'renderer');
  const sizes = await Promise.all(renderers.map(({ pid }) => privateMemory(pid)));
  const times = await Promise.all(drawing.map(({ pid }) => processorTime(pid)));
  return { memory: Math.max(0, ...sizes), processor: times.reduce((sum, one) => sum + one, 0) };
}

/** What it takes to draw something, in milliseconds. */
export interface Cost {
  readonly wall: number;
  readonly processor: number;
}

/** From navigation to the first picture, in a browser that has shown nothing else; and the page's memory then. */
export async function firstPicture(page: Page): Promise<Cost & { readonly memory: number }> {
  const wall = await page.evaluate(() => window.firstPicture);
  await page.evaluate(() => window.settled());
  return { wall, ...(await pageUsage()) };
}

/** What `draw` costs; it gives the milliseconds that it took. Processor time counts until `settled`. */
export async function costOf(page: Page, draw: () => Promise<number>): Promise<Cost> {
  const before = await pageUsage();
  const wall = await draw();
  await page.evaluate(() => window.settled());
  return { wall, processor: (await pageUsage()).processor - before.processor };
}

async function readProcess(pid: string) {
  try {
    const [status, command] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    return { pid: Number(pid), parent, kind: /--type=(renderer|gpu-process)/.exec(command)?.[1] };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

/** Megabytes that no other process shares. */
async function privateMemory(pid: number): Promise<number> {
  const sizes = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const parts = [...sizes.matchAll(/^Private_(?:Clean|Dirty):\s+(\d+) kB/gm)];
  return parts.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024;
}

/** Milliseconds that the threads of a process have run. */
async function processorTime(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const times = await Promise.all(
    threads.map(async thread => {
      const path = `/proc/${pid}/task/${thread}/schedstat`;
      return Number((await readFile(path, 'utf8').catch(() => '0')).split(' ')[0]);
    }),
  );
  return times.reduce((sum, one) => sum + one, 0) / 1e6;
}
