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

  const logits = async (model: string, changes: readonly Intervention[] = []) => {
    const params = { model, text: TEXT, changes, maximumTokens: 64 };
    const { run } = await inspect(params, store, () => Promise.resolve());
    assert.ok(run.logits);
    return run.logits.data;
  };

  it('is the mask that a layer lost: the outputs are those of the model that has it', async () => {
    const { findings } = await check(leaky, TEXT);
    const leak = findings.find(({ code }) => code === 'future-leak');
    assert.equal(leak?.impose?.name, 'Impose a causal mask here');
    const right = await logits(whole);
    assert.notDeepEqual(await logits(leaky), right);
    assert.deepEqual(await logits(leaky, leak.impose.interventions), right);
  });

  it('is nothing where the run has tokens that the check does not', async () => {
    const { findings } = await check(leaky, `${TEXT} `.repeat(12));
    const leak = findings.find(({ code }) => code === 'future-leak');
    assert.ok(leak);
    assert.equal(leak.impose, undefined);
  });
});
