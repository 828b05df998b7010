import { Tokenizer } from '@huggingface/tokenizers';
import { boundedRun } from './boundedRun';
import { brokenTokenizer } from './fields';

const TIME_LIMIT_MS = 10_000;

/**
 * Puts tokens together as text, by the decoder of the library: special tokens stay in it, and nothing
 * is tidied, so that the text splits into the same tokens again.
 * @param json parsed tokenizer.json
 * @throws InspectorError `tokenizer-broken`
 */
export function decodeTokens(json: unknown, ids: readonly number[]): string {
  if (ids.length === 0) return '';
  try {
    // Of the parts only model and decoder are needed; the library cannot read all of the others.
    const parts = { normalizer: null, pre_tokenizer: null, post_processor: null };
    const tokenizer = new Tokenizer({ added_tokens: [], ...(json as object), ...parts }, {});
    return boundedRun(
      () => tokenizer.decode([...ids], { clean_up_tokenization_spaces: false }),
      TIME_LIMIT_MS,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw brokenTokenizer(`its decoder fails (${reason})`, error);
  }
}
