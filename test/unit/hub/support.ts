import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAddress } from '../../../src/hub/address';
import { download, type DownloadOptions } from '../../../src/hub/download';
import { hubEnvironment, type HubEnvironment, type Variables } from '../../../src/hub/environment';
import type { Openable } from '../../../src/hub/openable';
import { planDownload, type DownloadPlan, type HubOptions } from '../../../src/hub/plan';
import { InspectorError, type ErrorCode } from '../../../src/protocol/errors';
import { HubServer, type ServedFiles } from '../../support/hubServer';

/** Opens everything. */
export const ALL: Openable = {
  refuses: () => undefined,
  formats: ['safetensors', 'ONNX', 'PyTorch', 'GGUF'],
};

/** A server, and a home folder with a cache of its own. */
export class Scene {
  private static readonly all: Scene[] = [];

  private constructor(
    readonly server: HubServer,
    readonly home: string,
    readonly environment: HubEnvironment,
  ) {}

  static async start(
    models: Readonly<Record<string, ServedFiles>>,
    variables: Variables = {},
  ): Promise<Scene> {
    const home = await mkdtemp(join(tmpdir(), 'attention-hub-'));
    const server = await HubServer.start(models);
    const environment = await hubEnvironment({ HF_ENDPOINT: server.url, ...variables }, home);
    const scene = new Scene(server, home, environment);
    Scene.all.push(scene);
    return scene;
  }

  /** Stops the servers of all scenes and removes their folders. */
  static async stopAll(): Promise<void> {
    for (const { server, home } of Scene.all.splice(0)) {
      await server.stop();
      await rm(home, { recursive: true });
    }
  }

  get cache(): string {
    return this.environment.cache;
  }

  plan(name: string, options: Partial<HubOptions> = {}, openable = ALL): Promise<DownloadPlan> {
    const address = readAddress(name, this.environment.host);
    return planDownload(address, { ...this.options(), ...options }, openable);
  }

  download(plan: DownloadPlan, options: Partial<DownloadOptions> = {}): Promise<string> {
    return download(plan, { ...this.options(), ...options });
  }

  private options(): HubOptions {
    return { environment: this.environment, signal: new AbortController().signal };
  }
}

/** The one sentence that `work` is refused with. */
export async function refusalOf(
  work: Promise<unknown>,
  code: ErrorCode = 'download-failed',
): Promise<string> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof InspectorError, String(error));
  assert.equal(error.code, code, error.message);
  assert.match(error.message, /^[^\n]{20,600}\.$/);
  return error.message;
}
