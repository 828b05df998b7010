import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { endBrowser, testBrowser } from '../../support/browser';
import { answerWhen } from './answerWhen';
import { inspectorProcesses } from './inspectorProcess';
import { preparedExtensions } from './packages';
import { SAMPLES, SIZE, Workbench } from './workbench';

/** How long to wait for a window, in milliseconds: longer than a busy machine takes. */
const PATIENCE = 120_000;

interface Kept {
  readonly workbench: Workbench;
  /** The settings that it began with, without those of the first file. */
  readonly settings: Settings;
}

type Settings = Record<string, unknown>;

let kept: Promise<Kept> | undefined;

/**
 * The window that the files of this process share, as a fresh one: for tests that need no server of their
 * own, whose start computes as much as a file of tests. What the extension host remembers stays, such as
 * interventions that are on: a file that leaves some starts a server. Nobody stops the window;
 * `endSharedWindows` does.
 */
export async function sharedWindow(settings: Settings = {}): Promise<Workbench> {
  // Whoever had a window of its own has left the browser, which must not end now.
  await testBrowser();
  const earlier = await kept?.catch(() => undefined);
  if (earlier) {
    try {
      await inTime(putBack(earlier, settings));
      return earlier.workbench;
    } catch (error) {
      console.log(`      The shared window is started anew: ${String(error)}`);
      await earlier.workbench.stop().catch(() => undefined);
    }
  }
  kept = begin(settings);
  return (await kept).workbench;
}

/** One that hangs, as before a question that nobody answers, must not stop the files that follow. */
async function inTime(work: Promise<void>): Promise<void> {
  const late = pause(PATIENCE, 'late' as const, { ref: false });
  if ((await Promise.race([work, late])) === 'late') throw new Error('It does not answer.');
}

async function begin(settings: Settings): Promise<Kept> {
  const under = await windowsFolder();
  const workbench = await Workbench.start({ settings, under });
  // Processes that run tests end without a word, and servers do not end with them.
  await writeFile(path.join(under, `${workbench.server.child.pid}.server`), '');
  const common = Object.entries(await settingsOf(workbench)).filter(([key]) => !(key in settings));
  return { workbench, settings: Object.fromEntries(common) };
}

const userFolder = ({ home }: Workbench): string => path.join(home, 'data/User');

async function settingsOf(workbench: Workbench): Promise<Settings> {
  const text = await readFile(path.join(userFolder(workbench), 'settings.json'), 'utf8');
  return JSON.parse(text) as Settings;
}

/** The extension starts its process again when it needs it. */
async function endInspectors({ extensions }: Workbench): Promise<void> {
  for (const pid of inspectorProcesses(extensions)) process.kill(pid);
  const left = await answerWhen(
    () => Promise.resolve(inspectorProcesses(extensions)),
    ({ length }) => length === 0,
  );
  if (left.length > 0) throw new Error('Its inspector process does not end.');
}

/** Makes these the settings, and no others. */
async function configure(workbench: Workbench, wanted: Settings): Promise<void> {
  const present = await settingsOf(workbench);
  for (const key of new Set([...Object.keys(present), ...Object.keys(wanted)])) {
    if (isDeepStrictEqual(present[key], wanted[key])) continue;
    await workbench.driver.call('configure', { key, value: wanted[key] });
  }
}

async function windowsFolder(): Promise<string> {
  const folder = path.join(path.dirname(await preparedExtensions()), 'windows');
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Everything as after a start but what VS Code itself keeps of a window: no editors, views, runs, files. */
async function putBack({ workbench, settings: common }: Kept, settings: Settings) {
  const { page, driver, home, folder, log } = workbench;
  await page.setViewportSize(SIZE);
  await page.mouse.move(5, 5);
  // An open menu or list of choices.
  for (let i = 0; i < 2; i++) await page.keyboard.press('Escape');
  await driver.call('putAway');
  await endInspectors(workbench);
  const stored = path.join(
    userFolder(workbench),
    'globalStorage/attention-debugger.attention-debugger',
  );
  const caches = ['huggingface', 'ollama', 'llama.cpp'].map(name => path.join(home, name));
  const files = (await readdir(folder)).map(name => path.join(folder, name));
  for (const one of [stored, ...caches, ...files]) await rm(one, { recursive: true, force: true });
  await cp(SAMPLES, folder, { recursive: true });
  await configure(workbench, { ...common, ...settings });
  await workbench.wears('dark');
  for (const list of [log.errors, log.requests]) list.length = 0;
}

/** Ends the shared windows of all processes that ran tests, this one's among them. */
export async function endSharedWindows(): Promise<void> {
  const own = await kept?.catch(() => undefined);
  kept = undefined;
  await own?.workbench.stop();
  for (const name of await readdir(await windowsFolder())) {
    const pid = Number(/^(\d+)\.server$/.exec(name)?.[1]);
    if (!pid) continue;
    try {
      process.kill(-pid, 'SIGTERM');
    } catch {
      // Gone already.
    }
  }
  await endBrowser();
}
