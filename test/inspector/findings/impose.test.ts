import assert from 'node:assert/strict';
import { join } from 'node:path';
import { inspect } from '../../../src/inspector/run/inspect';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import type { Intervention } from '../../../src/protocol/intervention';
import { check, models, Planted, rewired } from './support';

const LAYER = '/model/layers.1/self_attn';
const TEXT = 'The key is on the table.';

describe('what a finding imposes', () => {
  const planted = new Planted();
  const store = new ModelStore();
  const whole = join(models, 'decoder');
  let leaky: string;

  before(() => {
    leaky = planted.plant(whole, {
      graph: graph =>
        rewired(graph, `${LAYER}/Softmax`, () => ({ inputs: [`${LAYER}/Mul_4_output_0`] })),
    });
  });
  after(() => planted.dispose());

  const logits = async (model: string, text: string, changes: readonly Intervention[] = []) => {
    const params = { model, text, changes, maximumTokens: 128 };
    const { run } = await inspect(params, store, () => Promise.resolve());
    assert.ok(run.logits);
    return run.logits.data;
  };

  it('is the mask that a layer lost: the outputs are those of the model that has it, whatever the text', async () => {
    const { findings } = await check(leaky, TEXT);
    const leak = findings.find(({ code }) => code === 'future-leak');
    assert.equal(leak?.impose?.name, 'Impose a causal mask here');
    assert.equal(leak.impose.interventions.length, 1);
    for (const text of [TEXT, `${TEXT} `.repeat(9)]) {
      const right = await logits(whole, text);
      assert.notDeepEqual(await logits(leaky, text), right);
      assert.deepEqual(await logits(leaky, text, leak.impose.interventions), right);
    }
  });
});
