import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { node24, node24Environment, root, run } from '../../scripts/machine.mjs';
import { hostTarget, packagePath } from '../../scripts/package.mjs';
import { preparedExtensions } from './support/packages';
import { listZip } from './support/zip';

describe('package', () => {
  let file = '';
  let names: string[] = [];

  before(async () => {
    await preparedExtensions();
    file = await packagePath();
    names = await listZip(file);
  });

  it('is for this platform and under 75 MB', async () => {
    const megabytes = (await stat(file)).size / 1e6;
    console.log(`      ${path.basename(file)}: ${megabytes.toFixed(1)} MB, ${names.length} files`);
    assert.ok(path.basename(file).includes(hostTarget));
    assert.ok(megabytes < 75, `${megabytes.toFixed(1)} MB`);
  });

  it('holds the binaries of this platform only', () => {
    const binaries = names.filter(name => name.includes('onnxruntime-node/bin/'));
    const [platform = '', arch = ''] = hostTarget.split('-');
    const others = binaries.filter(name => !name.includes(`/${platform}/${arch}/`));
    assert.deepEqual(others, []);
    assert.ok(binaries.some(name => name.endsWith('onnxruntime_binding.node')));
    assert.deepEqual(
      names.filter(name => /cuda|tensorrt/i.test(name)),
      [],
    );
  });

  it('holds what the extension needs and nothing that only developers need', () => {
    const inside = names.map(name => name.replace(/^extension\//, ''));
    for (const wanted of [
      'dist/extension.cjs',
      'dist/inspector.cjs',
      'dist/templateWorker.cjs',
      'dist/trialProcess.cjs',
      'dist/webview.js',
      'dist/webview.css',
      'models/encoder/model.onnx',
      'models/encoder/tokenizer.json',
      'models/decoder/model.onnx',
      'models/decoder/tokenizer.json',
      'models/encoder-decoder/encoder_model.onnx',
      'models/encoder-decoder/decoder_model.onnx',
      'models/encoder-decoder/tokenizer.json',
      'models/encoder/probes.safetensors',
      'models/decoder/probes.safetensors',
      'models/encoder-decoder/probes.safetensors',
      'models/treebank/treebank.conllu',
      'media/icon.png',
      'package.nls.json',
    ]) {
      assert.ok(inside.includes(wanted), `${wanted} is missing`);
    }
    const unwanted =
      /^(src|test|scripts|out|bench|node_modules)\/|\.map$|(?<!\/probes)\.safetensors$|\.vsix$|\.py$/;
    assert.deepEqual(
      inside.filter(name => unwanted.test(name)),
      [],
    );
  });

  it('leaves the development tree as it was', async () => {
    const staged = await stat(path.join(root, 'dist/node_modules')).catch(() => undefined);
    assert.equal(staged, undefined);
  });

  it('refuses a platform without binaries in one sentence', async () => {
    const script = path.join(root, 'scripts/package.mjs');
    const attempt = run(node24, [script, '--target', 'alpine-x64'], {
      quiet: true,
      env: node24Environment(),
    });
    await assert.rejects(attempt, /No package for “alpine-x64”: choose one of linux-x64/);
  });
});
