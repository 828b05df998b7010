import { textSpec, type TextSpec } from '../../protocol/run';

/** What is inspected: a text, with what the decoder is given as its own output so far, or a file. */
export type Subject =
  | (TextSpec & {
      readonly kind: 'text';
      readonly target?: string;
      readonly continuation?: Continuation;
    })
  | { readonly kind: 'file'; readonly path: string };

/** Vocabulary entries that were generated after a text, by one model. */
export interface Continuation {
  readonly tokens: readonly number[];
  /** Path of the model: the entries of another one are others. */
  readonly model: string;
}

/** A text to inspect; without `target` the decoder is given nothing. */
export function textSubject(read: TextSpec, target: string | undefined): Subject {
  return { kind: 'text', ...textSpec(read), ...(target === undefined ? {} : { target }) };
}

/** What the decoder is given of a text; nothing of a file. */
export const targetOf = (subject: Subject | undefined): string | undefined =>
  subject?.kind === 'text' ? subject.target : undefined;

/** The same for a run with `model`: without what another model generated. */
export function ofModel(subject: Subject, model: string): Subject {
  if (subject.kind === 'file' || !subject.continuation) return subject;
  return subject.continuation.model === model ? subject : textSubject(subject, subject.target);
}

/** What is read beside a text, and how it is read. */
export function othersOf(read: TextSpec): Omit<TextSpec, 'text'> {
  const { pair, chat } = textSpec(read);
  return { ...(pair === undefined ? {} : { pair }), ...(chat ? { chat } : {}) };
}
