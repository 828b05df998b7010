import { InspectorError } from '../../protocol/errors';
import { plainSkeleton, weightsFolder } from '../onnx/instrument';
import { Session, toTensor, type SessionOptions } from '../runtime/session';
import type { Tensor } from '../runtime/tensor';
import type { LoadedGraph } from './loadGraph';
import type { Probe } from './probe';
import { tryLoops } from './trial';

/** Outputs of the untouched graph; undefined where it cannot run a probe. The first one must run. */
export async function runOriginal(
  { analysis, streams }: LoadedGraph,
  options: SessionOptions,
  probes: readonly Probe[],
): Promise<(Tensor | undefined)[]> {
  const { model } = analysis;
  const skeleton = plainSkeleton(model, streams.output);
  const folder = weightsFolder(model);
  const name = streams.output ?? model.graph.outputs[0]?.name ?? '';
  await tryLoops(model, skeleton, folder, options, probes[0]?.feeds ?? {}, name);
  const session = await Session.open(skeleton, folder, options);
  try {
    const outputs: (Tensor | undefined)[] = [];
    for (const [i, probe] of probes.entries()) {
      try {
        const output = (await session.run(probe.feeds, [name]))[name];
        outputs.push(output && toTensor(output));
      } catch (error) {
        if (i === 0) throw unrunnable(error);
        outputs.push(undefined);
      }
    }
    return outputs;
  } finally {
    await session.release();
  }
}

/** The graph can be loaded but not even run on a made-up text. */
function unrunnable(cause: unknown): unknown {
  if (!(cause instanceof InspectorError) || cause.code !== 'inputs-wrong') return cause;
  return new InspectorError(
    'model-unsupported',
    'The model fails on a short made-up text, so nothing can be shown: see the log for what the runtime says.',
    { cause, ...(cause.detail ? { detail: cause.detail } : {}) },
  );
}

/** Largest difference relative to the largest value; infinite where one is missing or not a number. */
export function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  if (!a || !b || a.data.length !== b.data.length) return Infinity;
  let worst = 0;
  let largest = 1;
  for (const [i, value] of a.data.entries()) {
    const other = b.data[i] ?? NaN;
    if (Object.is(value, other)) continue;
    largest = Math.max(largest, Math.abs(other));
    const difference = Math.abs(value - other);
    worst = difference <= worst ? worst : Number.isNaN(difference) ? Infinity : difference;
  }
  return worst / largest;
}
