import assert from 'node:assert/strict';
import { chooseFiles } from '../../../src/hub/chooseFiles';
import type { HubFile } from '../../../src/hub/listing';
import type { WeightFormat } from '../../../src/hub/openable';
import { ALL, refusalOf } from './support';

const CONFIG = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const OTHERS = ['README.md', '.gitattributes', 'training_args.bin', 'tf_model.h5', 'LICENSE'];

function choose(
  paths: readonly string[],
  {
    file,
    refusal,
    formats = ALL.formats,
  }: { file?: string; refusal?: string; formats?: readonly WeightFormat[] } = {},
) {
  const all = paths.map((path): HubFile => ({
    path,
    size: 1,
    hash: { kind: 'git', hex: '0'.repeat(40) },
  }));
  const address = { name: 'org/name', revision: 'main', ...(file === undefined ? {} : { file }) };
  const { format, files, opened } = chooseFiles(all, { address, refusal, formats });
  return {
    format,
    opened,
    weights: files.map(({ path }) => path).filter(p => !CONFIG.includes(p)),
  };
}
const refused = (...parameters: Parameters<typeof choose>) =>
  refusalOf(Promise.resolve().then(() => choose(...parameters)));

describe('the files that are chosen', () => {
  it('are the configuration, the tokenizer, and one form of the weights', () => {
    const all = [...OTHERS, 'model.safetensors', 'pytorch_model.bin', 'onnx/model.onnx', ...CONFIG];
    assert.deepEqual(choose(all), {
      format: 'safetensors',
      opened: '',
      weights: ['model.safetensors'],
    });
    const files = chooseFiles(
      all.map(path => ({ path, size: 1, hash: { kind: 'git', hex: '' } })),
      {
        address: { name: 'org/name', revision: 'main' },
        refusal: undefined,
        formats: ALL.formats,
      },
    ).files.map(({ path }) => path);
    assert.deepEqual([...files].sort(), [...CONFIG, 'model.safetensors'].sort());
    assert.equal(files.at(-1), 'model.safetensors');
  });

  it('are the graph where weights alone cannot be opened, or are not there', () => {
    const graph = { format: 'ONNX', opened: '', weights: ['onnx/model.onnx'] };
    const all = [...CONFIG, 'model.safetensors', 'onnx/model.onnx', 'onnx/model_q4.onnx'];
    assert.deepEqual(choose(all, { refusal: 'is unknown' }), graph);
    assert.deepEqual(choose([...CONFIG, 'pytorch_model.bin', 'onnx/model.onnx']), graph);
  });

  it('are the graph that the folder is opened by, with its weights', () => {
    const refusal = 'is unknown';
    assert.deepEqual(
      choose(['onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data', 'onnx/model_fp16.onnx_data_1'], {
        refusal,
      }).weights,
      ['onnx/model_fp16.onnx', 'onnx/model_fp16.onnx_data', 'onnx/model_fp16.onnx_data_1'],
    );
    assert.deepEqual(
      choose(['decoder_model.onnx', 'decoder_model_merged.onnx', 'encoder_model.onnx']).weights,
      ['encoder_model.onnx', 'decoder_model.onnx'],
    );
    assert.deepEqual(choose(['weird.onnx', 'weird.onnx.data']).weights, [
      'weird.onnx',
      'weird.onnx.data',
    ]);
  });

  it('are PyTorch’s where there is nothing else', () => {
    const weights = ['pytorch_model.bin'];
    assert.deepEqual(choose([...CONFIG, ...OTHERS, ...weights]), {
      format: 'PyTorch',
      opened: '',
      weights,
    });
  });

  it('are all shards, with their index', async () => {
    const shards = [1, 2].map(i => `model-0000${i}-of-00002.safetensors`);
    const index = 'model.safetensors.index.json';
    assert.deepEqual(choose([...shards, index]).weights, [index, ...shards]);
    assert.match(
      await refused([shards[1]!, index]),
      /^org\/name is not complete on the Hub: model-00001-of-00002\.safetensors is missing\.$/,
    );
    assert.match(await refused(shards), /has no model\.safetensors\.index\.json/);
    assert.match(
      await refused(['model-00001-of-99999.safetensors', index]),
      /split into 99999 files, which no model is/,
    );
  });

  it('are the file that was named, with its parts', async () => {
    const all = ['a-Q4_0.gguf', 'b-00001-of-00002.gguf', 'b-00002-of-00002.gguf', 'x.onnx'];
    assert.deepEqual(choose(all, { file: 'a-Q4_0.gguf' }), {
      format: 'GGUF',
      opened: 'a-Q4_0.gguf',
      weights: ['a-Q4_0.gguf'],
    });
    assert.deepEqual(choose(all, { file: 'b-00001-of-00002.gguf' }).weights, all.slice(1, 3));
    assert.equal(choose(all, { file: 'x.onnx' }).opened, 'x.onnx');
    assert.match(await refused(all, { file: 'c.gguf' }), /has no file c\.gguf/);
    assert.match(await refused(all, { file: all[0]!, formats: ['ONNX'] }), /cannot open/);
  });

  it('are none where nothing can be opened, with the reason', async () => {
    assert.match(
      await refused(['config.json', 'model.safetensors'], { refusal: 'is of type “mamba”' }),
      /^org\/name is of type “mamba”, and there is no ONNX file in its repository.*No weights were/,
    );
    assert.match(await refused(['a.onnx', 'b.onnx']), /several ONNX files.*org\/name\/a\.onnx/);
    assert.match(await refused(['a.gguf', 'b.gguf']), /holds GGUF files.*org\/name\/a\.gguf/);
    const formats = ['safetensors', 'ONNX'] as const;
    assert.match(await refused(['pytorch_model.bin'], { formats }), /as PyTorch saved them, which/);
    assert.match(await refused(['adapter_model.safetensors']), /adapter to another model/);
    assert.match(await refused(OTHERS), /holds no weights that can be opened/);
    assert.match(await refused([]), /holds no weights that can be opened/);
  });
});
