import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { listSchema } from '../../../src/protocol/intervention';
import { divergenceOf, logSoftmax } from '../../../src/inspector/attention/softmax';
import { outputsOf } from '../../../src/inspector/capture/outputs';
import { inspect } from '../../../src/inspector/run/inspect';
import { ModelStore } from '../../../src/inspector/store/modelStore';

/** Largest difference from what PyTorch computes: of probabilities, logits and nats. */
const TOLERANCE = 1e-3;

interface Experiment {
  readonly model: string;
  readonly text: string;
  readonly target?: string;
  readonly token: number;
  readonly entries: readonly [number, number];
  readonly rows: Readonly<
    Record<
      string,
      {
        readonly list: unknown;
        readonly probabilities: readonly number[];
        readonly difference: number;
        readonly kl: number;
      }
    >
  >;
}

const root = join(import.meta.dirname, '../../..');
const { experiments } = JSON.parse(
  readFileSync(join(root, 'test/fixtures/interventions/experiments.json'), 'utf8'),
) as { experiments: Record<string, Experiment> };

describe('experiments on the bundled models equal PyTorch with hooks', () => {
  const store = new ModelStore(undefined, false, join(root, 'models/treebank/treebank.conllu'));
  after(async () => {
    // Two models are kept open at most, and the one before is disposed of by then.
    for (const model of ['encoder', 'encoder-decoder']) {
      await (await store.model(join(root, 'models', model))).dispose();
    }
  });
  for (const [title, { model, text, target, token, entries, rows }] of Object.entries(
    experiments,
  )) {
    it(title, async () => {
      const logitsOf = async (list: unknown) => {
        const spec = { model: join(root, 'models', model), text, maximumTokens: 64 };
        const changes = v
          .parse(listSchema, list)
          .map(one => ({ kind: 'intervention', ...one }) as const);
        const all = { ...spec, ...(target === undefined ? {} : { target }), changes };
        return outputsOf(await inspect(all, store, async () => undefined)).at(token);
      };
      const plain = logSoftmax(await logitsOf([]));
      for (const [name, { list, probabilities, difference, kl }] of Object.entries(rows)) {
        const logits = await logitsOf(list);
        const logs = logSoftmax(logits);
        const [first, second] = entries;
        const ours = [
          ...entries.map(entry => Math.exp(logs[entry] ?? NaN)),
          (logits[first] ?? NaN) - (logits[second] ?? NaN),
          divergenceOf(plain, logs),
        ];
        for (const [i, expected] of [...probabilities, difference, kl].entries()) {
          const error = Math.abs((ours[i] ?? NaN) - expected);
          assert.ok(error <= TOLERANCE, `${name}: ${ours[i]} for ${expected}`);
        }
      }
    });
  }
});
