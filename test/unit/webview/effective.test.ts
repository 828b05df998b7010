import assert from 'node:assert/strict';
import type { EffectiveAttention } from '../../../src/protocol/effective';
import { DEFAULT_LAYERS, NO_LAYERS } from '../../../src/webview/app/choices/layers';
import type { State } from '../../../src/webview/app/state';
import { missingLayers } from '../../../src/webview/reading/missingLayers';
import {
  effectiveLayer,
  effectiveRow,
  headOf,
  strongestKeys,
} from '../../../src/webview/views/layers/effective';
import { RECIPES } from '../../webview/support/recipes';
import { SyntheticCapture } from '../../webview/support/syntheticCapture';

const attention: EffectiveAttention = {
  stack: 'encoder',
  layer: 1,
  head: 0,
  heads: 2,
  tokens: 3,
  weights: Float32Array.of(0.5, 0, 0, -0.75, 0.25, 0, 0.25, -1, 0.5),
};

const check = { result: 'exact', worst: 0 } as const;
const facts = { heads: 2, valueHeads: 2, operator: 'LinearAttention', node: 'mix', check };

/** The hybrid with linear attentions in layers 1 and 5. */
function summary() {
  const made = new SyntheticCapture(RECIPES.hybrid).summary;
  const withoutAttention = made.model.withoutAttention?.map(one =>
    [1, 5].includes(one.layer) ? { ...one, instead: 'delta net', effective: facts } : one,
  );
  return { ...made, model: { ...made.model, ...(withoutAttention ? { withoutAttention } : {}) } };
}

const stateAt = (layer: number): State => {
  const block = { stack: 'encoder', kind: 'self' } as const;
  const locus = { block, layer, head: 0, aggregate: 'head', query: 0, key: null } as const;
  const options = { layers: DEFAULT_LAYERS };
  return { capture: summary(), locus, options, layers: NO_LAYERS } as unknown as State;
};

describe('effective attention', () => {
  it('has rows of queries, which need not sum to 1', () => {
    const { weights, sum } = effectiveRow(attention, 1);
    assert.deepEqual([...weights], [-0.75, 0.25, 0]);
    assert.equal(sum, -0.5);
  });

  it('lists the keys up to the query, the one farthest from zero first', () => {
    assert.deepEqual(
      strongestKeys(attention, 2).map(({ key, weight }) => [key, weight]),
      [
        [1, -1],
        [2, 0.5],
        [0, 0.25],
      ],
    );
    assert.deepEqual(
      strongestKeys(attention, 0).map(({ key }) => key),
      [0],
    );
  });

  it('is of the layer nearest to the locus', () => {
    assert.equal(effectiveLayer(stateAt(0))?.layer, 1);
    assert.equal(effectiveLayer(stateAt(6))?.layer, 5);
    const layer = effectiveLayer(stateAt(3));
    assert.ok(layer);
    assert.deepEqual([headOf(layer, 1), headOf(layer, 7)], [1, 1]);
  });

  it('is of the layer that was chosen, as long as the locus stays', () => {
    const chosen = (at: number): State => ({
      ...stateAt(0),
      layers: { ...NO_LAYERS, effectiveLayer: { layer: 5, at } },
    });
    assert.equal(effectiveLayer(chosen(0))?.layer, 5);
    assert.equal(effectiveLayer(chosen(3))?.layer, 1);
  });

  it('is told of where the layer has no attention', () => {
    const reasons = missingLayers(summary(), { stack: 'encoder', kind: 'self' });
    assert.equal(
      reasons.find(({ layer }) => layer === 5)?.reason,
      'no attention here: delta net, which has no softmax; its effective attention is in the Layers view',
    );
    assert.equal(reasons[0]?.reason, 'no attention here: convolution');
  });
});
