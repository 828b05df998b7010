import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openCapture, saveCapture } from '../../src/inspector/capture/captureFile';
import { inspect } from '../../src/inspector/run/inspect';
import { ModelStore } from '../../src/inspector/store/modelStore';
import { paddingMask } from '../../src/inspector/run/padding';
import { readSafetensors, toFloat32 } from '../../src/inspector/files/safetensors';
import type { Block } from '../../src/protocol/capture';
import { changesOf, maskOf, type MaskChange } from '../../src/protocol/change';
import { InspectorError } from '../../src/protocol/errors';
import type { AttentionSite } from '../../src/protocol/model';
import { wordModel, WORDS_TEXT } from './support/wordModel';

/** Largest difference from Hugging Face eager attention, relative to the larger of 1 and the largest value. */
const TOLERANCE = 1e-4;

interface Reference {
  readonly text: string;
  readonly layers: readonly number[];
  /** Ids whose logits are compared. */
  readonly logits: readonly number[];
  readonly cases: Record<string, { model: string; mask: MaskChange; ids: number[] }>;
}

const folder = resolve('test/fixtures/masks');
const reference = JSON.parse(readFileSync(join(folder, 'masks.json'), 'utf8')) as Reference;
const expected = readSafetensors(readFileSync(join(folder, 'masks.safetensors')));

describe('runs with another mask', function () {
  this.timeout(300_000);
  const store = new ModelStore();
  let scratch: string;
  before(async () => (scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-mask-'))));
  after(() => rm(scratch, { recursive: true }));

  const run = (
    model: string,
    mask: MaskChange | undefined,
    options: { text?: string; target?: string; memoryBudget?: number } = {},
  ) =>
    inspect(
      { model, text: WORDS_TEXT, maximumTokens: 64, ...options, changes: changesOf({ mask }) },
      store,
      () => Promise.resolve(),
    );
  const isWrong = (sentence: RegExp) => (error: unknown) => {
    assert.ok(error instanceof InspectorError, String(error));
    assert.equal(error.code, 'inputs-wrong');
    assert.match(error.message, sentence);
    return true;
  };

  describe('are those of Hugging Face with eager attention:', () => {
    for (const [name, { model, mask, ids }] of Object.entries(reference.cases)) {
      it(name, async () => {
        const capture = await run(resolve(model), mask, { text: reference.text });
        const [tokens] = Object.values(capture.summary.tokens);
        assert.deepEqual(
          tokens?.map(({ id }) => id),
          ids,
        );
        assert.deepEqual(maskOf(capture.summary), mask);
        const errors = reference.layers.map(layer =>
          worst(capture.run.sites[layer]?.weights?.data, `${name}.weights.${layer}`),
        );
        const { dims = [], data = new Float32Array() } = capture.run.logits ?? {};
        const width = dims[2] ?? 0;
        const logits = ids.flatMap((_, row) =>
          reference.logits.map(id => data[row * width + id] ?? NaN),
        );
        errors.push(worst(Float32Array.from(logits), `${name}.logits`));
        console.log(`        worst: ${errors.map(error => error.toExponential(1)).join(', ')}`);
        for (const error of errors) assert.ok(error <= TOLERANCE, String(error));
      });
    }
  });

  it('give the same slices when their maps are computed later, and from a file', async () => {
    const model = resolve('models/decoder');
    const changes: MaskChange[] = [
      { kind: 'bidirectional' },
      { kind: 'window', before: 2, after: 5 },
      { kind: 'padding', side: 'left', count: 3 },
      { kind: 'padding', side: 'right', count: 2, unmasked: true },
    ];
    for (const mask of changes) {
      const kept = await run(model, mask);
      const lean = await run(model, mask, { memoryBudget: 1 });
      assert.equal(lean.run.sites[0]?.weights, undefined);
      const path = join(scratch, 'lean.safetensors');
      await saveCapture(mask.kind === 'padding' ? kept : lean, path);
      for (const other of [lean, await openCapture(path)]) {
        assert.deepEqual(maskOf(other.summary), mask);
        const row = { block: { stack: 'decoder', kind: 'self' } as Block, layer: 2, head: 1 };
        for (const query of [0, 4, 9]) {
          const [a, b] = await Promise.all([kept, other].map(each => each.row({ ...row, query })));
          assert.deepEqual(b?.allowed, a?.allowed, JSON.stringify(mask));
          a?.weights.forEach((w, key) => assert.ok(Math.abs(w - (b?.weights[key] ?? NaN)) < 1e-5));
        }
      }
    }
  });

  it('leave cross-attention as it is and reach both stacks of an encoder–decoder model', async () => {
    const model = wordModel(scratch, 't5__legacy_eager_op14');
    const target = 'it was warm and the cat sat';
    const capture = await run(model, { kind: 'window', before: 1, after: 1 }, { target });
    const seen: Record<string, number> = {};
    for (const { site, weights } of capture.run.sites) {
      const [, , queries = 0, keys = 0] = weights?.dims ?? [];
      const nonzero = weights?.data.subarray(0, queries * keys).filter(weight => weight > 0).length;
      seen[`${site.stack} ${site.kind} ${site.layer}`] = nonzero ?? 0;
    }
    // 10 and 8 tokens: a band of 3, and of 2 where the decoder's own mask stays; all of 8 × 10.
    assert.deepEqual(seen, {
      'encoder self 0': 28,
      'encoder self 1': 28,
      'decoder self 0': 15,
      'decoder cross 0': 80,
      'decoder self 1': 15,
      'decoder cross 1': 80,
    });
    assert.deepEqual(
      capture.summary.sites.map(({ mask }) => mask.kind),
      ['window', 'window', 'window', 'bidirectional', 'window', 'bidirectional'],
    );
  });

  it('hide the padding of an encoder from the decoder too', async () => {
    const model = wordModel(scratch, 't5__legacy_eager_op14');
    const mask = { kind: 'padding', side: 'right', count: 2 } as const;
    const plain = await run(model, undefined, { target: 'it was' });
    const hidden = await run(model, mask, { target: 'it was' });
    const shown = await run(model, { ...mask, unmasked: true }, { target: 'it was' });
    assert.deepEqual(
      hidden.summary.tokens.encoder?.slice(-2).map(({ id, special }) => [id, special]),
      [
        [1, true],
        [1, true],
      ],
    );
    const logits = [plain, hidden, shown].map(each => each.run.logits?.data ?? new Float32Array());
    const differences = logits.map(each => difference(each, logits[0] ?? each));
    assert.ok((differences[1] ?? 1) < 1e-5, 'hidden padding changes nothing');
    assert.ok((differences[2] ?? 0) > 1e-4, 'visible padding does');
  });

  it('say that lifted edges have no position bias', async () => {
    const { notes } = (
      await run(wordModel(scratch, 'bloom__legacy_eager_op14'), { kind: 'bidirectional' })
    ).summary;
    assert.match(notes?.join(' ') ?? '', /plain: without its position bias/);
  });

  it('blocks what it says in every model whose mask can be changed', async () => {
    const names = [
      'albert__legacy_eager_op14',
      'bert__dynamo_sdpa_op18',
      'bert__fp16_legacy_eager_op14',
      'bert__obfuscated_legacy_eager_op14',
      'bloom__legacy_eager_op14',
      'custom_bmm__legacy_op14',
      'custom_einsum__legacy_op14',
      'custom_expsum__legacy_op14',
      'distilbert__legacy_sdpa_op17',
      'falcon__dynamo_sdpa_op18',
      'gemma2__legacy_eager_op17',
      'gemma3__legacy_eager_op17',
      'gpt2__dynamo_eager_op18',
      'gpt_neox__legacy_sdpa_op17',
      'llama__dynamo_sdpa_op18',
      'modernbert__legacy_eager_op17',
      'opt__legacy_eager_op14',
      'qwen3__legacy_eager_op17',
      'roberta__legacy_eager_op17',
    ];
    for (const name of names) {
      const model = wordModel(scratch, name);
      const change = { kind: 'window', before: 2, after: 0 } as const;
      const windowed = await run(model, change);
      const lifted = await run(model, { kind: 'bidirectional' });
      for (const [capture, visible] of [
        [windowed, (q: number, k: number, site: AttentionSite) => k <= q && k >= q - reach(site)],
        [lifted, () => true],
      ] as const) {
        for (const { site, weights } of capture.run.sites) {
          const count = weights?.dims[3] ?? 0;
          assert.equal(count, 10, name);
          weights?.data.forEach((weight, at) => {
            const [q, k] = [Math.floor(at / count) % count, at % count];
            assert.equal(weight > 0, visible(q, k, site), `${name} L${site.layer} ${q} → ${k}`);
          });
        }
      }
      for (const file of ['model.onnx', 'tokenizer.json']) rmSync(join(model, file));
    }
  });

  const refused: [string, string, MaskChange, RegExp][] = [
    [
      'a fused operator',
      'bert__fusedMultiHeadAttention_handbuilt_op17',
      { kind: 'causal' },
      /cannot be changed: the self-attention of encoder layer 0 is inside com\.microsoft\.MultiHeadAttention/,
    ],
    [
      'a window of fractions',
      'bert__legacy_eager_op14',
      { kind: 'window', before: 1.5, after: 0 },
      /whole number of tokens .* not 1\.5 and 0/,
    ],
    [
      'no padding at all',
      'bert__legacy_eager_op14',
      { kind: 'padding', side: 'left', count: 0 },
      /Padding takes 1 to 256 tokens, not 0/,
    ],
    [
      'padding that does not fit',
      'bert__legacy_eager_op14',
      { kind: 'padding', side: 'left', count: 250 },
      /10 tokens and 250 of padding are more than the \d+ that/,
    ],
  ];
  for (const [what, name, mask, sentence] of refused) {
    it(`refuses ${what} before anything runs`, async () => {
      await assert.rejects(run(wordModel(scratch, name), mask), isWrong(sentence));
    });
  }

  it('refuses padding without a padding token, and hidden padding without a mask to hide it', async () => {
    const model = wordModel(scratch, 'gpt2__legacy_eager_op14', 'without');
    writeFileSync(join(model, 'config.json'), '{}');
    const mask = { kind: 'padding', side: 'left', count: 1 } as const;
    await assert.rejects(run(model, mask), isWrong(/without has no padding token: name one/));
    const { card, inputs } = await store.model(resolve('models/encoder'));
    const bare = { card, inputs: inputs.filter(({ name }) => !name.includes('mask')) };
    assert.throws(() => paddingMask(bare, 9, mask), isWrong(/no input for an attention mask/));
    assert.deepEqual(paddingMask(bare, 9, { ...mask, unmasked: true }), {});
  });
});

/** Distance that a site's own window and one of 2 leave. */
function reach({ mask }: AttentionSite): number {
  return mask.kind === 'window' ? mask.before : 2;
}

function worst(ours: Float32Array | undefined, name: string): number {
  const entry = expected.get(name);
  assert.ok(ours && entry, `${name} is missing`);
  const theirs = toFloat32(entry);
  const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return difference(ours, theirs) / largest;
}

function difference(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}
