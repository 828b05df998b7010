import type { AlignedText } from '../alignedText';

/** One step that rewrites a text before it is split. */
export interface Normalizer {
  /** Its name in tokenizer.json. */
  readonly type: string;
  normalize(text: AlignedText): AlignedText;
}
