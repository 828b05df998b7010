import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { InspectorError } from '../../../src/protocol/errors';
import type { OutputHead } from '../../../src/inspector/model/head/headSession';
import { openModel } from '../../../src/inspector/model/openModel';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { makeNode } from '../../../src/inspector/onnx/file/writeModel';
import type { Tensor } from '../../../src/inspector/runtime/tensor';
import { caseFolders, readCase, referenceOf, worstError, type Case } from './support/cases';
import { GraphBuilder, save, small } from './support/graphs';

/** Where `case.json` gives none for the logits; weights of 8 bits are far from the reference's. */
const TOLERANCE: Readonly<Record<string, number>> = { fp32: 1e-4, int8: 0.1 };
const withoutLogits = /^(bert__features|t5__splitenc)_/;

/** What Hugging Face has before the final normalisation, or where there is none after the last layer. */
function lastResidual(example: Case): Tensor | undefined {
  const prefixes = ['decoder_', ''];
  const residual = prefixes.map(prefix => referenceOf(example, `${prefix}last_residual`));
  const states = prefixes.flatMap(prefix =>
    [...example.reference.keys()]
      .filter(name => name.startsWith(`${prefix}hidden_states.`))
      .sort((a, b) => Number(a.split('.')[1]) - Number(b.split('.')[1]))
      .slice(-1),
  );
  return residual.find(Boolean) ?? referenceOf(example, states[0] ?? '');
}

async function withHead<T>(path: string, use: (head: OutputHead) => Promise<T>): Promise<T> {
  const model = await openModel(path, { threads: 1 });
  try {
    return await use(await model.head());
  } finally {
    await model.dispose();
  }
}

const isRefused = (sentence: RegExp) => (error: unknown) => {
  assert.ok(error instanceof InspectorError, String(error));
  assert.equal(error.code, 'not-captured', error.message);
  assert.match(error.message, sentence);
  return true;
};

describe('the output head of a model as a model of its own', function () {
  this.timeout(300_000);

  describe('gives Hugging Face’s logits of Hugging Face’s last residual:', () => {
    for (const folder of caseFolders()) {
      const example = readCase(folder);
      if (example.facts.n_sites === 0) continue;
      it(basename(folder), async () => {
        if (withoutLogits.test(basename(folder))) {
          await assert.rejects(
            withHead(folder, () => Promise.resolve()),
            isRefused(/gives no logits/),
          );
          return;
        }
        const residual = lastResidual(example);
        const logits = referenceOf(example, 'logits');
        assert.ok(residual && logits);
        const tolerance =
          example.facts.tolerances.logits ?? TOLERANCE[example.facts.precision] ?? 0;
        await withHead(folder, async head => {
          assert.deepEqual([head.modelDim, head.vocabulary], [residual.dims[2], logits.dims[2]]);
          const whole = await head.run(residual);
          assert.deepEqual(whole.dims, logits.dims);
          const error = worstError(whole, logits);
          assert.ok(error <= tolerance, `differs by ${error}, more than ${tolerance}`);
          const halves = await head.unembed(await head.normed(residual));
          assert.ok(worstError(halves, whole) <= tolerance, 'in two halves');
        });
      });
    }
  });

  it('is the same piece by piece', async () => {
    await withHead('models/decoder', async head => {
      const dims = [2, 300, head.modelDim];
      const data = Float32Array.from({ length: 600 * head.modelDim }, (_, i) => Math.sin(i * i));
      let tokens = 0;
      let pieces = 0;
      const whole = await head.run({ dims, data });
      for await (const { first, logits } of head.pieces({ dims, data })) {
        assert.equal(first, tokens);
        assert.ok(logits.data.byteLength <= 16e6);
        const expected = whole.data.subarray(first * head.vocabulary);
        assert.ok(logits.data.every((value, i) => value === expected[i]));
        tokens += logits.dims[1] ?? 0;
        pieces++;
      }
      assert.deepEqual([tokens, whole.dims], [600, [2, 300, head.vocabulary]]);
      assert.ok(pieces > 1);
    });
  });

  it('refuses states of another width', async () => {
    await withHead('models/decoder', async head => {
      const states = { dims: [1, 1, 3], data: new Float32Array(3) };
      assert.throws(() => head.run(states), /reads states of 128 numbers, not \[1, 1, 3\]/);
      await assert.rejects(head.normed(states), /reads states of 128 numbers/);
    });
  });

  it('is opened once', async () => {
    const model = await openModel('models/decoder');
    assert.equal(await model.head(), await model.head());
    await model.dispose();
  });

  /** One layer, a normalisation, and a head that `end` finishes from logits. */
  const built = (end: (graph: GraphBuilder, logits: string, residual: string) => string) => {
    const graph = new GraphBuilder();
    const hidden = graph.embed();
    const residual = graph.op('Add', [hidden, graph.attend(graph.project(hidden))]);
    const norm = [graph.weight(small.width), graph.weight(small.width)];
    const logits = graph.head(graph.op('LayerNormalization', [residual, ...norm]));
    return { graph, output: end(graph, logits, residual) };
  };
  const opened = (path: string) => withHead(path, head => Promise.resolve(head.check));

  it('is refused where it reads another input of the graph', async () => {
    const { graph, output } = built((graph, logits) =>
      graph.op('Where', ['flip', graph.op('Neg', [logits]), logits]),
    );
    const flip = { name: 'flip', elementType: ElementType.bool, dims: [1] };
    await assert.rejects(
      opened(save(graph, output, { inputs: [flip] })),
      isRefused(/cannot be applied to other layers: it also reads the input “flip”/),
    );
  });

  it('is refused where the logits of a token depend on its neighbours', async () => {
    const { graph, output } = built((graph, logits) => {
      const mean = graph.op('ReduceMean', [logits], { attributes: { axes: [1] } });
      return graph.op('Sub', [logits, mean]);
    });
    await assert.rejects(opened(save(graph, output)), isRefused(/its output head differ by/));
  });

  it('takes shapes of the token ids and of hidden states from what it reads', async () => {
    for (const from of ['input_ids', 'residual']) {
      const { graph, output } = built((graph, logits, residual) => {
        const shape = graph.op('Shape', [from === 'residual' ? residual : from]);
        const rows = graph.op('Slice', [shape, graph.ints(0), graph.ints(2)]);
        const target = graph.op('Concat', [rows, graph.ints(small.vocabulary)], {
          attributes: { axis: 0 },
        });
        const flat = graph.op('Reshape', [logits, graph.ints(-1, small.vocabulary)]);
        return graph.op('Reshape', [flat, target]);
      });
      assert.equal((await opened(save(graph, output))).result, 'exact', from);
    }
  });

  it('begins after the sum inside a fused normalisation, with and without its own output', async () => {
    for (const operator of ['SkipLayerNormalization', 'SkipSimplifiedLayerNormalization']) {
      for (const hasSum of [false, true]) {
        const graph = new GraphBuilder();
        const options = { domain: 'com.microsoft', attributes: { epsilon: { float: 1e-5 } } };
        const weight = () => graph.weight(small.width);
        const scales = () => (operator.includes('Simplified') ? [weight()] : [weight(), weight()]);
        let stream = graph.embed();
        let normed = graph.op('LayerNormalization', [stream, weight(), weight()]);
        for (const layer of [0, 1]) {
          const inputs = [stream, graph.attend(graph.project(normed)), ...scales(), weight()];
          [normed, stream] = [`normed${layer}`, `stream${layer}`];
          const isShown = layer === 0 || hasSum;
          const outputs = isShown ? [normed, '', '', stream] : [normed];
          graph.nodes.push(makeNode(operator, inputs, outputs, options));
        }
        const check = await opened(save(graph, graph.head(normed)));
        assert.equal(check.result, 'exact', `${operator} ${hasSum ? 'with' : 'without'} its sum`);
      }
    }
  });
});
