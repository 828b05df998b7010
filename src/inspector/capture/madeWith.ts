import type { InstrumentedModel } from '../model/instrumentedModel';
import type { ModelStore } from '../store/modelStore';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { Capture } from './capture';

/**
 * The model that a run was made with.
 * @throws InspectorError `capture-missing` where its files changed since
 */
export function modelOf(capture: Capture, store: ModelStore): Promise<InstrumentedModel> {
  const { model, feeds } = capture.summary;
  return capture.detailSource?.model?.() ?? store.model(model.path, feeds);
}

/** The tokenizer that names the vocabulary of a run; a capture file has none. @throws InspectorError */
export async function tokenizerOf(
  { summary: { file, model } }: Capture,
  store: ModelStore,
): Promise<AlignedTokenizer | undefined> {
  return file === undefined ? store.tokenizer(model.path) : undefined;
}
