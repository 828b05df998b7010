import assert from 'node:assert/strict';
import { compared, fixture, open } from './support';

/** Two files of one model: exporters, opsets, optimisations and precisions. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['bert__legacy_eager_op14', 'bert__dynamo_sdpa_op18'],
  ['bert__legacy_eager_op14', 'bert__obfuscated_legacy_eager_op14'],
  ['bert__legacy_eager_op14', 'bert__O2'],
  ['bert__legacy_eager_op14', 'bert__fp16_legacy_eager_op14'],
  ['bert__legacy_eager_op14', 'bert__int8dyn_legacy_eager_op14'],
  ['gpt2__legacy_eager_op14', 'gpt2__past_legacy_sdpa_op17'],
  ['llama__legacy_eager_op14', 'llama__dynamo_sdpa_op23'],
  ['marian__dynamo_eager_op18', 'marian__dynamo_sdpa_op18'],
];

describe('first divergence of two files of one model', function () {
  this.timeout(120_000);

  for (const [one, another] of PAIRS) {
    it(`${one} and ${another}: nothing beyond rounding, in a text and under padding`, async () => {
      const a = await open(fixture(one));
      const b = await open(fixture(another));
      try {
        const { probes, floor } = await compared(a, b, { isPadded: true });
        assert.deepEqual(
          probes.map(({ probe, first }) => [probe, first]),
          [
            ['text', null],
            ['padded', null],
          ],
        );
        for (const { cells, kl, flips, tokens, padding, perToken } of probes) {
          const layers = new Set(cells.map(({ layer }) => layer));
          const kinds = new Set(cells.map(({ kind }) => kind));
          // Two layers with what comes before and after them, and every part of an attention in them.
          assert.equal(layers.size, 4);
          for (const kind of ['query', 'value', 'weights', 'headOutput', 'feedForward', 'logits']) {
            assert.ok(kinds.has(kind as 'query'), kind);
          }
          assert.ok(cells.every(({ error }) => error < 2 * floor));
          assert.equal(kl.length, tokens.length);
          assert.equal(perToken.length, 3 * tokens.length);
          assert.ok(padding === undefined || padding.count > 0);
          if (floor < 1e-3) assert.equal(flips, 0);
        }
      } finally {
        await a.dispose();
        await b.dispose();
      }
    });
  }

  it('names the approximation of GELU that the level O3 of ONNX Runtime brings in', async () => {
    const a = await open(fixture('bert__legacy_eager_op14'));
    const b = await open(fixture('bert__O3'));
    try {
      const [text] = (await compared(a, b)).probes;
      assert.deepEqual([text?.first?.layer, text?.first?.kind], [0, 'feedForward']);
      // Too small to be seen in what the model says.
      assert.ok(text?.first && text.first.error < 1e-3);
      assert.equal(text.flips, 0);
    } finally {
      await a.dispose();
      await b.dispose();
    }
  });

  it('compares what SkipLayerNormalization adds and sums up, which the file has no tensors of', async () => {
    const a = await open(fixture('bert__legacy_eager_op14'));
    const b = await open(fixture('bert__fusedMultiHeadAttention_handbuilt_op17'));
    try {
      const { probes, missing } = await compared(a, b);
      const [text] = probes;
      const found = text?.cells.filter(({ kind }) =>
        ['attentionOutput', 'afterAttention', 'feedForward'].includes(kind),
      );
      assert.equal(found?.length, 6);
      assert.ok(found.every(({ error, cosine }) => error < 1e-6 && cosine > 0.999999));
      assert.deepEqual(missing, []);
    } finally {
      await a.dispose();
      await b.dispose();
    }
  });

  it('refuses models that share no shape, in a sentence that says what differs', async () => {
    const a = await open(fixture('bert__legacy_eager_op14'));
    const b = await open(fixture('llama__legacy_eager_op14'));
    const c = await open(fixture('t5__legacy_eager_op14'));
    try {
      await assert.rejects(
        compared(a, b),
        /cannot be compared tensor by tensor: the one has .+, the other /,
      );
      await assert.rejects(compared(a, c), /the one has encoder, the other encoder and decoder/);
    } finally {
      await Promise.all([a, b, c].map(model => model.dispose()));
    }
  });
});
