import { InspectorError } from '../../../protocol/errors';
import { ElementType } from '../../onnx/file/types';
import { elementTypeOf } from '../../onnx/graph/elementTypes';
import type { FoundRouter } from '../../onnx/graph/router';
import { weightsFolder } from '../../onnx/rewrite/instrument';
import { operatorAlone, type Alone } from '../../onnx/rewrite/operatorAlone';
import * as ort from '../../runtime/ort';
import { Session, toTensor, type SessionOptions } from '../../runtime/session';
import { decisionOf, type Decision } from '../graph/decision';
import type { LoadedGraph } from '../graph/loadGraph';

/** Made-up tokens that an operator is tried with. */
const TOKENS = 3;
/** A logit beside which the others count for nothing. */
const CERTAIN = 1e4;
/** Largest difference, as a fraction of the largest output: the operator may compute in half precision. */
const TOLERANCE = { float: 1e-4, half: 2e-2 };

/**
 * Tries a fused operator alone: its output must be Σ weight · expert with the weights that are shown, where
 * each expert's own output is what the operator gives when it may choose no other.
 * @param experts that it chooses from
 * @param modelDim width of what they treat
 * @returns why it is not shown
 */
export async function operatorFault(
  { analysis }: LoadedGraph,
  router: FoundRouter,
  experts: number,
  modelDim: number,
  options: SessionOptions,
): Promise<string | undefined> {
  const { index, model } = analysis;
  const { node } = router;
  const [states = '', logits = '', ...stored] = node.inputs;
  if (!stored.every(name => name === '' || index.graph.initializers.has(name))) {
    return `its experts are not stored in the graph, so that ${node.operator} cannot be tried alone`;
  }
  const given = [states, logits].map((name, at) => ({
    at,
    elementType: elementTypeOf(index, name),
  }));
  const isHalf = given[0]?.elementType === ElementType.float16;
  try {
    const alone = operatorAlone(model, node, given);
    const session = await Session.open(alone.bytes, weightsFolder(model), options);
    const tried = largestDifference(session, alone, router, experts, modelDim);
    const difference = await tried.finally(() => session.release());
    if (difference <= TOLERANCE[isHalf ? 'half' : 'float']) return undefined;
    return `${node.operator} adds its experts up with other weights than the softmax of its logits`;
  } catch (error) {
    if (!(error instanceof InspectorError)) throw error;
    return `${node.operator} cannot be tried alone: ${error.detail ?? error.message}`;
  }
}

/** Between what the operator gives and Σ weight · expert, as a fraction of the largest output. */
async function largestDifference(
  session: Session,
  { feeds: [states = '', logits = ''], output }: Alone,
  router: FoundRouter,
  experts: number,
  modelDim: number,
): Promise<number> {
  const tokens = new ort.Tensor('float32', madeUp(TOKENS * modelDim, 1), [TOKENS, modelDim]);
  const run = async (scores: Float32Array): Promise<Float32Array> => {
    const feeds = {
      [states]: tokens,
      [logits]: new ort.Tensor('float32', scores, [TOKENS, experts]),
    };
    const got = (await session.run(feeds, [output]))[output];
    return got ? toTensor(got).data : new Float32Array();
  };
  const scores = madeUp(TOKENS * experts, 7);
  const whole = await run(scores);
  const read = () => ({ dims: [TOKENS, experts], data: scores });
  const shown = decisionOf(router, read, 1);
  const expected = new Float64Array(whole.length);
  for (let expert = 0; expert < experts; expert++) {
    const only = Float32Array.from({ length: TOKENS * experts }, (_, i) =>
      i % experts === expert ? CERTAIN : -CERTAIN,
    );
    const own = await run(only);
    for (const [i, value] of own.entries()) {
      expected[i] = (expected[i] ?? 0) + weightOf(shown, Math.floor(i / modelDim), expert) * value;
    }
  }
  const largest = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = whole.reduce((most, value, i) => {
    const difference = Math.abs(value - (expected[i] ?? NaN));
    return difference <= most ? most : Number.isNaN(difference) ? Infinity : difference;
  }, 0);
  return largest === 0 ? Infinity : worst / largest;
}

function weightOf(shown: Decision | undefined, token: number, expert: number): number {
  if (!shown) return NaN;
  const count = shown.weights.dims[2] ?? 0;
  const own = shown.chosen.data.subarray(token * count, (token + 1) * count);
  const at = own.indexOf(expert);
  return at < 0 ? 0 : (shown.weights.data[token * count + at] ?? NaN);
}

/** Numbers around 0, none like another. */
function madeUp(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed));
}
