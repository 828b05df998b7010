import type { Node } from '../../file/types';
import { makeNode } from '../../file/writeModel';
import type { Analysis } from '../../graph/analysis';
import type { FoundSite, Layout, SiteViews } from '../../graph/site';
import { fusedSite, intAttribute } from './fusedSite';

/** What `qk_matmul_output_mode` can return. */
const OutputMode = { scores: 0, maskedScores: 2, weights: 3 } as const;
const heads: Layout = { kind: 'heads' };

/** ONNX `Attention` (operator sets 23 and 24): query, key, value, mask, past key, past value. */
export function attentionSite(analysis: Analysis, node: Node): FoundSite {
  const [query = '', key = '', value = '', , pastKey] = node.inputs;
  const queryHeads = intAttribute(node, 'q_num_heads');
  const keyHeads = intAttribute(node, 'kv_num_heads') || queryHeads;
  const layout = (count: number): Layout => (count ? { kind: 'packed', heads: count } : heads);
  const prefix = node.outputs[0] ?? '';
  const copied = [...node.attributes.values()].filter(
    ({ name }) => name !== 'qk_matmul_output_mode',
  );

  const nodes = Object.entries(OutputMode).map(([quantity, mode]) => {
    const present = pastKey
      ? [`${prefix}/${quantity}/key`, `${prefix}/${quantity}/value`]
      : ['', ''];
    return makeNode(
      'Attention',
      node.inputs,
      [`${prefix}/${quantity}/output`, ...present, `${prefix}/${quantity}`],
      { copied, attributes: { qk_matmul_output_mode: mode } },
    );
  });
  const derivedView = (name: string) => ({ tensor: `${prefix}/${name}`, layout: heads });
  const [, presentKey, presentValue] = node.outputs;
  const views: SiteViews = {
    query: { tensor: query, layout: layout(queryHeads) },
    ...(pastKey
      ? presentKey && presentValue
        ? {
            key: { tensor: presentKey, layout: heads },
            value: { tensor: presentValue, layout: heads },
          }
        : {}
      : {
          key: { tensor: key, layout: layout(keyHeads) },
          value: { tensor: value, layout: layout(keyHeads) },
        }),
  };
  return fusedSite(analysis, node, {
    views,
    headOutput: layout(queryHeads),
    derived: {
      nodes,
      constants: [],
      untyped: [],
      views: {
        scores: derivedView('scores'),
        maskedScores: derivedView('maskedScores'),
        weights: derivedView('weights'),
        ...(views.key
          ? {}
          : { key: derivedView('weights/key'), value: derivedView('weights/value') }),
      },
    },
  });
}
