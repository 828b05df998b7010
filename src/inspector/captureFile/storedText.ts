import * as v from 'valibot';
import type { CaptureSummary } from '../../protocol/capture';
import { chatSchema } from '../../protocol/chat';
import type { Fail } from '../files/boundedJson';

const index = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const optional = v.exactOptional;
const characters = { start: index, end: index };
/** Most turns, or stretches that a template says the assistant writes. */
const MOST_TURNS = 2 ** 17;

/** A token as a file tells it. */
export const storedToken = v.object({
  index,
  id: index,
  token: v.string(),
  text: v.string(),
  ...characters,
  special: v.boolean(),
  unknown: v.boolean(),
  continues: v.boolean(),
  sequence: optional(index),
  typeId: optional(index),
  turn: optional(index),
  template: optional(v.literal(true)),
});

const turn = v.object({ role: v.string(), ...characters, isPrompt: optional(v.boolean()) });

const rendered = v.object({
  text: v.string(),
  template: v.string(),
  turns: v.pipe(v.array(turn), v.maxLength(MOST_TURNS)),
  generation: optional(v.pipe(v.array(v.object(characters)), v.maxLength(MOST_TURNS))),
});

/** What a file tells of a text that is a pair or a chat. */
export const readTextFields = {
  pair: optional(v.string()),
  chat: optional(chatSchema),
  rendered: optional(rendered),
  templates: optional(v.array(v.string())),
};

type ReadText = Pick<CaptureSummary, 'text' | 'pair' | 'rendered' | 'target' | 'tokens' | 'model'>;

/** Tokens count from 0, their ranges lie in the text that they come from, and their turns are there. */
export function checkTokens(summary: ReadText, fail: Fail): void {
  const { tokens, text, pair = '', target = '', model, rendered: chat } = summary;
  const hasTarget = model.stacks.length > 1;
  for (const stack of ['encoder', 'decoder'] as const) {
    for (const [i, token] of (tokens[stack] ?? []).entries()) {
      const { start, end } = token;
      const read = token.sequence === 1 ? pair : text;
      const source = hasTarget && stack === 'decoder' ? target : read;
      if (token.index !== i || start > end || end > source.length) {
        fail(
          `token ${i} of its ${stack} says that it is token ${token.index} at ${start} to ${end}`,
        );
      }
      const turns = chat?.turns.length ?? 0;
      if (token.turn !== undefined && token.turn >= turns) {
        fail(`token ${i} of its ${stack} is of turn ${token.turn}, and there are ${turns}`);
      }
    }
  }
}
