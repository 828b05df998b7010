import type { CaptureSummary } from '../../../protocol/capture';
import { interventionsOf, maskOf, type Change } from '../../../protocol/change';
import { InspectorError, toErrorReport } from '../../../protocol/errors';
import type { InterventionEffect } from '../../../protocol/intervention';
import { runSpec } from '../../../protocol/run';
import type { Cancellation } from '../../../protocol/rpc';
import { divergenceOf, logSoftmax } from '../../attention/softmax';
import type { Capture } from '../../capture/capture';
import { checkIndex } from '../../capture/mapSource';
import { outputsOf } from '../../capture/outputs';
import type { CaptureRequest } from '../../model/run';
import type { ModelStore } from '../../store/modelStore';
import { inspect } from '../inspect';
import { withoutNumber } from './numbered';
import { NOTHING } from './otherRuns';

const OUTPUT: CaptureRequest = { ...NOTHING, logits: true };

/**
 * What each intervention of a run, on or off, does alone to the output at one token: KL(plain ‖ with it
 * alone), in nats. Other changes of the run, as its mask, stay.
 * @param progress gets each as soon as it is known
 * @throws InspectorError `not-captured` without an output, `cancelled`
 */
export async function effects(
  capture: Capture,
  token: number,
  store: ModelStore,
  progress: (effect: InterventionEffect) => void,
  signal: Cancellation,
): Promise<readonly InterventionEffect[]> {
  const { summary } = capture;
  if (summary.file !== undefined) {
    throw new InspectorError(
      'not-captured',
      'A capture file holds no weights of the model, so nothing can be run again. Inspect the text with the model itself.',
    );
  }
  checkIndex('token', token, outputsOf(capture).tokens);
  const others = (summary.changes ?? []).filter(({ kind }) => kind !== 'intervention');
  const logsOf = async (changes: readonly Change[]) => {
    if (signal.aborted) throw new InspectorError('cancelled', 'The effects were cancelled.');
    const spec = runSpec({ ...summary, model: summary.model.path, changes });
    const again = { ...spec, maximumTokens: lengthOf(summary) };
    const run = await inspect(again, store, async () => undefined, undefined, OUTPUT);
    return logSoftmax(outputsOf(run).at(token));
  };
  const plain = await logsOf(others);
  const found: InterventionEffect[] = [];
  for (const [index, one] of interventionsOf(summary).entries()) {
    const alone = { ...one, on: true };
    const effect = await logsOf([...others, alone]).then(
      (logs): InterventionEffect => ({ index, divergence: divergenceOf(plain, logs) }),
      (error: unknown): InterventionEffect => {
        if (!(error instanceof InspectorError) || error.code !== 'inputs-wrong') throw error;
        return { index, reason: withoutNumber(toErrorReport(error).message) };
      },
    );
    found.push(effect);
    progress(effect);
  }
  return found;
}

/** As many tokens as were made of the texts: they are cut where they were. */
function lengthOf({ tokens, continuation = [], changes = [] }: CaptureSummary): number {
  const mask = maskOf({ changes });
  const padding = mask?.kind === 'padding' ? mask.count : 0;
  const { encoder, decoder } = tokens;
  const ofFirst = (encoder ?? decoder ?? []).length - padding;
  if (!encoder || !decoder) return ofFirst - continuation.length;
  return Math.max(ofFirst, decoder.length - continuation.length);
}
