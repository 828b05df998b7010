import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Message } from './messages';
import { refused } from './messages';

/** What a template is rendered with. */
export interface Values {
  readonly messages: readonly Message[];
  readonly add_generation_prompt: boolean;
  /** Another template than the one at hand. */
  readonly source?: string;
}

/** One template and what it is rendered with, one time after the other. */
export interface Renderings {
  readonly source: string;
  readonly shared: Readonly<Record<string, unknown>>;
  readonly each: readonly Values[];
  /** Characters that a text may have. */
  readonly longest: number;
}

/** One text, or why there is none. */
export type RenderedText = { readonly text: string } | { readonly error: string };

/** What the thread answers: the texts, or why the template is none. */
export type Made = { readonly texts: readonly RenderedText[] } | { readonly problem: string };

/** What a template may take for all of its renderings. */
export interface RenderLimits {
  readonly milliseconds: number;
  readonly megabytes: number;
  readonly characters: number;
}

/** Templates in use take some milliseconds; a thread starts in less than a hundred. */
const LIMITS: RenderLimits = { milliseconds: 10_000, megabytes: 256, characters: 1_000_000 };

/**
 * Renders a template in a thread of its own: it comes with a model, may not end, and may take any
 * memory.
 * @param name of the template, for sentences
 * @throws InspectorError `chat-refused` where it is no template, does not end in time or takes too much
 */
export async function renderAll(
  name: string,
  renderings: Omit<Renderings, 'longest'>,
  limits: RenderLimits = LIMITS,
): Promise<readonly RenderedText[]> {
  const made = await inThread({ ...renderings, longest: limits.characters }, limits);
  if (made === 'time') {
    throw refused(
      `The chat template “${name}” was stopped after ${limits.milliseconds / 1000} s: on these messages it may never end. Inspect the text as it is.`,
    );
  }
  if (made === 'memory') {
    throw refused(
      `The chat template “${name}” was stopped because it took more than ${limits.megabytes} MB for these messages. Inspect the text as it is.`,
    );
  }
  if ('texts' in made) return made.texts;
  throw refused(
    `The chat template “${name}” is not written as this version reads templates: ${made.problem}. Inspect the text as it is.`,
  );
}

async function inThread(
  renderings: Renderings,
  { milliseconds, megabytes }: RenderLimits,
): Promise<Made | 'time' | 'memory'> {
  // Beside this file, both in the bundle and as source.
  const script = join(import.meta.dirname, `templateWorker${extname(import.meta.filename)}`);
  const worker = new Worker(script, {
    workerData: renderings,
    resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 32 },
  });
  let timer: NodeJS.Timeout | undefined;
  return new Promise<Made | 'time' | 'memory'>(resolve => {
    timer = setTimeout(() => resolve('time'), milliseconds);
    worker.once('message', resolve);
    worker.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : { problem: error.message }),
    );
    worker.once('exit', () => resolve('memory'));
  }).finally(() => {
    clearTimeout(timer);
    void worker.terminate();
  });
}
