import * as v from 'valibot';

/** Longest name of a chat template. */
const LONGEST_NAME = 256;

/** How a run reads its text as messages. */
export const chatSchema = v.strictObject({
  /** One of the templates that the tokenizer has; its default one when absent. */
  template: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(LONGEST_NAME))),
  /** The template opens the answer after the last message (`add_generation_prompt`). */
  prompt: v.exactOptional(v.literal(true)),
});

/** Says of a run that its text is a document of messages, which a chat template renders. */
export type Chat = Readonly<v.InferOutput<typeof chatSchema>>;

/** One message of a chat, or the prompt for the answer after the last one. */
export interface Turn {
  readonly role: string;
  /** Where the document has what it says, UTF-16 `[start, end)`; both are 0 for a prompt. */
  readonly start: number;
  readonly end: number;
  /** No message: what opens the answer. */
  readonly isPrompt?: boolean;
}

/** The text that a chat template made of messages. */
export interface Rendered {
  readonly text: string;
  /** Name of the template. */
  readonly template: string;
  readonly turns: readonly Turn[];
  /** What the template says that the assistant writes (`{% generation %}`), UTF-16 ranges of `text`. */
  readonly generation?: readonly { readonly start: number; readonly end: number }[];
}

/** A line that begins a message: `user: Hello`. */
export const ROLE_LINE = /^[ \t]*(system|developer|user|assistant|tool)[ \t]*:[ \t]?/i;

/** Whether a text is written as messages: as JSON, or in lines that begin with a role. */
export function looksLikeMessages(text: string): boolean {
  const start = text.search(/\S/);
  if (start < 0) return false;
  const first = text.slice(start, start + 64);
  if (ROLE_LINE.test(first)) return true;
  return /^[[{]/.test(first) && /"role"\s*:/.test(text) && /"content"\s*:/.test(text);
}
