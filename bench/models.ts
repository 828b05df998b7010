import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { writeHeader, type TensorPlace } from '../src/inspector/files/safetensorsHeader';
import { diskModels } from '../src/inspector/library/diskModels';
import { cacheModel, ggufStart, ollamaModel } from '../test/inspector/support/modelTrees';
import { median, table } from './support';

const ROUNDS = 9;
/** Milliseconds for 200 models. */
const LIMIT = 300;
const COUNTS = { safetensors: 80, onnx: 40, torch: 20, ollama: 40, lmStudio: 20 } as const;
/** Tensors of a model of 24 layers, twelve a layer. */
const TENSORS = 290;
const TORCH_FILE = resolve('test/fixtures/torch_files/float32.bin');

/**
 * What listing the models of a disk takes: 200 made-up ones in the folders of Hugging Face, Ollama and LM
 * Studio, files of gigabytes that hold nothing. The first listing reads headers that no other has read
 * before, as far as the system goes; the median is of those after it.
 */
export async function main(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'attention-debugger-models-'));
  try {
    await makeModels(home);
    const list = () => diskModels([], { variables: {}, home, platform: 'darwin' });
    const times: { wall: number; processor: number }[] = [];
    let count = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const used = process.cpuUsage();
      const started = performance.now();
      count = (await list()).length;
      const { user, system } = process.cpuUsage(used);
      times.push({ wall: performance.now() - started, processor: (user + system) / 1000 });
    }
    const [first, ...others] = times;
    const row = (name: string, wall = NaN, processor = NaN) => [
      name,
      String(count),
      milliseconds(wall),
      milliseconds(processor),
      wall <= LIMIT ? 'kept' : 'missed',
    ];
    console.log(
      table(
        ['listing', 'models', 'wall', 'processor', `limit ${LIMIT} ms`],
        [
          row('first', first?.wall, first?.processor),
          row(
            'median of the others',
            median(others.map(({ wall }) => wall)),
            median(others.map(({ processor }) => processor)),
          ),
        ],
      ),
    );
  } finally {
    await rm(home, { recursive: true });
  }
}

async function makeModels(home: string): Promise<void> {
  const hub = join(home, '.cache/huggingface/hub');
  const revision = (i: number) => i.toString(16).padStart(40, '0');
  const config = '{"model_type": "qwen3"}';
  const weights = weightsHeader();
  for (let i = 0; i < COUNTS.safetensors; i++) {
    const snapshot = await cacheModel(hub, `org/weights-${i}`, revision(i), {
      'config.json': config,
      'tokenizer.json': '{}',
      'model.safetensors': weights.header,
    });
    await truncate(join(snapshot, 'model.safetensors'), weights.size);
  }
  for (let i = 0; i < COUNTS.onnx; i++) {
    await cacheModel(hub, `org/graph-${i}`, revision(i), {
      'config.json': config,
      'onnx/model.onnx': 'graph',
      'onnx/model.onnx_data': 'data',
    });
  }
  for (let i = 0; i < COUNTS.torch; i++) {
    await cacheModel(hub, `org/torch-${i}`, revision(i), {
      'config.json': config,
      'pytorch_model.bin': { from: TORCH_FILE },
    });
  }
  const values = { 'general.architecture': 'llama', 'general.file_type': 15 };
  for (let i = 0; i < COUNTS.ollama; i++) {
    const bytes = ggufStart({ ...values, 'general.name': `model ${i}` });
    await truncate(await ollamaModel(join(home, '.ollama/models'), `model${i}:7b`, bytes), 4e9);
  }
  for (let i = 0; i < COUNTS.lmStudio; i++) {
    const folder = join(home, '.lmstudio/models/publisher', `model-${i}-GGUF`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, `model-${i}-Q4_K_M.gguf`), ggufStart(values));
  }
}

/** The header of a model's weights, and the bytes of the file that it is the header of. */
function weightsHeader(): { readonly header: Buffer; readonly size: number } {
  const dims = [1024, 1024];
  const bytes = 2 * 1024 * 1024;
  const tensors = Array.from({ length: TENSORS }, (_, i): [string, TensorPlace] => [
    `model.layers.${Math.floor(i / 12)}.part.${i % 12}.weight`,
    { dtype: 'BF16', dims, from: i * bytes, to: (i + 1) * bytes },
  ]);
  const header = Buffer.from(writeHeader({ metadata: {}, tensors: new Map(tensors) }));
  return { header, size: header.length + TENSORS * bytes };
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}
