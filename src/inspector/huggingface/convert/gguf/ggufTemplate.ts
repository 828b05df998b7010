import type { GgufVocabulary } from '../../../weights/gguf/ggufVocabulary';
import { boundaryTemplate } from '../../autoTokenizer/template';
import type { Json } from '../../autoTokenizer/tokenizerFiles';
import { baseVocabulary, vocabularyWith } from '../../autoTokenizer/vocabularyOf';

/** Ids by token. */
export function idsOf(tokens: readonly string[]): Json {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/**
 * What is put around a text: the first and the last token, where the file says so.
 * @param otherwise what counts where it says nothing
 */
export function templateFor(
  vocabulary: GgufVocabulary,
  otherwise: { readonly bos: boolean; readonly eos: boolean },
): Json | null {
  const bos = (vocabulary.addsBos ?? otherwise.bos) ? vocabulary.spellingOf('bos') : undefined;
  const eos = (vocabulary.addsEos ?? otherwise.eos) ? vocabulary.spellingOf('eos') : undefined;
  if (bos === undefined && eos === undefined) return null;
  const known = vocabularyWith(baseVocabulary({ vocab: idsOf(vocabulary.tokens) }), []);
  return boundaryTemplate(known, bos, eos);
}
