import assert from 'node:assert/strict';
import type { CaptureSummary } from '../../../src/protocol/capture';
import { changesOf } from '../../../src/protocol/change';
import type { MaskKind } from '../../../src/protocol/model';
import {
  brokenMaskSentence,
  layerNames,
  missingLayers,
  refusalSentence,
} from '../../../src/webview/reading/missingLayers';
import { RECIPES } from '../../webview/support/recipes';
import { SyntheticCapture, type Recipe } from '../../webview/support/syntheticCapture';

const summaryOf = (recipe: Recipe): CaptureSummary => new SyntheticCapture(recipe).summary;
const REASON = 'The scores are not a product of queries and keys.';
const ENCODER = { stack: 'encoder', kind: 'self' } as const;

/** The six-layer encoder with some layers refused. */
const refusing = (refused: readonly number[]): CaptureSummary =>
  summaryOf({
    ...RECIPES.encoder,
    blocks: RECIPES.encoder.blocks.map(block => ({ ...block, refused })),
  });

describe('layers that are not on show', () => {
  it('keep their number and their reason', () => {
    assert.deepEqual(missingLayers(refusing([]), ENCODER), []);
    assert.deepEqual(missingLayers(refusing([3, 5]), ENCODER), [
      { layer: 3, kind: 'refused', reason: REASON },
      { layer: 5, kind: 'refused', reason: REASON },
    ]);
    const hybrid = missingLayers(summaryOf(RECIPES.hybrid), ENCODER);
    assert.deepEqual(
      hybrid.map(({ layer }) => layer),
      [0, 1, 2, 4, 5, 6],
    );
    assert.equal(hybrid[0]?.reason, 'no attention here: convolution');
  });

  it('counts layers that stand in the card alone', () => {
    const summary = refusing([]);
    const deeper = { ...summary, model: { ...summary.model, layers: { encoder: 7 } } };
    assert.deepEqual(missingLayers(deeper, ENCODER), [
      { layer: 6, kind: 'without', reason: 'no attention here' },
    ]);
  });

  it('are a refusal only where attention is there and cannot be shown', () => {
    assert.equal(refusalSentence(refusing([])), null);
    assert.equal(refusalSentence(summaryOf(RECIPES.hybrid)), null);
    assert.equal(
      refusalSentence(refusing([3])),
      `5 of 6 layers checked: exact. Layer 3 is not shown: ${REASON}`,
    );
    assert.equal(
      refusalSentence(refusing([1, 2, 3, 5])),
      `2 of 6 layers checked: exact. Layers 1 to 3 and 5 are not shown: ${REASON}`,
    );
  });

  it('are not called exact beside layers that agree approximately', () => {
    const summary = refusing([3]);
    const check = { result: 'approximate', worst: 1e-3, reason: 'float16' } as const;
    const sites = summary.sites.map((site, i) => (i === 0 ? { ...site, check } : site));
    assert.match(refusalSentence({ ...summary, sites }) ?? '', /^5 of 6 layers checked\. Layer 3/);
  });

  it('name their kind of attention where the model has several', () => {
    const refused = [[], [1], [0, 2]];
    const blocks = RECIPES.translation.blocks.map((block, i) => ({
      ...block,
      refused: refused[i] ?? [],
    }));
    assert.equal(
      refusalSentence(summaryOf({ ...RECIPES.translation, blocks })),
      `2 of 3 layers of the decoder checked: exact. Layer 1 is not shown: ${REASON} ` +
        `1 of 3 layers of the cross-attention checked: exact. Layers 0 and 2 are not shown: ${REASON}`,
    );
  });

  it('are listed in short', () => {
    const named = (...layers: number[]) => layerNames(layers.map(layer => ({ layer })));
    assert.equal(named(3), 'Layer 3');
    assert.equal(named(3, 4), 'Layers 3 and 4');
    assert.equal(named(0, 1, 2, 4, 9, 10, 11), 'Layers 0 to 2, 4 and 9 to 11');
  });
});

describe('a layer of a decoder without its causal mask', () => {
  const decoder = summaryOf(RECIPES.decoder);
  const masked = (masks: Readonly<Record<number, MaskKind>>): CaptureSummary => ({
    ...decoder,
    model: {
      ...decoder.model,
      sites: decoder.model.sites.map(site => ({ ...site, mask: masks[site.layer] ?? site.mask })),
    },
  });

  it('is named', () => {
    assert.equal(brokenMaskSentence(decoder), null);
    assert.equal(
      brokenMaskSentence(masked({ 2: { kind: 'bidirectional' } })),
      'Layer 2 of the decoder attends to later tokens while the other layers are causal: its mask is missing in the model.',
    );
    assert.match(
      brokenMaskSentence(
        masked({ 2: { kind: 'window', before: 4, after: 4 }, 5: { kind: 'bidirectional' } }),
      ) ?? '',
      /^Layers 2 and 5 of the decoder attend to later tokens .* their masks are missing/,
    );
  });

  it('is none where layers see only back, where most see ahead, or where the mask was changed', () => {
    assert.equal(brokenMaskSentence(masked({ 1: { kind: 'window', before: 4, after: 0 } })), null);
    const open = { kind: 'bidirectional' } as const;
    assert.equal(brokenMaskSentence(masked({ 0: open, 1: open, 2: open })), null);
    const lifted = {
      ...masked({ 2: open }),
      changes: changesOf({ mask: { kind: 'bidirectional' } }),
    };
    assert.equal(brokenMaskSentence(lifted), null);
    assert.equal(brokenMaskSentence(summaryOf(RECIPES.encoder)), null);
  });
});
