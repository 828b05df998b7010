import { InspectorError } from '../../protocol/errors';
import type { FirstDivergence } from '../../protocol/firstDivergence';
import { isOn } from '../../protocol/intervention';
import type { Cancellation } from '../../protocol/rpc';
import type { Capture } from '../capture/capture';
import { modelOf } from '../capture/madeWith';
import { heeding } from '../patching/plainText';
import { readingStack } from './probeTexts';
import { captureSource, compareSources, differentIds, type Source } from './sources';
import { modelSide } from './side';
import type { ModelStore } from '../store/modelStore';

/**
 * Where the models of two runs part: the models themselves where they can be run, else what the captures hold.
 * @param progress is told the share that is done
 * @throws InspectorError `inputs-wrong` where they cannot be compared, `cancelled`
 */
export async function firstDivergence(
  { before, after }: { readonly before: Capture; readonly after: Capture },
  store: ModelStore,
  progress: (done: number) => void,
  signal: Cancellation,
): Promise<FirstDivergence> {
  const [a, b] = [await sourceOf(before, store), await sourceOf(after, store)];
  const { tokens } = before.summary;
  const stack = readingStack(tokens);
  const [mine, theirs] = [tokens[stack], after.summary.tokens[readingStack(after.summary.tokens)]];
  const areKnown = (a.side.model ?? a.tokens) && (b.side.model ?? b.tokens);
  const notes = areKnown ? differentIds(a, b, mine ?? [], theirs ?? []) : [];
  const known = a.side.model || a.tokens ? tokens : after.summary.tokens;
  const following = { heed: heeding('Comparing the two models', signal), report: progress };
  return compareSources(a, b, known, notes, following);
}

/** The model of a run as it is; of runs with changes, and where there is no model any more, the capture. */
async function sourceOf(capture: Capture, store: ModelStore): Promise<Source> {
  const { file, changes = [] } = capture.summary;
  const isChanged = changes.some(change => change.kind !== 'intervention' || isOn(change));
  if (file !== undefined || isChanged) return captureSource(capture);
  try {
    return { side: modelSide(await modelOf(capture, store)) };
  } catch (error) {
    if (error instanceof InspectorError) return captureSource(capture);
    throw error;
  }
}
