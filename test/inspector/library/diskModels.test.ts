import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeSafetensors } from '../../../src/inspector/files/safetensors';
import { diskModels } from '../../../src/inspector/library/diskModels';
import { modelPlaces, type Surroundings } from '../../../src/inspector/source/modelPlaces';
import type { DiskModel } from '../../../src/protocol/diskModels';
import { cacheModel, ggufStart, ollamaModel } from '../support/modelTrees';

const fixtures = path.join(import.meta.dirname, '../../fixtures');
const REVISION = '0123456789abcdef0123456789abcdef01234567';

describe('places of models', () => {
  const at = (variables: Surroundings['variables'], platform: NodeJS.Platform = 'linux') =>
    Object.fromEntries(
      modelPlaces({ variables, home: '/home/me', platform }).map(({ place, folders }) => [
        place,
        folders,
      ]),
    );

  it('are those of each program by default', () => {
    assert.deepEqual(at({}), {
      huggingface: ['/home/me/.cache/huggingface/hub'],
      ollama: ['/home/me/.ollama/models', '/usr/share/ollama/.ollama/models'],
      lmStudio: ['/home/me/.lmstudio/models', '/home/me/.cache/lm-studio/models'],
      llamaCpp: ['/home/me/.cache/llama.cpp'],
    });
    assert.deepEqual(at({}, 'darwin').llamaCpp, ['/home/me/Library/Caches/llama.cpp']);
    assert.deepEqual(at({}, 'darwin').ollama, ['/home/me/.ollama/models']);
    const windows = at({ LOCALAPPDATA: '/local' }, 'win32');
    assert.deepEqual(windows.llamaCpp, ['/local/llama.cpp']);
  });

  it('follow the variables, the surest first', () => {
    const all = {
      HF_HUB_CACHE: '/a',
      HUGGINGFACE_HUB_CACHE: '/b',
      HF_HOME: '/c',
      XDG_CACHE_HOME: '/d',
    };
    const hub = (variables: Surroundings['variables']) => at(variables).huggingface;
    assert.deepEqual(hub(all), ['/a']);
    assert.deepEqual(hub({ ...all, HF_HUB_CACHE: '' }), ['/b']);
    assert.deepEqual(hub({ HF_HOME: '/c', XDG_CACHE_HOME: '/d' }), ['/c/hub']);
    assert.deepEqual(hub({ XDG_CACHE_HOME: '/d' }), ['/d/huggingface/hub']);
    assert.deepEqual(hub({ HF_HOME: '~/models', D: '/e' }), ['/home/me/models/hub']);
    assert.deepEqual(hub({ HF_HUB_CACHE: '$D/hub', D: '/e' }), ['/e/hub']);
    assert.deepEqual(at({ OLLAMA_MODELS: '/f' }).ollama, ['/f']);
    assert.deepEqual(at({ LLAMA_CACHE: '/g' }).llamaCpp, ['/g']);
    assert.deepEqual(at({ XDG_CACHE_HOME: '/d' }).llamaCpp, ['/d/llama.cpp']);
  });
});

describe('models on the disk', () => {
  let home = '';
  const inHome = (...parts: string[]) => path.join(home, ...parts);
  const list = (given: readonly string[] = []) =>
    diskModels(given, { variables: {}, home, platform: 'darwin' });
  const listed = async (name: string): Promise<DiskModel | undefined> =>
    (await list()).find(model => model.name === name);

  beforeEach(async () => {
    home = await mkdtemp(path.join(os.tmpdir(), 'library-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));
  const hub = () => inHome('.cache/huggingface/hub');

  it('are none where nothing was fetched', async () => {
    assert.deepEqual(await list(), []);
    assert.deepEqual(await list([inHome('nothing'), inHome('nothing.onnx')]), []);
  });

  it('of the Hugging Face cache have the name, revision, family and precision that they have', async () => {
    const weights = writeSafetensors([
      ['embed.weight', { dtype: 'BF16', dims: [8, 4], data: new Uint16Array(32) }],
      ['norm.weight', { dtype: 'F32', dims: [4], data: new Float32Array(4) }],
    ]);
    const snapshot = await cacheModel(hub(), 'org/half', REVISION, {
      'config.json': '{"model_type": "qwen3"}',
      'model.safetensors': Buffer.from(weights),
    });
    await cacheModel(hub(), 'only-a-tokenizer', REVISION, { 'tokenizer.json': '{}' });
    await mkdir(path.join(hub(), 'datasets--org--texts', 'snapshots', REVISION), {
      recursive: true,
    });
    await mkdir(path.join(hub(), 'models--org--empty'), { recursive: true });
    assert.equal((await list()).length, 1);
    const model = (await listed('org/half@0123456'))!;
    assert.equal(model.path, snapshot);
    assert.equal(model.place, 'huggingface');
    assert.deepEqual(
      [model.format, model.family, model.precision, model.bytes],
      ['safetensors', 'qwen3', 'bfloat16', weights.length],
    );
    assert.equal(model.refused, undefined);
    // In memory every number has four bytes.
    assert.ok(model.memory! > 2 * model.bytes);
  });

  it('are ONNX where a folder holds both, with the weights beside the graph', async () => {
    const source = path.join(fixtures, 'onnx/bert__extdata_dynamo_sdpa_op18');
    await cacheModel(hub(), 'org/graph', REVISION, {
      'config.json': { from: path.join(source, 'config.json') },
      'onnx/model.onnx': { from: path.join(source, 'model.onnx') },
      'onnx/model.onnx.data': { from: path.join(source, 'model.onnx.data') },
      'model.safetensors': 'not looked at',
    });
    const model = (await listed('org/graph@0123456'))!;
    assert.deepEqual([model.format, model.family, model.refused], ['ONNX', 'bert', undefined]);
    assert.ok(model.bytes > 20_000 && model.memory! > model.bytes);
  });

  it('follow the main branch, not the order of folders', async () => {
    const config = (type: string) => ({
      'config.json': `{"model_type": "${type}"}`,
      'model.onnx': 'graph',
    });
    await cacheModel(hub(), 'org/moved', 'b'.repeat(40), config('new'));
    await cacheModel(hub(), 'org/moved', 'a'.repeat(40), config('old'));
    await writeFile(path.join(hub(), 'models--org--moved/refs/main'), `${'b'.repeat(40)}\n`);
    assert.equal((await listed('org/moved@bbbbbbb'))?.family, 'new');
    await rm(path.join(hub(), 'models--org--moved/refs/main'));
    assert.equal((await list()).length, 1);
  });

  it('of Ollama are called as there, and lie where the manifest says', async () => {
    const folder = inHome('.ollama/models');
    const values = { 'general.architecture': 'llama', 'general.file_type': 15 };
    const bytes = ggufStart(values);
    const blob = await ollamaModel(folder, 'llama3.2:1b', bytes);
    const own = await ollamaModel(
      folder,
      'someone/small:latest',
      ggufStart({ 'general.architecture': 'qwen2', 'general.file_type': 7 }),
    );
    const bad = inHome('.ollama/models/manifests/registry.ollama.ai/library/bad');
    await mkdir(bad, { recursive: true });
    const layer = { mediaType: 'application/vnd.ollama.image.model', digest: 'sha256:../../x' };
    await writeFile(path.join(bad, 'path'), JSON.stringify({ layers: [layer] }));
    await writeFile(path.join(bad, 'json'), '{');
    await writeFile(path.join(bad, 'other'), '[]');
    const models = await list();
    assert.deepEqual(
      models.map(({ name, path: file, family, precision }) => [name, file, family, precision]),
      [
        ['llama3.2:1b', blob, 'llama', 'Q4_K_M'],
        ['someone/small:latest', own, 'qwen2', 'Q8_0'],
      ],
    );
    assert.equal(models[0]?.bytes, bytes.length);
    assert.ok(models.every(({ place, format }) => place === 'ollama' && format === 'GGUF'));
  });

  it('of LM Studio and llama.cpp are GGUF files, of several parts one model, no projectors', async () => {
    const bytes = ggufStart({ 'general.architecture': 'gemma3', 'general.file_type': 1 });
    const studio = inHome('.lmstudio/models/publisher/model-GGUF');
    const cache = inHome('Library/Caches/llama.cpp');
    await mkdir(studio, { recursive: true });
    await mkdir(cache, { recursive: true });
    for (const name of ['model-f16.gguf', 'mmproj-model-f16.gguf', 'notes.txt', 'broken.gguf']) {
      await writeFile(path.join(studio, name), name === 'broken.gguf' ? 'GGU' : bytes);
    }
    for (const part of [1, 2, 3]) {
      await writeFile(path.join(cache, `large-0000${part}-of-00003.gguf`), bytes);
    }
    const models = await list();
    assert.deepEqual(
      models.map(({ name, place, precision, bytes: size }) => [name, place, precision, size]),
      [
        ['model-f16', 'lmStudio', 'F16', bytes.length],
        ['large', 'llamaCpp', 'F16', 3 * bytes.length],
      ],
    );
  });

  it('are listed once, the given ones first, and say why they will not open', async () => {
    const snapshot = await cacheModel(hub(), 'org/small', REVISION, { 'model.onnx': 'graph' });
    const [model, ...others] = await list([snapshot]);
    assert.equal(model?.place, 'given');
    assert.equal(model.name, 'org/small@0123456');
    assert.deepEqual(others, []);
    await writeFile(inHome('pointer.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
    const [pointer] = await list([inHome('pointer.onnx')]);
    assert.match(pointer?.refused ?? '', /is a Git LFS pointer/);
    assert.equal(pointer?.memory, undefined);
  });

  it('are not offered to be opened where their type or their quantisation is not built', async () => {
    const weights = Buffer.from(
      writeSafetensors([['w', { dtype: 'F32', dims: [1], data: new Float32Array(1) }]]),
    );
    const add = (name: string, config: string, file: string | Buffer = weights) =>
      cacheModel(hub(), name, REVISION, { 'config.json': config, 'model.safetensors': file });
    await add('org/audio', '{"model_type": "whisper"}');
    await add(
      'org/packed',
      '{"model_type": "llama", "quantization_config": {"quant_method": "gptq"}}',
    );
    await add('org/nameless', '{}');
    await add('org/cut', '{"model_type": "llama"}', weights.subarray(0, 20));
    const reasons = (await list()).map(({ name, refused }) => [name.split('@')[0], refused]);
    for (const [name, pattern] of [
      ['org/audio', /“whisper” is not built from its weights, because it reads audio/],
      ['org/packed', /quantised form \(gptq\)/],
      ['org/nameless', /does not say which type of model/],
      ['org/cut', /it is cut off/],
    ] as const) {
      const reason = reasons.find(([of]) => of === name)?.[1] ?? '';
      assert.match(reason, pattern, name);
    }
  });

  it('of GGUF are not offered to be opened where their kind or their quantisation is not read', async () => {
    const folder = inHome('.lmstudio/models');
    await mkdir(folder, { recursive: true });
    const add = (name: string, architecture: string, type: number) =>
      writeFile(
        path.join(folder, name),
        ggufStart({ 'general.architecture': architecture, 'general.file_type': type }),
      );
    await add('codes.gguf', 'llama', 20);
    await add('good.gguf', 'llama', 15);
    await add('mamba.gguf', 'mamba', 1);
    const [codes, good, mamba] = await list();
    assert.match(codes?.refused ?? '', /The quantisation IQ2_XS is not read/);
    assert.equal(good?.refused, undefined);
    assert.ok(good!.memory! > good!.bytes);
    assert.match(mamba?.refused ?? '', /of the architecture “mamba” are not read/);
  });

  it('of adapters are those that they change, if these are here', async () => {
    const tuned = inHome('tuned');
    await cp(path.join(fixtures, 'adapters/qwen3'), tuned, { recursive: true });
    const [alone] = await list([tuned]);
    assert.match(alone?.refused ?? '', /changes the model “somebody\/qwen3”, which is neither/);
    await cp(path.join(fixtures, 'weights/qwen3'), inHome('qwen3'), { recursive: true });
    const [beside] = await list([tuned]);
    assert.deepEqual(
      [beside?.format, beside?.family, beside?.precision, beside?.refused],
      ['LoRA', 'qwen3', 'float32', undefined],
    );
    assert.ok(beside!.bytes > 20_000);
  });

  it('lead in no circle and read no pipe', async () => {
    const folder = inHome('.lmstudio/models');
    await mkdir(folder, { recursive: true });
    await symlink('.', path.join(folder, 'again'));
    await symlink('/dev/zero', path.join(folder, 'endless.gguf'));
    await symlink('nowhere', path.join(folder, 'gone.gguf'));
    assert.deepEqual(await list(), []);
  });
});

describe('models of the command line', () => {
  it('are printed with what is known of them', async () => {
    const home = await mkdtemp(path.join(os.tmpdir(), 'library-cli-'));
    const snapshot = await cacheModel(path.join(home, 'hub'), 'org/small', REVISION, {
      'config.json': '{"model_type": "bert"}',
      'model_int8.onnx': 'g'.repeat(1500),
    });
    const run = (...options: string[]) => {
      const command = ['--import', 'tsx', 'src/inspector/cli.ts', 'models', ...options];
      const env = { ...process.env, HF_HOME: home, HOME: home, OLLAMA_MODELS: home };
      return spawnSync(process.execPath, command, { encoding: 'utf8', env });
    };
    const { status, stdout, stderr } = run();
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^org\/small@0123456 \(Hugging Face\)$/m);
    assert.match(
      stdout,
      /^ {2}bert, 8 bits, ONNX, 2 kB on disk; opens with about 150 MB of memory$/m,
    );
    const { models } = JSON.parse(run('--json').stdout) as { models: DiskModel[] };
    assert.deepEqual(
      models.map(({ path: place, family }) => [place, family]),
      [[snapshot, 'bert']],
    );
    await rm(home, { recursive: true });
  });
});
