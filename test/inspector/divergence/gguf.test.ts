import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensorsFile } from '../../../src/inspector/files/safetensorsFile';
import { ggufConfig } from '../../../src/inspector/weights/gguf/ggufConfig';
import { GgufMetadata } from '../../../src/inspector/weights/gguf/ggufMetadata';
import { ggufWeights } from '../../../src/inspector/weights/gguf/ggufWeights';
import { openGguf } from '../../../src/inspector/weights/gguf/openGguf';
import { readNumbers } from '../../../src/inspector/weights/gguf/readNumbers';
import { fixtures } from '../findings/support';
import { compared, open } from './support';

const ggufOf = (name: string) => join(fixtures, 'gguf/models', name, 'model.gguf');

describe('first divergence of a GGUF file and a Hugging Face folder', function () {
  this.timeout(120_000);
  let scratch: string;
  before(() => (scratch = mkdtempSync(join(tmpdir(), 'attention-debugger-divergence-'))));
  after(() => rmSync(scratch, { recursive: true }));

  /** A folder with the weights of a GGUF file in float32, some of them changed. */
  async function folderOf(name: string, change: (weight: string, data: Float32Array) => void) {
    const parts = openGguf(ggufOf(name));
    const weights = ggufWeights(parts);
    const metadata = new GgufMetadata(parts.metadata, ggufOf(name));
    const folder = mkdtempSync(join(scratch, `${name}-`));
    const config = ggufConfig(metadata, weights.architecture, parts.tensors);
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const tensors = weights.names.map(weight => {
      const stored = weights.get(weight);
      assert.ok(stored);
      const data = readNumbers(stored);
      change(weight, data);
      return { name: weight, dims: stored.dims, chunks: () => [data] };
    });
    await writeSafetensorsFile(join(folder, 'model.safetensors'), tensors, {});
    return folder;
  }

  async function told(name: string, change: (weight: string, data: Float32Array) => void) {
    const [a, b] = [await open(ggufOf(name)), await open(await folderOf(name, change))];
    try {
      return await compared(a, b);
    } finally {
      await a.dispose();
      await b.dispose();
    }
  }

  it('finds none where the weights are the same', async () => {
    const { probes, floor } = await told('starcoder2_f32', () => undefined);
    assert.equal(floor, 3e-5);
    assert.ok(probes[0]);
    assert.equal(probes[0].first, null);
    assert.ok(probes[0].cells.length > 15);
  });

  it('names the place of a weight that was changed', async () => {
    const { probes } = await told('starcoder2_f32', (weight, data) => {
      if (weight === 'model.layers.1.self_attn.v_proj.weight')
        data.forEach((x, i) => (data[i] = 1.5 * x));
    });
    const { layer, kind } = probes[0]?.first ?? {};
    assert.deepEqual([layer, kind], [1, 'value']);
  });
});
