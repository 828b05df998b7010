import { looksLikeMessages, ROLE_LINE } from '../../protocol/chat';
import { InspectorError } from '../../protocol/errors';
import { parseBounded, type JsonBounds } from '../files/boundedJson';
import { AlignedText } from '../tokenizer/alignedText';
import { placedStrings, type Path, type PlacedString } from './placedJson';

/** A message as a template reads it. */
export interface Message {
  readonly role: string;
  readonly [field: string]: unknown;
}

/** A string of a message that is the message's own, with its places in the document. */
export interface Leaf extends PlacedString {
  readonly message: number;
  /** Where it stands in the message. */
  readonly path: Path;
}

/** A document of messages, as a template reads it and as it stands in the editor. */
export interface Messages {
  readonly messages: readonly Message[];
  readonly leaves: readonly Leaf[];
  /** What a JSON document gives the template beside its messages. */
  readonly tools?: unknown;
  readonly documents?: unknown;
}

/** Most messages of one document. */
export const MOST_MESSAGES = 1000;
const BOUNDS: JsonBounds = { depth: 64, values: 200_000 };

/** Fields that say what a message is, not what it says: templates compare them with their own words. */
const NAMES = new Set(['role', 'type', 'name', 'id', 'tool_call_id']);

/**
 * Reads a text as messages: JSON (a list of messages, or an object with one in `messages`), lines that
 * begin with a role, or else one turn of the user.
 * @throws InspectorError `chat-refused`
 */
export function readMessages(text: string): Messages {
  if (/^\s*[[{]/.test(text)) {
    const found = fromJson(text);
    if (found) return found;
  }
  return ROLE_LINE.test(firstLine(text)) ? fromLines(text) : oneTurn(text);
}

const firstLine = (text: string): string => /\S[^\n]*/.exec(text)?.[0] ?? '';

/** Undefined for a text that only begins as JSON does. */
function fromJson(text: string): Messages | undefined {
  const isMeant = looksLikeMessages(text);
  let value: unknown;
  try {
    value = parseBounded(text, BOUNDS, 'it', what => {
      throw refused(`This document is no list of messages: ${what}. Correct it.`);
    });
  } catch (error) {
    if (!isMeant) return undefined;
    throw error;
  }
  const object = isObject(value) ? value : {};
  const list = Array.isArray(value) ? (value as unknown[]) : object['messages'];
  if (!Array.isArray(list) || !list.some(one => isObject(one) && 'role' in one)) {
    if (!isMeant) return undefined;
    throw refused(
      'This document is JSON, but neither a list of messages nor an object with one in “messages”: write [{"role": "user", "content": "…"}].',
    );
  }
  const depth = Array.isArray(value) ? 0 : 1;
  const messages = list.map((one: unknown, i) => checked(one, i));
  checkCount(messages);
  const leaves = placedStrings(text).flatMap((placed): Leaf[] => {
    const [message, ...path] = placed.path.slice(depth);
    const isOfMessage = depth === 0 || placed.path[0] === 'messages';
    if (!isOfMessage || typeof message !== 'number' || path.length === 0) return [];
    const name = path.findLast(key => typeof key === 'string');
    if (name !== undefined && NAMES.has(name)) return [];
    return [{ message, path, text: placed.text }];
  });
  const { tools, documents } = object;
  return {
    messages,
    leaves: withoutRepeated(leaves),
    ...(tools === undefined ? {} : { tools }),
    ...(documents === undefined ? {} : { documents }),
  };
}

/** Of a key that an object has twice the last one counts. */
function withoutRepeated(leaves: readonly Leaf[]): readonly Leaf[] {
  const byPath = new Map(leaves.map(leaf => [JSON.stringify([leaf.message, leaf.path]), leaf]));
  return [...byPath.values()];
}

function checked(value: unknown, index: number): Message {
  if (isObject(value) && typeof value['role'] === 'string' && value['role'] !== '') {
    return value as Message;
  }
  throw refused(
    `Message ${index} of this document has no role: give each message a “role” and a “content”.`,
  );
}

function fromLines(text: string): Messages {
  const document = AlignedText.from(text);
  const messages: Message[] = [];
  const leaves: Leaf[] = [];
  const starts: { readonly role: string; readonly line: number; readonly from: number }[] = [];
  for (const { index } of text.matchAll(/^.*$/gm)) {
    const found = ROLE_LINE.exec(text.slice(index, lineEnd(text, index)));
    const [all = '', role = ''] = found ?? [];
    if (found) starts.push({ role: role.toLowerCase(), line: index, from: index + all.length });
  }
  starts.forEach(({ role, from }, message) => {
    const end = starts[message + 1]?.line ?? text.length;
    const whole = text.slice(from, end);
    const start = from + whole.length - whole.trimStart().length;
    const content = document.slice(start, Math.max(start, from + whole.trimEnd().length));
    messages.push({ role, content: content.text });
    leaves.push({ message, path: ['content'], text: content });
  });
  checkCount(messages);
  return { messages, leaves };
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function oneTurn(text: string): Messages {
  const content = AlignedText.from(text);
  return {
    messages: [{ role: 'user', content: content.text }],
    leaves: [{ message: 0, path: ['content'], text: content }],
  };
}

function checkCount({ length }: readonly Message[]): void {
  if (length <= MOST_MESSAGES) return;
  throw refused(
    `This document has ${length.toLocaleString('en')} messages; up to ${MOST_MESSAGES.toLocaleString('en')} are read. Select fewer of them.`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that cannot be inspected as a chat. */
export function refused(message: string): InspectorError {
  return new InspectorError('chat-refused', message);
}
