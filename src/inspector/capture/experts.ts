import { InspectorError } from '../../protocol/errors';
import type { Experts } from '../../protocol/experts';
import type { Stack } from '../../protocol/model';
import type { ExpertCapture } from '../model/run';
import type { Capture } from './capture';

/**
 * Which experts treat each token of the run in one layer.
 * @throws InspectorError `not-captured` where the layer has none, or they are not shown
 */
export function experts(
  { run, summary }: Pick<Capture, 'run' | 'summary'>,
  { stack, layer }: { readonly stack: Stack; readonly layer: number },
): Experts {
  const isHere = (one: { readonly stack: Stack; readonly layer: number }) =>
    one.stack === stack && one.layer === layer;
  const found = run.experts?.find(isHere);
  if (found) return expertsOf(found);
  const router = summary.model.routers?.find(isHere);
  const reason =
    router?.refusal ??
    (router ? 'this capture does not hold them' : `${summary.model.name} has no experts there`);
  throw new InspectorError(
    'not-captured',
    `Which experts ${stack} layer ${layer} chooses is not shown: ${reason}.`,
  );
}

/** What a router decided for the first text of a run. */
export function expertsOf({ stack, layer, experts: all, chosen, weights }: ExpertCapture): Experts {
  const [, tokens = 0, count = 0] = weights.dims;
  const shown = Int32Array.from(chosen.data.subarray(0, tokens * count));
  const shares = weights.data.slice(0, tokens * count);
  const tokensOf = new Int32Array(all);
  for (const [i, expert] of shown.entries()) {
    if ((shares[i] ?? 0) > 0) tokensOf[expert] = (tokensOf[expert] ?? 0) + 1;
  }
  return { stack, layer, experts: all, count, tokens, chosen: shown, weights: shares, tokensOf };
}
