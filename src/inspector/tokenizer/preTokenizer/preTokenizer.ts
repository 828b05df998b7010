import type { AlignedText } from '../alignedText';

/** One step that splits a text into the pieces that the model reads one by one. */
export interface PreTokenizer {
  /** Its name in tokenizer.json. */
  readonly type: string;
  split(text: AlignedText): readonly AlignedText[];
}
