import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { root } from '../../scripts/machine.mjs';
import { COMMIT, HubServer, type ServedFiles } from '../support/hubServer';
import { Workbench } from './support/workbench';

const MODEL = 'attentionDebugger.model';
const DOWNLOAD = 'attentionDebugger.downloadModel';

/** The bundled decoder, as a repository holds it. */
async function modelFiles(): Promise<ServedFiles> {
  const folder = path.join(root, 'models/decoder');
  const names = (await readdir(folder)).filter(name => /\.(onnx|json)$/.test(name));
  const files = names.map(async name => [name, await readFile(path.join(folder, name))] as const);
  return Object.fromEntries(await Promise.all(files));
}

describe('models from a hub', () => {
  let hub: HubServer;
  let files: ServedFiles;
  let workbench: Workbench;
  let cache: string;
  let capture: string;

  before(async () => {
    files = await modelFiles();
    hub = await HubServer.start({ 'org/name': files });
    workbench = await Workbench.start({
      env: home => ({ HF_ENDPOINT: hub.url, HF_HOME: path.join(home, 'huggingface') }),
    });
    cache = path.join(path.dirname(workbench.folder), 'huggingface', 'hub', 'models--org--name');
    await workbench.open('agreement.txt', { start: 0, end: 22 });
    await workbench.inspect();
    capture = await workbench.nextResult();
  });
  after(async () => {
    await workbench.stop();
    await hub.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-hub');
  });

  const dialog = (): Locator => workbench.page.locator('.monaco-dialog-box');
  const press = (box: Locator, name: string) =>
    box.locator('.monaco-button', { hasText: new RegExp(`^${name}$`) }).click();
  const toast = (words: string | RegExp) =>
    workbench.page.locator('.notification-toast', { hasText: words });

  it('asks nobody before people confirm, and shows what there is before it fetches', async () => {
    const { page } = workbench;
    void workbench.driver.call('command', { id: DOWNLOAD });
    const input = page.locator('.quick-input-widget input');
    await input.fill('not a name');
    await page.getByText('is no name of a model').waitFor();
    await input.fill(`${hub.url}/org/name`);
    await page.keyboard.press('Enter');
    await dialog().getByText(`Ask ${hub.host} about org/name?`).waitFor();
    assert.match(
      await dialog().innerText(),
      /The name org\/name is sent to 127\.0\.0\.1:\d+, to get/,
    );
    await workbench.picture('hub-ask-dark');
    assert.deepEqual(hub.asked, []);
    await press(dialog(), 'Ask');
    await dialog().getByText('Download org/name?').waitFor();
    const words = await dialog().innerText();
    assert.match(words, /weights as ONNX/);
    assert.match(words, /Licence, as the repository names it: apache-2\.0\./);
    assert.match(words, /model\.onnx \([\d.]+ MB\)/);
    await workbench.picture('hub-download-dark');
    assert.ok(!hub.paths.some(asked => asked.endsWith('.onnx')));
  });

  it('stops half-way, goes on from there, and inspects with the model', async () => {
    const graph = files['model.onnx'] ?? Buffer.alloc(0);
    const half = graph.length >> 1;
    hub.misbehave = ({ path: asked, range }, response) => {
      if (!asked.endsWith('model.onnx') || range !== undefined) return false;
      response.writeHead(200, { 'content-length': graph.length });
      response.write(graph.subarray(0, half));
      return true;
    };
    await press(dialog(), 'Download');
    const progress = toast('Downloading org/name');
    await progress.waitFor();
    await partialOf(path.join(cache, 'blobs'), half);
    await progress.locator('.monaco-button', { hasText: 'Cancel' }).click();
    const stopped = toast('The download was stopped; what was fetched is kept.');
    await stopped.waitFor();
    await workbench.picture('hub-stopped-dark');
    await workbench.driver.call('command', { id: 'notifications.clearAll' });

    void workbench.driver.call('command', { id: DOWNLOAD });
    const entry = workbench.page.locator('.quick-input-list-entry', {
      hasText: 'Continue org/name',
    });
    await entry.click();
    await press(dialog(), 'Ask');
    await dialog()
      .getByText(/are here already; .* are fetched/)
      .waitFor();
    hub.asked.length = 0;
    await press(dialog(), 'Download');
    capture = await workbench.nextResult(capture);
    assert.deepEqual(
      hub.asked.map(({ range }) => range),
      [`bytes=${half}-${graph.length - 1}`],
    );
    const snapshot = path.join(cache, 'snapshots', COMMIT);
    assert.equal(await workbench.driver.call('setting', { key: MODEL }), snapshot);
    assert.deepEqual(await readFile(path.join(snapshot, 'model.onnx')), graph);
    await workbench.token('key').waitFor();
    await toast('it is the model that reads your text now').waitFor();
  });

  it('says in a sentence that there is no such model, and keeps the one that is set', async () => {
    void workbench.driver.call('command', { id: 'attentionDebugger.chooseModel' });
    const { page } = workbench;
    await page.locator('.quick-input-list-entry', { hasText: 'Download a model from' }).click();
    const input = page.locator('.quick-input-widget input[placeholder="org/name"]');
    await input.fill('org/none');
    await page.keyboard.press('Enter');
    await press(dialog(), 'Ask');
    await toast('There is no model org/none on').waitFor();
    const snapshot = path.join(cache, 'snapshots', COMMIT);
    assert.equal(await workbench.driver.call('setting', { key: MODEL }), snapshot);
  });
});

describe('models from a hub behind a proxy', () => {
  let hub: HubServer;
  let workbench: Workbench;

  before(async () => {
    hub = await HubServer.start({ 'org/name': await modelFiles() });
    workbench = await Workbench.start({
      env: home => ({
        HF_ENDPOINT: 'http://hub.invalid',
        HF_HOME: path.join(home, 'huggingface'),
      }),
      settings: { 'http.proxy': hub.url, 'http.proxySupport': 'override' },
    });
    await workbench.open('agreement.txt', { start: 0, end: 22 });
  });
  after(async () => {
    await workbench.stop();
    await hub.stop();
  });
  afterEach(async function () {
    if (this.currentTest?.state === 'failed') await workbench.picture('failed-hub-proxy');
  });

  it('come through the proxy of VS Code’s settings', async () => {
    const { page } = workbench;
    void workbench.driver.call('command', { id: DOWNLOAD });
    await page.locator('.quick-input-widget input').fill('org/name');
    await page.keyboard.press('Enter');
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.locator('.monaco-button', { hasText: /^Ask$/ }).click();
    await dialog.locator('.monaco-button', { hasText: /^Download$/ }).click();
    const done = page.locator('.notification-toast', { hasText: 'Downloaded org/name' });
    await done.waitFor();
    const hosts = [...hub.proxied].map(host => host.replace(/:80$/, ''));
    assert.deepEqual([...new Set(hosts)], ['hub.invalid']);
  });
});

/** Waits until a file of so many bytes was fetched in part. */
async function partialOf(folder: string, size: number): Promise<void> {
  for (;;) {
    const names = await readdir(folder).catch(() => [] as string[]);
    const partial = names.find(name => name.endsWith('partial'));
    const found = await stat(path.join(folder, partial ?? '')).catch(() => undefined);
    if (partial !== undefined && (found?.size ?? 0) >= size) return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
