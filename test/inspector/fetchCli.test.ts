import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, COMMIT, HubServer, type ServedFiles } from '../support/hubServer';

/** A bundled model, and files that nobody needs. */
async function modelFiles(folder: string, kinds: RegExp): Promise<ServedFiles> {
  const names = await readdir(folder);
  const files = await Promise.all(
    names
      .filter(name => kinds.test(name))
      .map(async name => [name, await readFile(join(folder, name))] as const),
  );
  return { ...Object.fromEntries(files), 'tf_model.h5': bytes(1000), 'README.md': bytes(10) };
}

describe('fetch on the command line', function () {
  this.timeout(300_000);
  let hub: HubServer;
  let home: string;
  before(async () => {
    hub = await HubServer.start({
      'org/name': await modelFiles('models/encoder', /\.(onnx|json|md)$/),
      'org/weights': await modelFiles('models/decoder', /^model\.safetensors$|\.json$/),
    });
  });
  after(() => hub.stop());
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'attention-fetch-'));
    hub.asked.length = 0;
    hub.misbehave = () => false;
  });
  afterEach(() => rm(home, { recursive: true }));

  /** Runs the command line as `npm run --silent cli -- …` does. */
  function start(args: readonly string[], variables: NodeJS.ProcessEnv = {}): ChildProcess {
    const kept = Object.entries(process.env).filter(([name]) => !/^(HF_|HUGGING|XDG_)/.test(name));
    return spawn(process.execPath, ['--import', 'tsx', 'src/inspector/cli.ts', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...Object.fromEntries(kept), HF_ENDPOINT: hub.url, HF_HOME: home, ...variables },
    });
  }
  async function ended(child: ChildProcess) {
    const said = { stdout: '', stderr: '' };
    child.stdout?.on('data', (part: Buffer) => (said.stdout += part.toString()));
    child.stderr?.on('data', (part: Buffer) => (said.stderr += part.toString()));
    const [status] = (await once(child, 'close')) as [number | null];
    return { status, ...said };
  }
  const run = (args: readonly string[], variables?: NodeJS.ProcessEnv) =>
    ended(start(args, variables));

  const checkOf = async (path: string) => {
    const { status, stdout, stderr } = await run([
      ...['inspect', '--model', path],
      ...['--text', 'The cat sat.', '--json'],
    ]);
    assert.equal(status, 0, stderr);
    return (JSON.parse(stdout) as { selfCheck: { output: { result: string } } }).selfCheck.output;
  };

  it('prints the path alone, and what is there opens', async () => {
    const { status, stdout, stderr } = await run(['fetch', 'org/name', '--yes']);
    assert.equal(status, 0, stderr);
    const path = join(home, 'hub', 'models--org--name', 'snapshots', COMMIT);
    assert.equal(stdout, `${path}\n`);
    assert.match(stderr, /^The name org\/name is sent to 127\.0\.0\.1:\d+, to get the list/);
    assert.match(stderr, /^org\/name: \d+ files, [\d.]+ MB, weights as ONNX$/m);
    assert.match(stderr, /^Licence, as the repository names it: apache-2\.0\.$/m);
    assert.equal((await checkOf(path)).result, 'exact');
  });

  it('fetches weights without a graph, which open', async () => {
    const { status, stdout, stderr } = await run(['fetch', 'org/weights', '--yes']);
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^org\/weights: \d+ files, [\d.]+ MB, weights as safetensors$/m);
    assert.equal((await checkOf(stdout.trim())).result, 'exact');
  });

  it('fetches no weights unasked, and asks nobody where it must not', async () => {
    const unasked = await run(['fetch', 'org/name']);
    assert.deepEqual([unasked.status, unasked.stdout], [1, '']);
    assert.match(unasked.stderr, /\nNothing was downloaded: add --yes to download without being/);
    assert.ok(!hub.paths.some(path => path.endsWith('.onnx')));
    hub.asked.length = 0;
    const offline = await run(['fetch', 'org/name', '--yes'], { HF_HUB_OFFLINE: '1' });
    assert.deepEqual([offline.status, offline.stdout], [1, '']);
    assert.match(offline.stderr, /^HF_HUB_OFFLINE is set, so nothing is fetched: .*\n$/);
    for (const args of [['fetch'], ['fetch', 'a/b', 'c/d'], ['inspect', '--yes']]) {
      assert.equal((await run(args)).status, 2);
    }
    assert.deepEqual(hub.asked, []);
  });

  it('says in one sentence why it cannot, without a token in it', async () => {
    const { status, stdout, stderr } = await run(['fetch', 'org/none', '--yes'], {
      HF_TOKEN: 'hf_secret',
    });
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /^The name .*\(HF_TOKEN\).*\nThere is no model org\/none on .*\n$/);
    assert.doesNotMatch(stderr, /hf_secret/);
  });

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`goes on where ${signal} ended it`, async () => {
      const graph = await readFile('models/encoder/model.onnx');
      const half = graph.length >> 1;
      hub.misbehave = ({ path, range }, response) => {
        if (!path.endsWith('model.onnx') || range !== undefined) return false;
        response.writeHead(200, { 'content-length': graph.length });
        response.write(graph.subarray(0, half));
        return true;
      };
      const child = start(['fetch', 'org/name', '--yes']);
      const end = ended(child);
      const blobs = join(home, 'hub', 'models--org--name', 'blobs');
      for (let size = 0; size < half;) {
        const names = await readdir(blobs).catch(() => [] as string[]);
        const partial = names.find(name => name.endsWith('partial'));
        if (partial !== undefined) {
          size = await stat(join(blobs, partial)).then(
            found => found.size,
            () => 0,
          );
        }
        assert.equal(child.exitCode, null);
      }
      child.kill(signal);
      const { status, stderr } = await end;
      if (signal === 'SIGINT') {
        assert.equal(status, 1);
        assert.match(stderr, /\nThe download was stopped; what was fetched is kept\.\n$/);
      }
      hub.asked.length = 0;
      const again = await run(['fetch', 'org/name', '--yes']);
      assert.equal(again.status, 0, again.stderr);
      assert.match(again.stderr, /are here already;/);
      const graphs = hub.asked.filter(({ path }) => path.endsWith('model.onnx'));
      assert.deepEqual(
        graphs.map(({ range }) => range),
        [`bytes=${half}-${graph.length - 1}`],
      );
      assert.deepEqual(await readFile(join(again.stdout.trim(), 'model.onnx')), graph);
    });
  }
});
