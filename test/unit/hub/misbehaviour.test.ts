import assert from 'node:assert/strict';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytes, HubServer } from '../../support/hubServer';
import { beginOf, FILES, HALF, OneModel, WEIGHTS } from './oneModel';
import { refusalOf, Scene } from './support';

describe('a download from a server that misbehaves', () => {
  let model: OneModel;
  beforeEach(async () => (model = await OneModel.start()));
  afterEach(() => Scene.stopAll());

  it('takes up a connection that breaks, as long as each brings something', async () => {
    model.answers(
      model.breakAfter(100_000),
      model.breakAfter(200_000),
      model.breakAfter(90_000),
      response => response.writeHead(503).end(),
    );
    const refused = model.fetch({ progress: model.breakNow });
    assert.match(await refusalOf(refused), /fault of its own \(error 503\).*is kept/);
    assert.deepEqual(
      model.requests().map(({ range }) => beginOf(range)),
      [0, 100_000, 300_000, 390_000],
    );
    assert.equal(await model.partialSize(), 390_000);
    await model.fetch();
    await model.assertWhole();
  });

  it('gives up connections that bring nothing, and keeps what there is', async () => {
    await model.leave();
    model.answers(response => {
      response.writeHead(200, { 'content-length': WEIGHTS.length }).flushHeaders();
      response.destroy();
    });
    assert.match(await refusalOf(model.fetch()), /connection to 127.*failed.*is kept/);
    assert.equal(await model.partialSize(), HALF);
    model.answers(response => {
      response.writeHead(200);
      response.end();
    });
    assert.match(
      await refusalOf(model.fetch()),
      /^onnx\/model\.onnx ended after 400000 of 900000 bytes: try again, the rest is fetched then\.$/,
    );
    model.answers(response => response.writeHead(200).flushHeaders());
    const hung = model.fetch({ patience: 50 });
    assert.match(await refusalOf(hung), /sent nothing for 0 seconds/);
    assert.equal(await model.partialSize(), HALF);
  });

  it('gives up a server that breaks off again and again', async () => {
    model.always((response, range) => {
      model.breakAfter(10)(response, range);
      return true;
    });
    await refusalOf(model.fetch({ progress: model.breakNow }));
    assert.ok(model.requests().length > 5 && model.requests().length < 50);
  });

  it('takes no more than was announced', async () => {
    model.answers(response => response.end(Buffer.concat([WEIGHTS, WEIGHTS])));
    assert.match(await refusalOf(model.fetch()), /offers another part of onnx\/model\.onnx/);
    model.answers(response => {
      response.writeHead(200, { 'transfer-encoding': 'chunked' });
      const more = () => {
        while (!response.destroyed && response.write(WEIGHTS));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    assert.match(await refusalOf(model.fetch()), /sent more of onnx\/model\.onnx than the 9/);
    const left = await model.partialSize();
    assert.ok(left !== undefined && left <= WEIGHTS.length);
    await model.fetch();
    await model.assertWhole();
  });

  it('refuses another part than the one that it asked for', async () => {
    for (const range of [
      `bytes 0-${WEIGHTS.length - 1}/${WEIGHTS.length}`,
      `bytes ${HALF}-${WEIGHTS.length - 1}/${WEIGHTS.length + 1}`,
      `bytes ${HALF}-${HALF + 9}/${WEIGHTS.length}`,
      'nonsense',
    ]) {
      await model.leave();
      model.answers(response => {
        response.writeHead(206, { 'content-range': range });
        response.end(WEIGHTS.subarray(HALF));
      });
      assert.match(await refusalOf(model.fetch()), /offers another part of/, range);
    }
    assert.equal(await model.partialSize(), HALF);
  });

  it('copes with a server that knows no ranges', async () => {
    await model.leave();
    model.answers(response => response.end(WEIGHTS));
    await model.fetch();
    await model.assertWhole();
  });

  it('deletes what has another hash than was announced, and says so', async () => {
    model.answers(response => response.end(bytes(WEIGHTS.length, 2)));
    const message = await refusalOf(model.fetch());
    assert.match(message, /^onnx\/model\.onnx arrived damaged, its hash is not the one/);
    assert.equal(await model.partialSize(), undefined);
    await assert.rejects(stat(model.cache.blob(model.weights)));
    await assert.rejects(stat(join(model.cache.folder, 'refs')));
    await model.leave(bytes(HALF, 3));
    assert.match(await refusalOf(model.fetch()), /arrived damaged/);
    await model.leave(bytes(WEIGHTS.length + 1));
    await model.fetch();
    await model.assertWhole();
  });

  it('checks the small files by their hash, too', async () => {
    model.scene.server.misbehave = ({ path }, response) => {
      if (!path.endsWith('tokenizer.json')) return false;
      response.end(bytes(5000, 2));
      return true;
    };
    assert.match(await refusalOf(model.fetch()), /^tokenizer\.json arrived damaged/);
  });

  it('follows to other hosts without the token', async () => {
    const other = await HubServer.start({ 'org/name': FILES });
    await model.leave();
    model.answers(response => {
      response.writeHead(302, { location: `${other.url}/org/name/resolve/x/onnx/model.onnx` });
      response.end();
    });
    await model.fetch();
    await other.stop();
    assert.equal(model.requests()[0]?.authorization, 'Bearer hf_secret');
    assert.deepEqual(other.asked, [
      {
        path: '/org/name/resolve/x/onnx/model.onnx',
        range: `bytes=${HALF}-${WEIGHTS.length - 1}`,
        authorization: undefined,
      },
    ]);
    await model.assertWhole();
  });

  it('says of another host what it says, and blames no account', async () => {
    const other = await HubServer.start({});
    other.misbehave = (_, response) => {
      response.writeHead(403).end();
      return true;
    };
    model.answers(response => response.writeHead(302, { location: other.url }).end());
    assert.match(await refusalOf(model.fetch()), /refused to give org\/name \(error 403\)/);
    await other.stop();
  });

  it('asks for room first', async () => {
    const size = 2 ** 49;
    const huge = { ...model.plan, bytes: size, files: [{ ...model.weights, size }] };
    const message = await refusalOf(model.scene.download(huge));
    assert.match(message, /^There are .* free at .*, and 563 TB are to be fetched: make room/);
    assert.deepEqual(model.scene.server.asked, []);
  });

  it('says where it cannot write', async () => {
    await rm(model.scene.cache, { recursive: true, force: true });
    await mkdir(dirname(model.scene.cache), { recursive: true });
    await writeFile(model.scene.cache, 'a file');
    assert.match(await refusalOf(model.fetch()), /^Nothing can be written in .*HF_HUB_CACHE/);
  });
});
