import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCapture } from '../../../src/inspector/capture/captureFile';
import { inspectCommand } from '../../../src/inspector/cli/inspectCommand';
import {
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../../src/inspector/files/safetensors';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { openModel } from '../../../src/inspector/model/openModel';
import type { Feeds } from '../../../src/inspector/model/run';
import { inspect as inspectText } from '../../../src/inspector/run/inspect';
import { ModelStore } from '../../../src/inspector/store/modelStore';
import { GraphBuilder, save, small } from './support/graphs';
import { everything } from './support/inspect';

const pictures = join(import.meta.dirname, '../../fixtures/pictures');
const { cases } = JSON.parse(readFileSync(join(pictures, 'pictures.json'), 'utf8')) as {
  cases: Record<string, string[]>;
};

/** How far two lists of numbers are from each other, relative to the largest of the second. */
function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const differences = Array.from(actual, (value, i) => Math.abs(value - (expected[i] ?? NaN)));
  return differences.reduce((most, by) => Math.max(most, by / largest), 0);
}

const options = {
  json: false,
  facts: false,
  layers: false,
  positions: false,
  lens: undefined,
  attribution: undefined,
  text: undefined,
  pair: undefined,
  interventions: undefined,
  chat: undefined,
  target: undefined,
  mask: undefined,
  continuation: undefined,
  order: undefined,
  feeds: {},
  maximumTokens: 512,
};

describe('models that read pictures', () => {
  let scratch: string;
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'attention-debugger-pictures-'));
  });
  after(() => rm(scratch, { recursive: true }));

  /** Runs the command line quietly; what it prints and the capture that it dumps. */
  async function shown(model: string, inputs: string) {
    const dump = join(scratch, 'dump.safetensors');
    const write = process.stdout.write.bind(process.stdout);
    let printed = '';
    process.stdout.write = (chunk: string | Uint8Array) => {
      printed += String(chunk);
      return true;
    };
    try {
      await inspectCommand(model, { ...options, inputs, dump });
    } finally {
      process.stdout.write = write;
    }
    return { printed, dump, capture: await openCapture(dump) };
  }

  for (const [name, tokens] of Object.entries(cases)) {
    it(`${name}: patches are the tokens, and every number is that of Hugging Face`, async () => {
      const folder = join(pictures, name);
      const { printed, dump, capture } = await shown(folder, join(folder, 'inputs.safetensors'));
      assert.match(printed, /which token is which patch was found by changing pixels/);
      const { summary } = capture;
      assert.deepEqual(
        summary.tokens.encoder?.map(({ token }) => token),
        tokens,
      );
      assert.deepEqual(
        summary.tokens.encoder.filter(({ special }) => special).map(({ text }) => text),
        tokens.filter(token => !token.startsWith('patch')),
      );
      assert.deepEqual(summary.model.stacks, ['encoder']);
      assert.deepEqual(summary.model.layers, { encoder: 2 });
      for (const { check, mask } of summary.model.sites) {
        assert.equal(check.result, 'exact', JSON.stringify(check));
        assert.equal(mask.kind, 'bidirectional');
      }
      assert.equal(summary.model.outputCheck.result, 'exact');
      const dumped = readSafetensors(readFileSync(dump));
      const reference = readSafetensors(readFileSync(join(folder, 'reference.safetensors')));
      for (const [expected, entry] of reference) {
        const own = expected
          .replace(/^site\.(\d+)\./, 'encoder.layers.$1.self.')
          .replace(/^hidden_states/, 'encoder.hiddenStates');
        // What is after the last layer, before the norm or behind it, differs from family to family.
        if (expected === 'hidden_states.2') continue;
        const found = dumped.get(own);
        assert.ok(found, own);
        const difference = worst(toFloat32(found), toFloat32(entry));
        assert.ok(difference < 1e-4, `${own} differs by ${difference}`);
      }
    });
  }

  it('CLIP with both towers says which one is shown', async () => {
    const folder = join(pictures, 'clip__legacy');
    const all = readSafetensors(readFileSync(join(folder, 'inputs.safetensors')));
    const { input_ids: input, pixel_values: given } = Object.fromEntries(all);
    assert.ok(input && given);
    const model = await openModel(folder, { threads: 1 });
    assert.match(
      model.card.notes.join('\n'),
      /The tower that reads the text is shown; the one that reads “pixel_values”/,
    );
    assert.deepEqual(model.card.stacks, ['decoder']);
    assert.equal(model.patches, undefined);
    const run = await model.run({ input_ids: input } as unknown as Feeds, everything);
    await model.dispose();
    assert.deepEqual(run.sites[0]?.weights?.dims, [2, 2, 7, 7]);

    const only = join(scratch, 'pixels.safetensors');
    await writeFile(only, writeSafetensors([['pixel_values', given]]));
    const { printed } = await shown(folder, only);
    assert.match(
      printed,
      /The tower that reads “pixel_values” is shown; the one that reads “input_/,
    );
  });

  it('with a text, a tower of images says what to do, whatever tokenizer it lacks', async () => {
    const params = { model: join(pictures, 'vit__legacy'), text: 'a tiger', maximumTokens: 512 };
    await assert.rejects(
      inspectText(params, new ModelStore(), async () => undefined),
      /model\.onnx reads “pixel_values” and no text: give its pixels .* with --inputs/,
    );
  });
});

const pixels = { name: 'pixel_values', elementType: ElementType.float, dims: ['batch', 3, 8, 4] };

describe('patches are told by their pixels', () => {
  const shapes = { pixel_values: [1, 3, 8, 4] };

  /** The same with square patches of two pixels. */
  function squareModel(strides: readonly number[], perm: readonly number[], pads = [0, 0, 0, 0]) {
    const graph = new GraphBuilder();
    const cells = graph.op('Conv', [pixels.name, graph.weight(small.width, 3, 2, 2)], {
      attributes: { kernel_shape: [2, 2], strides: [...strides], pads },
    });
    const turned = graph.op('Transpose', [cells], { attributes: { perm: [...perm] } });
    const hidden = graph.op('Reshape', [turned, graph.ints(0, -1, small.width)]);
    const output = graph.attend(graph.project(hidden));
    return save(graph, graph.head(graph.op('Add', [hidden, output])), { ids: pixels });
  }

  it('column by column where a graph has them so', async () => {
    const model = await openModel(squareModel([2, 2], [0, 3, 2, 1]), { threads: 1, shapes });
    await model.dispose();
    const expected = [0, 1].flatMap(column => [0, 1, 2, 3].map(row => `patch ${row},${column}`));
    assert.deepEqual(model.patches, expected);
    assert.equal(model.card.sites[0]?.check.result, 'exact');
  });

  it('not where patches overlap', async () => {
    await assert.rejects(
      openModel(squareModel([1, 1], [0, 2, 3, 1]), { threads: 1, shapes }),
      /its 21 tokens are not the patches of a grid/,
    );
  });

  it('and pictures of another size than the one that was opened are refused', async () => {
    const model = await openModel(squareModel([2, 2], [0, 2, 3, 1]), { threads: 1, shapes });
    const feeds = { pixel_values: { dims: [1, 3, 4, 8], data: new Float32Array(96) } };
    await assert.rejects(model.run(feeds, everything), /opened for pictures of \[3, 8, 4\]/);
    await model.dispose();
  });
});
