import { join } from 'node:path';
import { compare } from '../../../src/inspector/divergence/compare';
import {
  paddedProbe,
  plainProbe,
  type ProbeText,
} from '../../../src/inspector/divergence/probeTexts';
import { modelSide } from '../../../src/inspector/divergence/side';
import type { InstrumentedModel } from '../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../src/inspector/model/openModel';
import type { Graph } from '../../../src/inspector/onnx/file/types';
import type { StackTokens } from '../../../src/inspector/run/modelInput';
import type { FirstDivergence } from '../../../src/protocol/firstDivergence';
import type { Token } from '../../../src/protocol/tokens';
import { fixtures, reweighted } from '../findings/support';

/** A fixture of the engine. */
export const fixture = (name: string) => join(fixtures, 'onnx', name);

/** Opens a model on one thread. */
export const open = (path: string) => openModel(path, { threads: 1 });

/** Tokens without a text, of ids that every fixture has. */
export function madeTokens(count: number): readonly Token[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    id: 3 + ((7 * index) % 19),
    token: `t${index}`,
    text: '',
    start: 0,
    end: 0,
    special: false,
    unknown: false,
    continues: false,
  }));
}

/** What each stack of a model reads. */
export function tokensOf({ card }: InstrumentedModel): StackTokens {
  const [stack = 'encoder', other] = card.stacks;
  return other ? { encoder: madeTokens(9), decoder: madeTokens(6) } : { [stack]: madeTokens(10) };
}

/** Compares two models on a made text, and on a padded one beside it. */
export function compared(
  a: InstrumentedModel,
  b: InstrumentedModel,
  { isPadded = false }: { readonly isPadded?: boolean } = {},
): Promise<FirstDivergence> {
  const tokens = tokensOf(a);
  const padded = isPadded ? [paddedText(tokens, [a, b])] : [];
  return compare(modelSide(a), modelSide(b), {
    texts: [plainProbe(tokens), ...padded],
    missing: [],
    heed: () => Promise.resolve(),
    report: () => undefined,
  });
}

function paddedText(tokens: StackTokens, models: readonly InstrumentedModel[]): ProbeText {
  const text = paddedProbe(tokens, models, { id: 0, tokenizer: { tokenOf: () => undefined } });
  if (typeof text === 'string') throw new Error(text);
  return text;
}

/** A graph with other values in what a node reads from the file; the first such input. */
export function withWeight(
  graph: Graph,
  node: string,
  change: (values: Float32Array) => void,
): Graph {
  const found = graph.nodes.find(({ name }) => name === node);
  const stored = found?.inputs.find(input => graph.initializers.has(input));
  const turned = graph.nodes.find(
    ({ operator, outputs }) => operator === 'Transpose' && found?.inputs.includes(outputs[0] ?? ''),
  );
  return reweighted(graph, stored ?? turned?.inputs[0] ?? node, change);
}
