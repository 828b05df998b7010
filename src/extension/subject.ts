/** What is inspected: a text, with what the decoder is given as its own output so far, or a file. */
export type Subject =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly target?: string;
      /** Vocabulary entries that were generated after it. */
      readonly continuation?: readonly number[];
    }
  | { readonly kind: 'file'; readonly path: string };

/** A text to inspect; without `target` the decoder is given nothing. */
export function textSubject(text: string, target: string | undefined): Subject {
  return { kind: 'text', text, ...(target === undefined ? {} : { target }) };
}
