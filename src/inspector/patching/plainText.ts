import type { Change } from '../../protocol/change';
import { InspectorError } from '../../protocol/errors';
import { isOn } from '../../protocol/intervention';
import { NEVER_CANCELLED, type Cancellation } from '../../protocol/rpc';
import { setImmediate } from 'node:timers/promises';
import type { Capture } from '../capture/capture';
import { modelOf } from '../capture/madeWith';
import { checkIndex } from '../capture/mapSource';
import { outputsOf } from '../capture/outputs';
import type { InstrumentedModel } from '../model/instrumentedModel';
import type { Heed, PlainText } from '../model/pieces/piecesOf';
import { changedComputation } from '../run/changes';
import { tokenFeeds } from '../run/modelInput';
import { segmentFeeds } from '../run/segments';
import type { ModelStore } from '../store/modelStore';

/** A capture's text, as its model reads it. */
export interface CapturedText {
  readonly model: InstrumentedModel;
  readonly text: PlainText;
}

/**
 * The model and the feeds of a capture, to be run again with other numbers in it.
 * @param token whose output is looked at
 * @throws InspectorError `not-captured` where the run cannot be made again: it is of a file, or its
 * computation was changed; `capture-missing` where the files of the model changed since
 */
export async function plainText(
  capture: Capture,
  store: ModelStore,
  token: number,
): Promise<CapturedText> {
  const { summary } = capture;
  const { tokens, feeds: given, changes = [] } = summary;
  if (summary.file !== undefined) {
    throw new InspectorError(
      'not-captured',
      'A capture file holds no weights of the model, so nothing can be run again with other numbers. Inspect the text with the model itself.',
    );
  }
  const changed = changes.find(changesComputation);
  if (changed) throw isChanged(changed);
  const outputs = outputsOf(capture);
  checkIndex('token', token, outputs.tokens);
  const model = await modelOf(capture, store);
  const feeds = {
    ...tokenFeeds(model, tokens),
    ...segmentFeeds(model, tokens, given),
    ...changedComputation(model, tokens, changes).feeds,
  };
  const logits = outputs.at(token);
  if (!logits.every(Number.isFinite)) {
    throw new InspectorError(
      'not-captured',
      `The output at token ${token} is not a number, so nothing can be measured there. Choose another token or another model.`,
    );
  }
  return { model, text: { feeds, token, logits } };
}

/** Lets others have their turn, and stops where nobody waits any more. */
export function heeding(what: string, signal: Cancellation = NEVER_CANCELLED): Heed {
  return async () => {
    await setImmediate();
    if (signal.aborted) throw new InspectorError('cancelled', `${what} was cancelled.`);
  };
}

/** What changes more than the tokens that are read. */
function changesComputation(change: Change): boolean {
  switch (change.kind) {
    case 'order':
      return false;
    case 'mask':
      return change.mask.kind !== 'padding';
    case 'equalPositions':
      return true;
    case 'intervention':
      return isOn(change) && change.at.point !== 'token';
  }
}

function isChanged({ kind }: Change): InspectorError {
  const what = {
    order: 'another order of its tokens',
    mask: 'another mask',
    equalPositions: 'equal positions',
    intervention: 'interventions',
  }[kind];
  return new InspectorError(
    'not-captured',
    `This run was made with ${what}, and what is tried here begins from the model as it is: take that back first.`,
  );
}
