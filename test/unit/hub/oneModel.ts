import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { ModelCache } from '../../../src/hub/cache';
import type { DownloadOptions, DownloadProgress } from '../../../src/hub/download';
import type { HubFile } from '../../../src/hub/listing';
import type { DownloadPlan } from '../../../src/hub/plan';
import { bytes, COMMIT } from '../../support/hubServer';
import { Scene } from './support';

export const WEIGHTS = bytes(900_000);
export const HALF = 400_000;
export const FILES = {
  'config.json': Buffer.from('{"model_type":"llama"}'),
  'tokenizer.json': bytes(5000),
  'added_tokens.json': Buffer.alloc(0),
  'onnx/model.onnx': WEIGHTS,
};
const LARGE = /\/resolve\/.*model\.onnx$/;

/** Answers a request for the weights. */
type Answer = (response: ServerResponse, range?: string) => void;

/** One model whose download is planned, and what can happen to it. */
export class OneModel {
  readonly cache: ModelCache;
  /** The connection that is broken once so many bytes of the weights have come. */
  private breaking: { readonly at: number; end(): void } | undefined;

  private constructor(
    readonly scene: Scene,
    readonly plan: DownloadPlan,
  ) {
    this.cache = new ModelCache(scene.cache, 'org/name');
  }

  static async start(): Promise<OneModel> {
    const scene = await Scene.start({ 'org/name': FILES }, { HF_TOKEN: 'hf_secret' });
    const model = new OneModel(scene, await scene.plan('org/name'));
    scene.server.asked.length = 0;
    return model;
  }

  fetch(options: Partial<DownloadOptions> = {}): Promise<string> {
    return this.scene.download(this.plan, options);
  }

  get weights(): HubFile {
    return this.plan.files.at(-1)!;
  }

  /** Requests for the weights. */
  requests() {
    return this.scene.server.asked.filter(({ path }) => LARGE.test(path));
  }

  /** Answers the first requests for the weights, each in a way of its own; the rest as a Hub would. */
  answers(...each: readonly Answer[]): void {
    let next = 0;
    this.always((response, range) => {
      const answer = each[next++];
      answer?.(response, range);
      return answer !== undefined;
    });
  }

  /** Answers all requests for the weights; as a Hub would where `answer` gives false. */
  always(answer: (response: ServerResponse, range?: string) => boolean): void {
    this.scene.server.misbehave = ({ path, range }, response) =>
      LARGE.test(path) && answer(response, range);
  }

  /** Sends some bytes; `breakNow` breaks the connection when they have come. */
  readonly breakAfter =
    (count: number): Answer =>
    (response, range) => {
      const begin = beginOf(range);
      const all = WEIGHTS.length;
      response.writeHead(begin === 0 ? 200 : 206, {
        'content-length': all - begin,
        ...(begin === 0 ? {} : { 'content-range': `bytes ${begin}-${all - 1}/${all}` }),
      });
      this.breaking = { at: begin + count, end: () => response.destroy() };
      response.write(WEIGHTS.subarray(begin, begin + count));
    };

  readonly breakNow = ({ done }: DownloadProgress): void => {
    const before = this.plan.bytes - WEIGHTS.length;
    if (done === before + (this.breaking?.at ?? NaN)) this.breaking?.end();
  };

  /** Leaves a part of the weights, the first half unless said, as a process that was killed does. */
  async leave(content = WEIGHTS.subarray(0, HALF)): Promise<void> {
    await mkdir(dirname(this.cache.partial(this.weights)), { recursive: true });
    await writeFile(this.cache.partial(this.weights), content);
  }

  /** Bytes of the weights that are here in part. */
  async partialSize(): Promise<number | undefined> {
    return (await stat(this.cache.partial(this.weights)).catch(() => undefined))?.size;
  }

  /** All files are here as they are on the server, and nothing else is left. */
  async assertWhole(): Promise<void> {
    for (const [path, content] of Object.entries(FILES)) {
      assert.deepEqual(await readFile(join(this.cache.snapshot(COMMIT), path)), content, path);
    }
    const names = await readdir(this.scene.cache, { recursive: true });
    assert.deepEqual(
      names.filter(name => /partial|lock$/.test(name)),
      [],
    );
  }
}

/** The first byte that a request is for. */
export function beginOf(range: string | undefined): number {
  return Number(/\d+/.exec(range ?? '0')?.[0]);
}
