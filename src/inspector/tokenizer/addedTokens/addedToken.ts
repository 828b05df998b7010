import { Fields } from '../fields';
import { checkId } from '../model/vocabulary';

/** A token that is cut out of the text before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Not where it is a part of a longer word. */
  readonly singleWord: boolean;
  /** Takes the whitespace on its left, right. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
  /** Looked for after the text was normalised, in its own normalised form. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** `added_tokens` of tokenizer.json; where the vocabulary has the token, its id counts. */
export function readAddedTokens(
  tokenizer: Fields,
  vocabulary: ReadonlyMap<string, number>,
): AddedToken[] {
  return tokenizer
    .objects('added_tokens')
    .map(fields => {
      const content = fields.string('content');
      return {
        id: vocabulary.get(content) ?? checkId(fields.raw('id'), content),
        content,
        singleWord: fields.boolean('single_word', false),
        stripsLeft: fields.boolean('lstrip', false),
        stripsRight: fields.boolean('rstrip', false),
        normalized: fields.boolean('normalized', false),
        special: fields.boolean('special', false),
      };
    })
    .filter(token => token.content !== '');
}
