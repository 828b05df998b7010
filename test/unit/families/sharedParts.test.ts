import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildModel } from '../../../src/inspector/families/buildModel';
import { ElementType, type Graph } from '../../../src/inspector/onnx/file/types';
import { openSafetensors } from '../../../src/inspector/weights/safetensors';

const fixtures = join(import.meta.dirname, '../../fixtures/weights');

async function graphOf(name: string): Promise<Graph> {
  const folder = join(fixtures, name);
  const config = readFileSync(join(folder, 'config.json'), 'utf8');
  const weights = await openSafetensors([join(folder, 'model.safetensors')]);
  return buildModel(JSON.parse(config) as Record<string, unknown>, weights).graph;
}

/** How many nodes of an operator a model has, whatever its number of layers. */
const counts: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // One mask.
  gpt2: { Where: 1 },
  // Masks and angles of whole layers and of local ones.
  modernbert: { Where: 2, Cos: 2, Sin: 2 },
  gemma3: { Where: 2, Cos: 2, Sin: 2 },
  qwen3: { Where: 1, Cos: 1, Sin: 1 },
  // Of the encoder, of the decoder, and of the decoder on the encoder.
  t5: { Where: 3 },
  // Places of keys, times the slopes.
  bloom: { Where: 1, CumSum: 1 },
  // The rows of distances, for both directions.
  deberta_v3: { Where: 1, Min: 1 },
};

describe('what layers share exists once in a graph', () => {
  for (const [name, expected] of Object.entries(counts)) {
    it(name, async () => {
      const { nodes } = await graphOf(name);
      const count = (operator: string) => nodes.filter(node => node.operator === operator).length;
      const found = Object.keys(expected).map(operator => [operator, count(operator)]);
      assert.deepEqual(Object.fromEntries(found), expected);
    });
  }
});

describe('stored matrices are used as they lie', () => {
  for (const name of ['gpt2', 'qwen2', 'modernbert', 'phi3', 'mixtral', 't5']) {
    it(name, async () => {
      const { nodes, initializers } = await graphOf(name);
      const turned = nodes.filter(
        ({ operator, inputs: [first = ''] }) => operator === 'Transpose' && initializers.has(first),
      );
      assert.deepEqual(turned, []);
      const held = [...initializers.values()].filter(
        ({ data, dims, elementType }) =>
          data.kind === 'inline' && dims.length === 2 && elementType === ElementType.float,
      );
      assert.deepEqual(held, []);
    });
  }
});
