import type { SelfCheck } from '../../../protocol/model';
import type { Node } from '../../onnx/file/types';
import type { SessionOptions } from '../../runtime/session';
import type { LoadedGraph } from '../graph/loadGraph';
import type { ProbeRuns } from '../probe/probeRuns';
import { operatorFault } from './expertOperator';

/** A router with what its probe runs showed. */
export interface CheckedRouter {
  readonly node: Node;
  /** Experts that it chooses from. */
  readonly experts: number;
  /** Experts of each token. */
  readonly chosen: number;
  /** Why it is not shown. */
  readonly refusal?: string;
}

/**
 * Checks that each router of a graph decides for every token, and that the weights which a fused operator
 * keeps to itself are those by which it adds its experts up.
 * @param modelDim width of the residual stream
 */
export async function checkRouters(
  loaded: LoadedGraph,
  { plain }: ProbeRuns,
  outputCheck: SelfCheck,
  modelDim: number,
  options: SessionOptions,
): Promise<readonly CheckedRouter[]> {
  const checked: CheckedRouter[] = [];
  for (const [i, router] of loaded.routers.entries()) {
    const decisions = plain.map(({ experts }) => experts?.[i]);
    const [first] = decisions;
    const fault =
      router.refusal ??
      (outputCheck.result === 'refused' ? outputCheck.reason : undefined) ??
      decisionFault(plain, i) ??
      (router.source.kind === 'operator'
        ? await operatorFault(loaded, router, first?.experts ?? 0, modelDim, options)
        : undefined);
    checked.push({
      node: router.node,
      experts: first?.experts ?? 0,
      chosen: first?.weights.dims[2] ?? 0,
      ...(fault === undefined ? {} : { refusal: fault }),
    });
  }
  return checked;
}

/** Whether a run decides for other things than the tokens of one of its texts, or with no numbers. */
function decisionFault(runs: ProbeRuns['plain'], i: number): string | undefined {
  for (const { experts, lengths } of runs) {
    const decision = experts?.[i];
    if (!decision) return 'what it gives is no choice of different experts for each token';
    const tokens = decision.weights.dims[1] ?? 0;
    if (lengths.size > 0 && ![...lengths.values()].includes(tokens)) {
      return `it decides for ${tokens} places where the text has ${[...lengths.values()].join(' or ')} tokens`;
    }
    if (!decision.weights.data.every(Number.isFinite)) return 'some of its weights are no numbers';
  }
  const counts = new Set(runs.map(({ experts }) => experts?.[i]?.experts));
  return counts.size > 1 ? 'how many it chooses from depends on the text' : undefined;
}
