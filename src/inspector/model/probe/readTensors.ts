import { weightsFolder } from '../../onnx/rewrite/instrument';
import { subgraph } from '../../onnx/rewrite/subgraph';
import { Session, toTensor } from '../../runtime/session';
import type { Tensor } from '../../runtime/tensor';
import type { LoadedGraph } from '../graph/loadGraph';
import { evenProbe } from './probe';

/**
 * Computes tensors of a graph that do not depend on what a text says, for one made-up text of `length`
 * tokens: masks, positions, biases, stored tables. Only the nodes that lead to them are run.
 * @returns in the order of `names`
 */
export async function readTensors(
  loaded: LoadedGraph,
  names: readonly string[],
  length: number,
): Promise<readonly Tensor[]> {
  if (names.length === 0) return [];
  const { bytes, inputs, outputs } = subgraph(loaded.analysis, names);
  const { feeds } = evenProbe(loaded, length);
  const needed = Object.fromEntries(
    inputs.flatMap(name => {
      const feed = feeds[name];
      return feed ? [[name, feed] as const] : [];
    }),
  );
  const session = await Session.open(bytes, weightsFolder(loaded.analysis.model));
  try {
    const got = await session.run(needed, outputs);
    return outputs.map(name => {
      const tensor = got[name];
      return tensor ? toTensor(tensor) : { dims: [0], data: new Float32Array() };
    });
  } finally {
    await session.release();
  }
}
