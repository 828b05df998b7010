import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { discardPartial, presentBytes } from '../../../src/hub/download';
import { blobName, COMMIT } from '../../support/hubServer';
import { FILES, HALF, OneModel, WEIGHTS } from './oneModel';
import { refusalOf, Scene } from './support';

describe('a download', () => {
  let model: OneModel;
  beforeEach(async () => (model = await OneModel.start()));
  afterEach(() => Scene.stopAll());

  it('lays the files as Python’s library does', async () => {
    const seen: number[] = [];
    const opened = await model.fetch({ progress: ({ done }) => void seen.push(done) });
    const folder = join(model.scene.cache, 'models--org--name');
    assert.equal(opened, join(folder, 'snapshots', COMMIT));
    assert.equal(await readFile(join(folder, 'refs', 'main'), 'utf8'), COMMIT);
    assert.deepEqual(
      (await readdir(join(folder, 'blobs'))).sort(),
      Object.entries(FILES)
        .map(([path, content]) => blobName(path, content))
        .sort(),
    );
    const link = join(opened, 'onnx', 'model.onnx');
    assert.ok((await lstat(link)).isSymbolicLink());
    const blob = blobName('model.onnx', WEIGHTS);
    assert.equal(await readlink(link), join('..', '..', '..', 'blobs', blob));
    await model.assertWhole();
    assert.equal(seen.at(-1), model.plan.bytes);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
  });

  it('fetches nothing twice', async () => {
    await model.fetch();
    model.scene.server.asked.length = 0;
    await model.fetch();
    assert.deepEqual(model.scene.server.asked, []);
    assert.equal(await presentBytes(model.plan, model.scene.cache), model.plan.bytes);
  });

  it('notes down the branch or tag that was asked for, and no commit', async () => {
    const refs = join(model.scene.cache, 'models--org--name', 'refs');
    await model.scene.download(await model.scene.plan('org/name@refs/pr/1'));
    assert.equal(await readFile(join(refs, 'refs/pr/1'), 'utf8'), COMMIT);
    await model.scene.download(await model.scene.plan(`org/name@${COMMIT}`));
    assert.deepEqual(await readdir(refs), ['refs']);
  });

  it('opens the file that was named', async () => {
    const named = await model.scene.plan('org/name/onnx/model.onnx');
    assert.equal(
      await model.scene.download(named),
      join(model.cache.snapshot(COMMIT), 'onnx/model.onnx'),
    );
  });

  it('goes on where it was killed', async () => {
    await model.leave();
    assert.equal(await presentBytes(model.plan, model.scene.cache), HALF);
    await model.fetch();
    assert.deepEqual(
      model.requests().map(({ range }) => range),
      [`bytes=${HALF}-${WEIGHTS.length - 1}`],
    );
    await model.assertWhole();
  });

  it('stops when people say so, keeps what there is, and goes on later', async () => {
    const stop = new AbortController();
    model.answers(response => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, HALF));
    });
    const small = model.plan.bytes - WEIGHTS.length;
    const progress = ({ done }: { done: number }) => {
      if (done === small + HALF) stop.abort();
    };
    const stopped = model.fetch({ signal: stop.signal, progress });
    assert.match(await refusalOf(stopped, 'cancelled'), /stopped; what was fetched is kept/);
    assert.equal(await model.partialSize(), HALF);
    await model.fetch();
    assert.equal(model.requests().at(-1)?.range, `bytes=${HALF}-${WEIGHTS.length - 1}`);
    await model.assertWhole();
  });

  it('forgets what was fetched in part when it is told to', async () => {
    await model.leave();
    await discardPartial(model.plan, model.scene.cache);
    assert.equal(await presentBytes(model.plan, model.scene.cache), 0);
  });

  it('is done by one at a time; who was killed does not count', async () => {
    const lock = (process: number, host = hostname()) =>
      writeFile(model.cache.lock, JSON.stringify({ process, host }));
    await mkdir(dirname(model.cache.lock), { recursive: true });
    await lock(process.ppid);
    assert.match(await refusalOf(model.fetch()), /^org\/name is being downloaded already, in/);
    await lock(1, 'another-machine');
    assert.match(await refusalOf(model.fetch()), /delete .*attention-debugger\.lock\.$/);
    // No process has this number.
    await lock(2 ** 31 - 2);
    const [one, other] = await Promise.allSettled([model.fetch(), model.fetch()]);
    assert.deepEqual([one.status, other.status].sort(), ['fulfilled', 'rejected']);
    await model.assertWhole();
  });

  it('puts the files themselves into the snapshot where there are no links', async () => {
    const link = () => Promise.reject(new Error('EPERM'));
    await model.fetch({ link });
    assert.ok((await lstat(join(model.cache.snapshot(COMMIT), 'onnx', 'model.onnx'))).isFile());
    await model.assertWhole();
    assert.deepEqual(await readdir(join(model.cache.folder, 'blobs')), []);
    model.scene.server.asked.length = 0;
    await model.fetch({ link });
    assert.deepEqual(model.scene.server.asked, []);
  });

  it('takes what Python has fetched, and mends a link that leads nowhere', async () => {
    await mkdir(dirname(model.cache.blob(model.weights)), { recursive: true });
    await writeFile(model.cache.blob(model.weights), WEIGHTS);
    await model.fetch();
    assert.equal(model.requests().length, 0);
    await rm(model.cache.blob(model.weights));
    await model.fetch();
    assert.equal(model.requests().length, 1);
    await model.assertWhole();
  });
});
