import { InspectorError } from '../../protocol/errors';
import type { Stack } from '../../protocol/model';
import type { Measure, Sweep, SweepMap } from '../../protocol/patching';
import type { Cancellation } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import { outputStack } from '../capture/outputs';
import type { ModelStore } from '../store/modelStore';
import { edgesOff } from './edgesOff';
import { headsOff } from './headsOff';
import { measured } from './measures';
import { heeding, plainText } from './plainText';
import type { SweepRun, Swept } from './sweepRun';
import { tokensOff } from './tokensOff';

/** What is swept, and what is measured. */
export interface SweepParams {
  readonly sweep: Sweep;
  readonly measure: Measure;
  readonly token: number;
  /** Of the output when absent. */
  readonly stack?: Stack;
  /** `self` when absent. */
  readonly kind?: 'self' | 'cross';
}

const points = {
  heads: ['headOutput'],
  edges: ['maskedScores'],
  tokens: ['residual'],
} as const;

/**
 * What the output does once one thing is taken away: each head, each edge of a query, each token.
 * @param progress receives the share that is done, 0 to 1
 * @throws InspectorError `inputs-wrong`, `not-captured`, `cancelled`
 */
export async function sweep(
  capture: Capture,
  { sweep: wanted, measure, token, stack = outputStack(capture), kind = 'self' }: SweepParams,
  store: ModelStore,
  progress: (done: number) => void,
  signal: Cancellation,
): Promise<SweepMap> {
  const started = performance.now();
  const heed = heeding('The sweep', signal);
  const { summary } = capture;
  if (!summary.model.stacks.includes(stack)) {
    throw new InspectorError('inputs-wrong', `${summary.model.name} has no ${stack}.`);
  }
  const { model, text } = await plainText(capture, store, token);
  const measureOf = measured(measure, text.logits);
  const pieces = model.pieces();
  pieces.expect(points[wanted.kind]);
  const [plain] = await pieces.plain([text], heed);
  if (!plain) throw new InspectorError('internal', 'The plain run is missing.');
  const ofPlain = measureOf(plain.logits);
  const tokens = summary.tokens[stack]?.length ?? 0;
  const run: SweepRun = {
    card: summary.model,
    pieces,
    plain,
    stack,
    kind,
    tokens,
    effect: logits => measureOf(logits) - ofPlain,
    progress,
    heed,
  };
  const found = await pieces.during(() => swept(run, wanted));
  return { sweep: wanted, plain: ofPlain, ...found, milliseconds: performance.now() - started };
}

function swept(run: SweepRun, wanted: Sweep): Promise<Swept> {
  switch (wanted.kind) {
    case 'heads':
      return headsOff(run, wanted.how);
    case 'edges':
      return edgesOff(run, wanted);
    case 'tokens':
      return tokensOff(run);
  }
}
