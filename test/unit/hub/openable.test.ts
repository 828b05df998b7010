import assert from 'node:assert/strict';
import { OPENABLE } from '../../../src/hub/openable';
import { familyTypes } from '../../../src/inspector/families/families';
import { BUILT_MODEL_TYPES } from '../../../src/protocol/openedFiles';
import { bytes } from '../../support/hubServer';
import { refusalOf, Scene } from './support';

/** A model's files with this configuration, and others. */
const files = (configuration: unknown, ...others: readonly string[]) => ({
  'config.json': Buffer.from(JSON.stringify(configuration)),
  'model.safetensors': bytes(1000),
  ...Object.fromEntries(others.map(path => [path, bytes(1000)])),
});

describe('what a download is refused for', () => {
  afterEach(() => Scene.stopAll());

  it('is known for the types that the inspector builds', () => {
    assert.deepEqual([...BUILT_MODEL_TYPES].sort(), [...new Set(familyTypes)].sort());
  });

  it('is said before the weights are fetched', async () => {
    for (const [configuration, words] of [
      [
        { model_type: 'mamba' },
        /^org\/name is of type “mamba”, which this version opens as an ONNX/,
      ],
      [
        {},
        /^org\/name does not say in config\.json of which type it is, and there is no ONNX file/,
      ],
      [{ model_type: 'llama', quantization_config: {} }, /is stored in a quantised form/],
    ] as const) {
      const scene = await Scene.start({ 'org/name': files(configuration) });
      assert.match(await refusalOf(scene.plan('org/name', {}, OPENABLE)), words);
      assert.ok(!scene.server.paths.some(path => path.includes('safetensors')));
    }
  });

  it('is no reason where there is a graph, or a type that is built', async () => {
    const scene = await Scene.start({
      'org/built': files({ model_type: 'llama' }, 'onnx/model.onnx'),
      'org/other': files({ model_type: 'mamba' }, 'onnx/model.onnx'),
      'org/gguf': { 'a.gguf': bytes(1000), 'b.gguf': bytes(1000) },
    });
    const formatOf = async (name: string) => (await scene.plan(name, {}, OPENABLE)).format;
    assert.equal(await formatOf('org/built'), 'safetensors');
    assert.equal(await formatOf('org/other'), 'ONNX');
    assert.equal(await formatOf('org/gguf/a.gguf'), 'GGUF');
  });
});
