import type { InstrumentedModel } from '../model/instrumentedModel';
import type { ModelStore } from '../modelStore';
import type { Capture } from './capture';

/**
 * The model that a run was made with.
 * @throws InspectorError `capture-missing` where its files changed since
 */
export function modelOf(capture: Capture, store: ModelStore): Promise<InstrumentedModel> {
  const { model, feeds } = capture.summary;
  return capture.detailSource?.model?.() ?? store.model(model.path, feeds);
}
