import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors } from '../../../src/inspector/files/safetensors';
import { openModel } from '../../../src/inspector/model/openModel';
import { sourceAt } from '../../../src/inspector/source/source';
import { cacheModel } from '../support/modelTrees';
import { readCase } from './support/cases';
import { checkCard, checkErrors, compare, everything } from './support/compare';

const fixtures = join(import.meta.dirname, '../../fixtures');

describe('LoRA adapters', () => {
  let folder = '';
  const at = (...parts: string[]) => join(folder, ...parts);
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'attention-adapter-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** An adapter, and beside it the model that it changes. */
  const copy = (name: string) => {
    cpSync(join(fixtures, 'adapters', name), at('tuned'), { recursive: true });
    cpSync(join(fixtures, 'weights', name), at(name), { recursive: true });
  };
  const configure = (change: Record<string, unknown>) => {
    const path = at('tuned', 'adapter_config.json');
    const fields = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...fields, ...change }));
  };
  const opened = () => openModel(at('tuned'), { threads: 1 });
  const refuses = (code: string, message: RegExp) => assert.rejects(opened(), { code, message });

  for (const name of ['qwen3', 'gpt2', 'phi3', 'opt']) {
    it(`are merged into ${name} as PEFT merges them`, async () => {
      copy(name);
      const example = readCase(at('tuned'));
      const model = await opened();
      try {
        checkCard(example, model);
        const { card } = model;
        assert.equal(card.name, `${name} + tuned`);
        assert.ok(card.notes.some(note => note.includes('A LoRA adapter is merged')));
        assert.ok(card.sites.every(({ check }) => check.result === 'exact'));
        assert.equal(card.outputCheck.result, 'exact');
        const run = await model.run(example.feeds, everything);
        checkErrors(example, compare(example, run));
      } finally {
        await model.dispose();
      }
      // Without the adapter the same reference is missed: the comparison above can fail.
      const plain = await openModel(at(name), { threads: 1 });
      try {
        const errors = compare(example, await plain.run(example.feeds, everything));
        assert.throws(() => checkErrors(example, errors));
      } finally {
        await plain.dispose();
      }
    });
  }

  it('find their model by its path, beside them, or in the cache of Hugging Face', async () => {
    copy('qwen3');
    assert.equal(sourceAt(at('tuned')).home, at('qwen3'));
    cpSync(at('qwen3'), at('elsewhere', 'base'), { recursive: true });
    rmSync(at('qwen3'), { recursive: true });
    await refuses('model-missing', /changes the model “somebody\/qwen3”, which is neither beside/);
    for (const path of [at('elsewhere/base'), '../elsewhere/base', 'elsewhere/base']) {
      configure({ base_model_name_or_path: path });
      assert.equal(sourceAt(at('tuned')).home, at('elsewhere', 'base'));
    }
    configure({ base_model_name_or_path: 'somebody/qwen3' });
    const file = (name: string) => ({ from: at('elsewhere/base', name) });
    const snapshot = await cacheModel(at('hub'), 'somebody/qwen3', 'c'.repeat(40), {
      'config.json': file('config.json'),
      'model.safetensors': file('model.safetensors'),
    });
    const before = process.env.HF_HUB_CACHE;
    process.env.HF_HUB_CACHE = at('hub');
    try {
      const source = sourceAt(at('tuned'));
      assert.deepEqual([source.home, source.name], [snapshot, 'somebody/qwen3@ccccccc + tuned']);
    } finally {
      if (before === undefined) delete process.env.HF_HUB_CACHE;
      else process.env.HF_HUB_CACHE = before;
    }
    configure({ base_model_name_or_path: at('tuned') });
    await refuses('model-missing', /which is neither beside it nor in the cache/);
    configure({ base_model_name_or_path: null });
    await refuses('model-broken', /does not name the model that it changes/);
  });

  const refusals: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ peft_type: 'IA3' }, /of the type "IA3", and those of the type LORA are opened/],
    [{ use_dora: true }, /“use_dora” of adapter_config\.json is true/],
    [{ init_lora_weights: 'pissa' }, /“init_lora_weights” of adapter_config\.json is "pissa"/],
    [{ layer_replication: [[0, 2]] }, /“layer_replication”/],
    [{ trainable_token_indices: [1] }, /“trainable_token_indices”/],
    [{ target_parameters: ['experts'] }, /“target_parameters”/],
    [{ alpha_pattern: { 'q.*': 4 } }, /“alpha_pattern” of adapter_config\.json is "q\.\*"/],
    [{ lora_alpha: 'much' }, /“lora_alpha” of adapter_config\.json is "much"/],
    [{ something_new: 3 }, /“something_new” of adapter_config\.json is 3/],
  ];
  for (const [change, reason] of refusals) {
    it(`are refused by the name of what is more: ${JSON.stringify(change)}`, async () => {
      copy('qwen3');
      configure(change);
      await refuses('model-unsupported', reason);
    });
  }

  it('are refused by the name of a tensor that is none of theirs', async () => {
    copy('qwen3');
    const path = at('tuned', 'adapter_model.safetensors');
    const tensors = [...readSafetensors(readFileSync(path))];
    const [first] = tensors;
    const layer = 'base_model.model.model.layers.0.self_attn';
    const add = (name: string, dims: number[]) => {
      const size = dims.reduce((a, b) => a * b, 1);
      const entry = { dtype: 'F32' as const, dims, data: new Float32Array(size) };
      writeFileSync(path, writeSafetensors([...tensors, [name, entry]]));
    };
    add(`${layer}.q_proj.lora_magnitude_vector`, [24]);
    await refuses(
      'model-unsupported',
      /q_proj\.lora_magnitude_vector”, which is none of the plain/,
    );
    add(`${layer}.q_proj.lora_B.bias`, [24]);
    await refuses('model-unsupported', /lora_B\.bias”, which is none of the plain factors/);
    add('base_model.model.model.embed_tokens.weight', [29, 16]);
    await refuses('model-unsupported', /embed_tokens\.weight”/);
    add(`${layer}.k_proj.lora_A.weight`, [2, 16]);
    await refuses('model-unsupported', /k_proj\.lora_A\.weight”/);
    add('base_model.model.model.layers.9.self_attn.q_proj.weight', [4, 4]);
    await refuses('model-unsupported', /layers\.9\.self_attn\.q_proj\.weight”/);
    assert.ok(first);
    const [name, entry] = first;
    writeFileSync(path, writeSafetensors([[`${name}.more`, entry], ...tensors.slice(1)]));
    await refuses('model-unsupported', /which is none of the plain factors of LoRA/);
  });

  it('of another model are refused, also beside its weights', async () => {
    copy('qwen3');
    rmSync(at('qwen3'), { recursive: true });
    cpSync(join(fixtures, 'weights', 'starcoder2'), at('qwen3'), { recursive: true });
    await refuses('model-unsupported', /belongs to another model|plain factors of LoRA/);
    mkdirSync(at('both'));
    for (const name of ['config.json', 'model.safetensors']) {
      cpSync(join(fixtures, 'weights/qwen3', name), at('both', name));
    }
    cpSync(at('tuned', 'adapter_config.json'), at('both', 'adapter_config.json'));
    await assert.rejects(openModel(at('both')), { code: 'model-unsupported', message: /adapter/ });
    rmSync(at('tuned', 'adapter_model.safetensors'));
    await refuses('model-missing', /no adapter_model\.safetensors: download that, too/);
  });
});
