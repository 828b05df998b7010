import assert from 'node:assert/strict';
import { readSaved } from '../../../src/webview/app/saved';

describe('the saved state', () => {
  it('of earlier versions is read as it was written', () => {
    const saved = {
      locus: {
        block: { stack: 'encoder', kind: 'self' },
        layer: 3,
        head: 1,
        aggregate: 'head',
        query: 4,
        key: null,
      },
      options: {
        scale: 'Log',
        colorMap: 'Viridis',
        specialTokens: false,
        picture: 'arcs',
        threshold: 0.1,
        grouping: 'word',
        roles: ['previous'],
        table: true,
        view: 'layers',
        isIntervening: true,
        folded: ['Heads'],
        compareWith: 'decoder',
        watches: ['max'],
        masking: {
          other: '=',
          otherText: 'other',
          change: { kind: 'padding', side: 'left', count: 2, unmasked: true },
          isChanged: false,
          difference: false,
        },
        positions: { told: 'both', rows: 256 },
        findings: { scope: 'text', condition: 'entropy < 1' },
        divergence: { mode: 'absolute', isByToken: true, probe: 'long' },
        patching: { map: 'heads', heads: 'value', direction: 'intoA', measure: 'probability' },
        layers: {
          lens: 'logitLens',
          similarity: 'cosine',
          sampling: { temperature: 0.5, topK: 3, topP: 0.9 },
          atQuery: true,
          seed: 12,
          corpus: 'chosen',
          corpusName: 'mine.conllu',
          labels: null,
          sweep: 'edges',
        },
      },
    };
    // What came later begins as its default says.
    const options = {
      ...saved.options,
      between: 'all',
      layers: { ...saved.options.layers, sweepMeasure: 'logitDifference' },
    };
    assert.deepEqual(readSaved(JSON.parse(JSON.stringify(saved))), { ...saved, options });
  });
});
