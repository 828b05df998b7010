import type { Graph } from '../../../src/inspector/onnx/file/types';
import { reweighted } from '../../inspector/findings/support';

/** The bundled decoder with larger values in layer 3. */
export function withLargerValues(graph: Graph): Graph {
  const node = graph.nodes.find(
    ({ name }) => name === '/model/layers.3/self_attn/v_proj/Transpose',
  );
  return reweighted(graph, node?.inputs[0] ?? '', values => {
    values.forEach((value, i) => (values[i] = 1.5 * value));
  });
}
