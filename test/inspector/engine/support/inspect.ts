import assert from 'node:assert/strict';
import type { InstrumentedModel } from '../../../../src/inspector/model/instrumentedModel';
import { openModel } from '../../../../src/inspector/model/openModel';
import type { CaptureRequest, Feeds, ModelRun } from '../../../../src/inspector/model/run';

export const everything: CaptureRequest = {
  weights: true,
  queryKeyValue: true,
  scores: true,
  maskedScores: true,
  headOutput: true,
  hiddenStates: true,
  experts: true,
  effective: true,
  logits: true,
};

/** Token ids of one short text. */
export const ids = { dims: [1, 6], data: BigInt64Array.of(7n, 3n, 19n, 4n, 11n, 2n) };

/** Opens a small model and runs it; every site must have passed its check. */
export async function inspect(
  path: string,
  feeds: Feeds = { input_ids: ids },
): Promise<[InstrumentedModel, ModelRun]> {
  const model = await openModel(path, { threads: 1 });
  const run = await model.run(feeds, everything);
  await model.dispose();
  for (const { check } of model.card.sites)
    assert.equal(check.result, 'exact', JSON.stringify(check));
  assert.equal(model.card.outputCheck.result, 'exact');
  return [model, run];
}
