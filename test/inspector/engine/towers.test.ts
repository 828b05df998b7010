import assert from 'node:assert/strict';
import { openModel } from '../../../src/inspector/model/openModel';
import { ElementType } from '../../../src/inspector/onnx/file/types';
import { GraphBuilder, modelWith, plainAttention, save, small } from './support/graphs';
import { ids } from './support/inspect';

const pixels = { name: 'pixel_values', elementType: ElementType.float, dims: ['batch', 3, 4, 4] };

/** Pixels as four patches of 12 numbers `[batch, patches, width]`. */
const patches = (graph: GraphBuilder) =>
  graph.op('Reshape', [pixels.name, graph.ints(0, 4, small.width)]);

describe('towers that read no text', () => {
  it('one of images alone is refused, with what it reads', async () => {
    const graph = new GraphBuilder();
    const hidden = patches(graph);
    const output = graph.attend(graph.project(hidden));
    const path = save(graph, graph.head(graph.op('Add', [hidden, output])), { ids: pixels });
    await assert.rejects(
      openModel(path, { threads: 1 }),
      /model\.onnx reads “pixel_values” and no text: give its pixels to the command line with --inputs/,
    );
  });

  it('beside a text, pixels are 0 where nobody gives them, and that is said', async () => {
    const path = modelWith(
      (graph, heads, hidden) => {
        const mean = graph.op('ReduceMean', [patches(graph)], { attributes: { axes: [1] } });
        const seen = graph.op('Add', [hidden, mean]);
        return graph.op('Add', [
          plainAttention(graph, heads),
          graph.split(graph.op('Sub', [seen, hidden])),
        ]);
      },
      { inputs: [pixels] },
    );
    const model = await openModel(path, { threads: 1 });
    const logits = async (pixel: number) => {
      const data = new Float32Array(48).fill(pixel);
      const feeds = { input_ids: ids, pixel_values: { dims: [1, 3, 4, 4], data } };
      const given = pixel === 0 ? { input_ids: ids } : feeds;
      const request = { weights: true, queryKeyValue: false, maskedScores: false };
      const rest = { headOutput: false, hiddenStates: false, logits: true };
      return (await model.run(given, { ...request, ...rest })).logits?.data;
    };
    const [dark, light] = [await logits(0), await logits(1)];
    await model.dispose();
    assert.notDeepEqual(dark, light, 'what people give is fed');
    const input = model.card.inputs?.find(({ name }) => name === pixels.name);
    assert.equal(input?.fed, '0 for every number');
    assert.match(input.why, /another tower reads it/);
    assert.equal(model.card.sites[0]?.check.result, 'exact');
  });
});
