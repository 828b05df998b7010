import assert from 'node:assert/strict';
import { join } from 'node:path';
import {
  ElementType,
  type Graph,
  type Node,
  type StoredTensor,
} from '../../../src/inspector/onnx/file/types';
import { fixtures, models, rewired } from './support';

/** A family: its exports build their masks alike, under a name of their own. */
export interface Family {
  readonly folder: string;
  /** Where the mask is made. */
  readonly mask: string;
  /** The softmax of a layer. */
  readonly softmax: (layer: number) => string;
  readonly stack: 'encoder' | 'decoder';
  readonly embeddings: string;
  readonly file?: string;
}

/** A small fixture. */
export const onnx = (name: string) => join(fixtures, 'onnx', name);
export const ESM: Family = {
  folder: join(models, 'encoder'),
  mask: '/esm',
  softmax: layer => `/esm/encoder/layer.${layer}/attention/self/Softmax`,
  stack: 'encoder',
  embeddings: '/esm/embeddings/word_embeddings/Gather',
};
export const BERT: Family = {
  folder: onnx('bert__legacy_eager_op14'),
  mask: '/bert',
  softmax: layer => `/bert/encoder/layer.${layer}/attention/self/Softmax`,
  stack: 'encoder',
  embeddings: '/bert/embeddings/word_embeddings/Gather',
};
export const LLAMA: Family = {
  folder: join(models, 'decoder'),
  mask: '/model',
  softmax: layer => `/model/layers.${layer}/self_attn/Softmax`,
  stack: 'decoder',
  embeddings: '/model/embed_tokens/Gather',
};
export const GPT2: Family = {
  folder: onnx('gpt2__legacy_eager_op14'),
  mask: '/transformer',
  softmax: layer => `/transformer/h.${layer}/attn/Softmax`,
  stack: 'decoder',
  embeddings: '/transformer/wte/Gather',
};
export const BLOOM: Family = {
  folder: onnx('bloom__legacy_eager_op14'),
  mask: '/transformer',
  softmax: layer => `/transformer/h.${layer}/self_attention/Softmax`,
  stack: 'decoder',
  embeddings: '/transformer/word_embeddings/Gather',
};
export const T5: Family = {
  folder: join(models, 'encoder-decoder'),
  mask: '/decoder',
  softmax: layer => `/decoder/block.${layer}/layer.1/EncDecAttention/Softmax`,
  stack: 'decoder',
  embeddings: '',
  file: 'decoder_model.onnx',
};
export const PAST: Family = {
  folder: onnx('gpt2__past_legacy_sdpa_op17'),
  mask: '/model/transformer',
  softmax: layer => `/model/transformer/h.${layer}/attn/Softmax`,
  stack: 'decoder',
  embeddings: '',
};

export const INT8: Family = { ...BERT, folder: onnx('bert__int8dyn_legacy_eager_op14') };
export const FP16: Family = { ...BERT, folder: onnx('bert__fp16_legacy_eager_op14') };

/** A node without attributes. */
export const node = (operator: string, inputs: readonly string[], output: string): Node => ({
  operator,
  domain: '',
  name: `fault/${output}`,
  overload: '',
  inputs,
  outputs: [output],
  attributes: new Map(),
});

function stored(name: string, elementType: number, values: Float32Array | BigInt64Array) {
  const bytes = new Uint8Array(values.buffer);
  const dims = elementType === ElementType.float ? [] : [values.length];
  return { name, dims, elementType, data: { kind: 'inline', bytes } } satisfies StoredTensor;
}
/** A weight of one number. */
export const number = (name: string, value: number) =>
  stored(name, ElementType.float, Float32Array.of(value));
/** A weight of one whole number, as axes are. */
export const axis = (name: string, value: number) =>
  stored(name, ElementType.int64, BigInt64Array.of(BigInt(value)));

/** A graph in which everything that read a tensor reads what new nodes make of it, which is `fault`. */
export function spliced(
  graph: Graph,
  tensor: string,
  made: readonly Node[],
  weights: readonly StoredTensor[] = [],
): Graph {
  const at = graph.nodes.findIndex(({ outputs }) => outputs.includes(tensor)) + 1;
  const nodes = graph.nodes.map(one => ({
    ...one,
    inputs: one.inputs.map(input => (input === tensor ? 'fault' : input)),
  }));
  const initializers = new Map([
    ...graph.initializers,
    ...weights.map(weight => [weight.name, weight] as const),
  ]);
  return { ...graph, nodes: [...nodes.slice(0, at), ...made, ...nodes.slice(at)], initializers };
}

/** What a node reads. */
export function inputOf(graph: Graph, name: string, index: number): string {
  const found = graph.nodes.find(one => one.name === name)?.inputs[index];
  assert.ok(found, name);
  return found;
}
const outputOf = (name: string) => `${name}_output_0`;

/** Softmaxes of layers that read their scores as they are. */
export const unmasked =
  ({ softmax }: Family, ...layers: readonly number[]) =>
  (graph: Graph) =>
    layers.reduce((now, layer) => {
      const add = now.nodes.find(({ outputs }) =>
        outputs.includes(inputOf(now, softmax(layer), 0)),
      );
      return rewired(now, softmax(layer), () => ({ inputs: [add?.inputs[0] ?? ''] }));
    }, graph);

/** What stands for −∞ in the mask. */
export const lowered =
  ({ mask }: Family, by: number) =>
  (graph: Graph) => {
    const low = number('fault/low', by);
    const initializers = new Map([...graph.initializers, [low.name, low] as const]);
    return rewired({ ...graph, initializers }, `${mask}/Where_1`, ({ inputs }) => ({
      inputs: [inputs[0] ?? '', inputs[1] ?? '', low.name],
    }));
  };

/** The padding half of a mask, made anew. */
export const padding =
  ({ mask }: Family, operator: 'Not' | 'Gather') =>
  (graph: Graph) => {
    const tensor = inputOf(graph, `${mask}/And_1`, 1);
    return operator === 'Not'
      ? spliced(graph, tensor, [node('Not', [tensor], 'fault')])
      : spliced(
          graph,
          tensor,
          [node('Gather', [tensor, 'fault/row'], 'fault')],
          [axis('fault/row', 0)],
        );
  };

/** Embeddings less a part of their sum over an axis. */
export const lessSum =
  ({ embeddings }: Family, over: number, part: number) =>
  (graph: Graph) => {
    const tensor = outputOf(embeddings);
    return spliced(
      graph,
      tensor,
      [
        node('ReduceSum', [tensor, 'fault/axis'], 'fault/sum'),
        node('Mul', ['fault/sum', 'fault/part'], 'fault/some'),
        node('Sub', [tensor, 'fault/some'], 'fault'),
      ],
      [axis('fault/axis', over), number('fault/part', part)],
    );
  };

/** Embeddings times a factor that grows with the tokens of the row, padding among them. */
export const grown =
  ({ embeddings }: Family) =>
  (graph: Graph) => {
    const tensor = outputOf(embeddings);
    return spliced(
      graph,
      tensor,
      [
        node('Mul', [tensor, 'fault/nothing'], 'fault/zeros'),
        node('Add', ['fault/zeros', 'fault/some'], 'fault/each'),
        node('ReduceSum', ['fault/each', 'fault/axis'], 'fault/length'),
        node('Mul', [tensor, 'fault/length'], 'fault/more'),
        node('Add', [tensor, 'fault/more'], 'fault'),
      ],
      [axis('fault/axis', 1), number('fault/nothing', 0), number('fault/some', 0.02)],
    );
  };
