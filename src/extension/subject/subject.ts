/** What is inspected: a text, with what the decoder is given as its own output so far, or a file. */
export type Subject =
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly target?: string;
      readonly continuation?: Continuation;
    }
  | { readonly kind: 'file'; readonly path: string };

/** Vocabulary entries that were generated after a text, by one model. */
export interface Continuation {
  readonly tokens: readonly number[];
  /** Path of the model: the entries of another one are others. */
  readonly model: string;
}

/** A text to inspect; without `target` the decoder is given nothing. */
export function textSubject(text: string, target: string | undefined): Subject {
  return { kind: 'text', text, ...(target === undefined ? {} : { target }) };
}

/** The same for a run with `model`: without what another model generated. */
export function ofModel(subject: Subject, model: string): Subject {
  if (subject.kind === 'file' || !subject.continuation) return subject;
  return subject.continuation.model === model ? subject : textSubject(subject.text, subject.target);
}
