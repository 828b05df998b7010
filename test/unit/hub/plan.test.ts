import assert from 'node:assert/strict';
import { questionText, planLines, planTitle } from '../../../src/hub/planText';
import { sizeText } from '../../../src/hub/words';
import { bytes, COMMIT, HubServer, sendJson, type Misbehave } from '../../support/hubServer';
import { refusalOf, Scene } from './support';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const MODELS = {
  'org/name': {
    'config.json': json({ model_type: 'llama' }),
    'tokenizer.json': bytes(5000),
    'model.safetensors': bytes(30_000),
    'pytorch_model.bin': bytes(40_000),
    'README.md': bytes(100),
  },
};

describe('the plan of a download', () => {
  let scene: Scene;
  let elsewhere: HubServer;
  before(async () => {
    scene = await Scene.start(MODELS, { HF_TOKEN: 'hf_secret' });
    elsewhere = await HubServer.start(MODELS);
  });
  after(async () => {
    await Scene.stopAll();
    await elsewhere.stop();
  });
  beforeEach(() => {
    scene.server.asked.length = elsewhere.asked.length = 0;
    scene.server.misbehave = () => false;
    scene.server.about = {};
  });

  /** Why nothing is planned where requests whose path matches are answered like this. */
  const refused = (path: RegExp, answer: Misbehave, options = {}, name = 'org/name') => {
    scene.server.misbehave = (asked, response) => path.test(asked.path) && answer(asked, response);
    return refusalOf(scene.plan(name, options));
  };
  const API = /^\/api\//;
  const TREE = /\/tree\//;

  it('asks for what the model is, its files and its configuration, and for nothing else', async () => {
    const plan = await scene.plan('org/name@v1');
    assert.deepEqual(scene.server.paths, [
      '/api/models/org/name/revision/v1',
      `/api/models/org/name/tree/${COMMIT}`,
      `/org/name/resolve/${COMMIT}/config.json`,
    ]);
    assert.deepEqual(
      plan.files.map(({ path, size }) => [path, size]),
      [
        ['tokenizer.json', 5000],
        ['config.json', 22],
        ['model.safetensors', 30_000],
      ],
    );
    assert.equal(plan.bytes, 35_022);
    assert.deepEqual([plan.commit, plan.licence, plan.isGated], [COMMIT, 'apache-2.0', false]);
  });

  it('says what people decide by', async () => {
    scene.server.about = { gated: 'manual' };
    const plan = await scene.plan('org/name');
    const { environment } = scene;
    assert.match(
      questionText('org/name', environment),
      /^The name org\/name is sent to 127\.0\.0\.1:\d+, with your access token \(HF_TOKEN\), to get/,
    );
    assert.equal(planTitle(plan), 'org/name: 3 files, 35.0 kB, weights as safetensors');
    const lines = planLines(plan, environment, 5022).join('\n');
    assert.match(lines, /^From 127\.0\.0\.1:\d+, commit 0123456789ab, into \/.*hub\.$/m);
    assert.match(lines, /^Licence, as the repository names it: apache-2\.0\.$/m);
    assert.match(lines, /^Gated: its terms have to be accepted on its page first\.$/m);
    assert.match(lines, /^5\.0 kB are here already; 30\.0 kB are fetched\.$/m);
    assert.match(lines, /^model\.safetensors \(30\.0 kB\)$/m);
    const many = { ...plan, files: Array.from({ length: 50 }, () => plan.files[0]!) };
    assert.ok(planLines(many, environment, 0).length < 20);
  });

  it('sends the token to the Hub alone, wherever an answer leads', async () => {
    scene.server.misbehave = ({ path }, response) => {
      if (TREE.test(path)) {
        const entries = [{ type: 'file', path: 'x.md', size: 1, oid: 'a'.repeat(40) }];
        const next = `${elsewhere.url}/api/models/org/name/tree/${COMMIT}?cursor=1`;
        return sendJson(response, entries, 200, { link: `<${next}>; rel="next"` });
      }
      if (!path.includes('/resolve/')) return false;
      response.writeHead(302, { location: `${elsewhere.url}${path}` });
      response.end();
      return true;
    };
    await scene.plan('org/name');
    assert.ok(scene.server.asked.length >= 3);
    for (const { authorization } of scene.server.asked) {
      assert.equal(authorization, 'Bearer hf_secret');
    }
    assert.equal(elsewhere.asked.length, 2);
    for (const { authorization } of elsewhere.asked) assert.equal(authorization, undefined);
  });

  it('names a model that there is not, and one that is not for everybody', async () => {
    assert.match(await refusalOf(scene.plan('org/none')), /^There is no model org\/none on 127/);
    const status = (code: number, error?: string) => () =>
      refused(API, (_, response) =>
        sendJson(response, { error: '<b>Look here</b>' }, code, {
          ...(error ? { 'x-error-code': error } : {}),
          'retry-after': '90',
        }),
      );
    const page = new RegExp(`http://${scene.server.host.replaceAll('.', '\\.')}/org/name`);
    const gated = await status(403, 'GatedRepo')();
    assert.match(gated, /is gated, and your account has no access to it yet: accept its terms on/);
    assert.match(gated, page);
    assert.match(await status(401)(), /gives no access to org\/name with your token/);
    assert.match(await status(404, 'RevisionNotFound')(), /has no such branch, tag or commit/);
    assert.match(await status(429)(), /asked too often from here: try again in 90 seconds/);
    assert.match(await status(503)(), /has a fault of its own \(error 503\)/);
    assert.match(await status(418)(), /refused to give org\/name \(error 418\)/);
    for (const code of [401, 403, 404, 418, 429, 500]) {
      assert.doesNotMatch(await status(code)(), /Look here/);
    }
  });

  it('tells people without a token how to get in', async () => {
    const open = await Scene.start(MODELS);
    const answer = (code: string | undefined) => {
      open.server.misbehave = (_, response) =>
        sendJson(response, {}, 401, code === undefined ? {} : { 'x-error-code': code });
      return refusalOf(open.plan('org/name'));
    };
    assert.match(await answer('GatedRepo'), /is gated: accept its terms on .*set HF_TOKEN or log/);
    assert.match(await answer(undefined), /knows no public model org\/name: check the name/);
  });

  it('refuses names that lead out of the folder, and leaves out those that few disks take', async () => {
    const oid = 'a'.repeat(40);
    const list = (path: string) =>
      refused(TREE, (_, response) => sendJson(response, [{ type: 'file', path, size: 1, oid }]));
    for (const path of ['../x', 'a/../../x', '/etc/x', 'a//x', 'a\\..\\x', '..', 'a\u0000b']) {
      assert.match(await list(path), /lists a file whose name leads out of the model's folder/);
    }
    for (const path of ['C:x.gguf', 'a?.onnx', 'x. ', `${'y'.repeat(600)}.gguf`]) {
      assert.match(await list(path), /holds no weights that can be opened/);
    }
  });

  it('refuses answers that are no list of files', async () => {
    const entry = { type: 'file', path: 'model.safetensors', size: 1, oid: 'a'.repeat(40) };
    for (const value of [
      null,
      'x',
      {},
      [1],
      [{ ...entry, size: -1 }],
      [{ ...entry, size: 1e300 }],
      [{ ...entry, size: '1' }],
      [{ ...entry, oid: '../x' }],
      [{ ...entry, lfs: { oid: 'A'.repeat(64), size: 1 } }],
      [{ ...entry, oid: undefined }],
    ]) {
      const message = await refused(TREE, (_, response) => sendJson(response, value));
      assert.match(message, /answered with something else than a list of files/);
    }
    for (const about of [{ sha: '../../x' }, { sha: 1 }, { lastModified: {}, tags: 'x' }]) {
      scene.server.about = about;
      assert.match(await refusalOf(scene.plan('org/name')), /something else than a list of files/);
    }
    const page: Misbehave = (_, response) => {
      response.end('<!doctype html><title>Log in</title>');
      return true;
    };
    assert.match(await refused(API, page), /something else than a list of files/);
  });

  it('refuses a million files, on one page or on many', async () => {
    const entry = { type: 'file', path: 'x.md', size: 1, oid: 'a'.repeat(40) };
    const row = JSON.stringify(entry);
    let sent = 0;
    const endless: Misbehave = (_, response) => {
      response.write('[');
      const more = () => {
        for (let i = 0; i < 200 && !response.destroyed; i++) {
          sent += row.length + 1;
          if (!response.write(`${row},`)) break;
        }
        if (!response.destroyed && sent < 1e9) setImmediate(more);
      };
      more();
      return true;
    };
    assert.match(await refused(TREE, endless), /answered with more than 4194304 bytes/);
    assert.ok(sent < 1e9);
    const page = Array.from({ length: 1000 }, (_, i) => ({ ...entry, path: `${i}.md` }));
    const pages = (entries: readonly unknown[]) =>
      refused(TREE, ({ path }, response) =>
        sendJson(response, entries, 200, { link: `<${scene.server.url}${path}>; rel="next"` }),
      );
    assert.match(await pages(page), /more than 10,000 files, which no model has/);
    scene.server.asked.length = 0;
    assert.match(await pages([]), /more than 10,000 files, which no model has/);
    assert.ok(scene.server.asked.length < 60);
  });

  it('refuses a configuration that is none', async () => {
    const config = (text: string) => {
      const content = Buffer.from(text);
      return Scene.start({ 'org/name': { ...MODELS['org/name'], 'config.json': content } });
    };
    for (const text of ['{', '[]', '"x"', '{"a":'.repeat(9000)]) {
      const broken = await config(text);
      assert.match(
        await refusalOf(broken.plan('org/name')),
        /config\.json of org\/name is no config/,
      );
    }
    const large = await config(' '.repeat(2 ** 20 + 1));
    assert.match(await refusalOf(large.plan('org/name')), /has a config\.json of 1048577 bytes/);
  });

  it('does not follow redirects without end, nor to places that are no web', async () => {
    const lead = (location: string) =>
      refused(API, ({ path }, response) => {
        response.writeHead(307, { location: location || path });
        response.end();
        return true;
      });
    assert.match(await lead(''), /leads from one address to the next without end/);
    for (const location of ['file:///etc/passwd', 'data:,x', 'http://[x', 'ftp://x/']) {
      assert.match(await lead(location), /leads to an address that is not safe to follow/);
    }
  });

  it('follows the Hub to where a renamed model is', async () => {
    scene.server.misbehave = ({ path }, response) => {
      if (!path.includes('/old/')) return false;
      response.writeHead(307, { location: path.replace('/old/', '/name/') });
      response.end();
      return true;
    };
    const { address, bytes: size } = await scene.plan('org/old');
    assert.deepEqual([address.name, size], ['org/old', 35_022]);
  });

  it('gives up a server that says nothing, and one that is not there', async () => {
    const patience = { patience: 50 };
    assert.match(await refused(API, () => true, patience), /sent nothing for 0 seconds/);
    const stuck: Misbehave = (_, response) => response.write('[{"type":') || true;
    assert.match(await refused(TREE, stuck, patience), /sent nothing for 0 seconds/);
    const gone = await Scene.start(MODELS);
    await gone.server.stop();
    const message = await refusalOf(gone.plan('org/name'));
    assert.match(message, /^The connection to 127\.0\.0\.1:\d+ failed \(ECONNREFUSED\): check the/);
  });

  it('stops when people say so', async () => {
    const stop = new AbortController();
    scene.server.misbehave = () => {
      stop.abort();
      return true;
    };
    await refusalOf(scene.plan('org/name', { signal: stop.signal }), 'cancelled');
    await refusalOf(scene.plan('org/name', { signal: stop.signal }), 'cancelled');
    assert.equal(scene.server.asked.length, 1);
  });
});

describe('sizes', () => {
  it('are read by people', () => {
    const sizes = [0, 999, 1000, 99_949, 999_400, 999_500, 1.55e9, 3e13].map(sizeText);
    assert.deepEqual(sizes, [
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '99.9 kB',
      '999 kB',
      '1.0 MB',
      '1.6 GB',
      '30.0 TB',
    ]);
  });
});
