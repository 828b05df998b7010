import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildModel, checkConfiguration } from '../../../src/inspector/families/buildModel';
import { openSafetensors } from '../../../src/inspector/weights/safetensors';
import { InspectorError } from '../../../src/protocol/errors';

const fixtures = join(import.meta.dirname, '../../fixtures/weights');

/** A family of each kind. */
const models = ['albert', 'modernbert', 'gpt_neo', 'mpt', 'm2m_100', 't5', 'deberta_v3', 'phi3'];
const values: readonly unknown[] = [
  undefined,
  null,
  -1,
  0,
  1,
  0.5,
  2 ** 24,
  1e300,
  'x',
  [],
  [[]],
  {},
  true,
];
/** Fields that not all of them have. */
const others = ['rope_scaling', 'sliding_window', 'layer_types', 'head_dim', 'num_local_experts'];

type Fields = Record<string, unknown>;

describe('a configuration of anything is built or refused in a sentence', () => {
  for (const name of models) {
    it(name, async () => {
      const folder = join(fixtures, name);
      const fields = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Fields;
      const weights = await openSafetensors([join(folder, 'model.safetensors')]);
      let refused = 0;
      for (const field of new Set([...Object.keys(fields), ...others])) {
        for (const value of values) {
          const changed = { ...fields, [field]: value };
          try {
            checkConfiguration(changed);
            buildModel(changed, weights);
          } catch (error) {
            const where = `“${field}” is ${JSON.stringify(value)}`;
            assert.ok(error instanceof InspectorError, `${where}: ${String(error)}`);
            refused++;
          }
        }
      }
      assert.ok(refused > 50, `only ${refused} were refused`);
    });
  }
});
