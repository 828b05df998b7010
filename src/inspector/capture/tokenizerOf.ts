import type { ModelStore } from '../modelStore';
import type { AlignedTokenizer } from '../tokenizer/types';
import type { Capture } from './capture';

/** The tokenizer that names the vocabulary of a run; a capture file has none. @throws InspectorError */
export async function tokenizerOf(
  { summary: { file, model } }: Capture,
  store: ModelStore,
): Promise<AlignedTokenizer | undefined> {
  return file === undefined ? store.tokenizer(model.path) : undefined;
}
