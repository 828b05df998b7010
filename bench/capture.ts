import { resolve } from 'node:path';
import * as ort from '../src/inspector/runtime/ort';
import { EVERYTHING } from '../src/inspector/run/inspect';
import { openModel } from '../src/inspector/model/openModel';
import { interleaved, table } from './support';

/** Capturing everything over a plain run of the same file, bundled models. */
export async function main(): Promise<void> {
  const rows: string[][] = [];
  for (const name of ['encoder', 'decoder']) {
    const folder = resolve('models', name);
    const plain = await ort.InferenceSession.create(`${folder}/model.onnx`);
    const model = await openModel(folder);
    for (const tokens of [19, 128, 512]) {
      const dims = [1, tokens];
      const ids = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(10 + ((i * 37) % 8000)));
      const ones = new BigInt64Array(tokens).fill(1n);
      const plainFeeds = {
        input_ids: new ort.Tensor('int64', ids, dims),
        attention_mask: new ort.Tensor('int64', ones, dims),
      };
      const feeds = { input_ids: { dims, data: ids } };
      const times = await interleaved(
        {
          plain: () => plain.run(plainFeeds),
          weights: () =>
            model.run(feeds, {
              ...EVERYTHING,
              queryKeyValue: false,
              maskedScores: false,
              headOutput: false,
              hiddenStates: false,
            }),
          everything: () => model.run(feeds, EVERYTHING),
        },
        15,
      );
      rows.push([
        name,
        String(tokens),
        `${times.plain.toFixed(1)} ms`,
        `${(times.weights / times.plain).toFixed(2)}×`,
        `${(times.everything / times.plain).toFixed(2)}×`,
      ]);
    }
    await model.dispose();
  }
  console.log(table(['model', 'tokens', 'plain run', 'all weights', 'everything'], rows));
}
