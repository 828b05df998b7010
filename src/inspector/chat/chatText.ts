import type { Chat, Rendered, Turn } from '../../protocol/chat';
import { shortened } from '../files/shortened';
import type { ChatTemplates } from '../tokenizer/types';
import { generationOf, withGenerationSigns } from './generation';
import { MARKINGS, PERIODS, signsOf, Units, withSigns, type Marking } from './marks';
import { readMessages, refused, type Messages } from './messages';
import { foundPlaces, placesOf, type Places, type SignedText } from './places';
import { renderAll, type RenderedText, type Values } from './renderer';
import { turnsOf } from './turns';

/** Messages as a template renders them, and where each UTF-16 unit of that comes from. */
export interface ChatText {
  readonly rendered: Rendered;
  /** Place in the document `[start, end)`; -1 for what the template wrote `[units]`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Turn `[units]`; -1 before the first. */
  readonly turns: Int32Array;
  readonly notes: readonly string[];
}

/** Beginnings of longer chats are not rendered one by one: their template text goes to the turn behind it. */
const MOST_PREFIXES = 64;

/**
 * Renders a document of messages with a chat template, as `apply_chat_template` of transformers does.
 * @param model its name, for sentences
 * @throws InspectorError `chat-refused`
 */
export async function chatText(
  text: string,
  chat: Chat,
  templates: ChatTemplates | undefined,
  model: string,
): Promise<ChatText> {
  const document = readMessages(text);
  const { name, source } = chosenTemplate(chat, templates, document, model);
  const units = new Units(document.leaves);
  const wishes = wishesOf(document, chat, units, source);
  const shared = {
    ...templates?.tokens,
    tools: document.tools ?? null,
    documents: document.documents ?? null,
  };
  const each = wishes.map(({ values }) => values);
  const texts = await renderAll(shortened(name), { source, shared, each });
  const made = (kind: Wish['kind']): readonly Answer[] =>
    wishes.flatMap((wish, i) => {
      const one = texts[i];
      return wish.kind === kind && one ? [{ ...wish, made: one }] : [];
    });
  const plain = made('plain')[0]?.made;
  if (!plain || 'error' in plain) {
    throw refused(
      `The chat template “${shortened(name)}” does not render these messages: ${reasonOf(plain)}. Change the messages, or inspect the text as it is.`,
    );
  }
  const { places, isProved } = placed(plain.text, units, made);
  const turns = turnsOf({
    text: plain.text,
    places,
    units,
    count: document.messages.length,
    withoutPrompt: textOf(made('withoutPrompt')[0]) ?? plain.text,
    prefixes: made('prefix').map(textOf),
  });
  const signed = textOf(made('generation')[0]);
  const generation = signed === undefined ? undefined : generationOf(plain.text, signed);
  const rendered: Rendered = {
    text: plain.text,
    template: name,
    turns: listOfTurns(document, chat),
    ...(generation ? { generation } : {}),
  };
  const notes = isProved
    ? []
    : [
        `The chat template “${shortened(name)}” changes what it renders by what the messages say: only messages that it leaves whole lead back to the document.`,
      ];
  return { rendered, ...rangesOf(places, units), turns, notes };
}

interface Wish {
  readonly kind: 'plain' | 'withoutPrompt' | Marking | 'prefix' | 'generation';
  readonly values: Values;
  /** The units of all strings, where they are marked. */
  readonly signs?: string;
}

interface Answer extends Wish {
  readonly made: RenderedText;
}

/** All that is rendered: the text, and what tells where its characters come from. */
function wishesOf(document: Messages, { prompt }: Chat, units: Units, source: string): Wish[] {
  const { messages } = document;
  const add_generation_prompt = prompt === true;
  const values: Values = { messages, add_generation_prompt };
  const periods = units.text.length > PERIODS[0] ? PERIODS : PERIODS.slice(0, 1);
  const count = messages.length;
  const prefixes = count <= MOST_PREFIXES ? Array.from({ length: count }, (_, i) => i) : [0];
  const signed = withGenerationSigns(source);
  return [
    { kind: 'plain', values },
    ...(prompt
      ? [{ kind: 'withoutPrompt', values: { messages, add_generation_prompt: false } } as const]
      : []),
    ...MARKINGS.flatMap(kind =>
      periods.map(period => {
        const signs = signsOf(units, kind, period, source);
        const signed = withSigns(document, units, signs);
        return { kind, signs, values: { messages: signed, add_generation_prompt } };
      }),
    ),
    ...prefixes.map(length => ({
      kind: 'prefix' as const,
      values: { messages: messages.slice(0, length), add_generation_prompt: false },
    })),
    ...(signed === undefined
      ? []
      : [{ kind: 'generation', values: { ...values, source: signed } } as const]),
  ];
}

function placed(
  plain: string,
  units: Units,
  made: (kind: Marking) => readonly Answer[],
): { readonly places: Places; readonly isProved: boolean } {
  for (const marking of MARKINGS) {
    const answers = made(marking);
    const texts = answers.flatMap((answer): SignedText[] => {
      const text = textOf(answer);
      return text === undefined ? [] : [{ text, signs: answer.signs ?? '' }];
    });
    const places = texts.length < answers.length ? undefined : placesOf(plain, texts, units);
    if (places) return { places, isProved: true };
  }
  return { places: foundPlaces(plain, units), isProved: false };
}

/** The template that counts: the one that is named, the one for tools where there are some, the default. */
function chosenTemplate(
  { template }: Chat,
  templates: ChatTemplates | undefined,
  { tools }: Messages,
  model: string,
): { readonly name: string; readonly source: string } {
  const { sources = new Map<string, string>(), problem } = templates ?? {};
  if (problem !== undefined) {
    throw refused(`The chat template ${problem}. Correct the file, or inspect the text as it is.`);
  }
  const usual = tools !== undefined && sources.has('tool_use') ? 'tool_use' : 'default';
  const name = template ?? usual;
  const source = sources.get(name);
  if (source !== undefined) return { name, source };
  if (sources.size === 0) {
    throw refused(
      `${model} has no chat template: inspect the text as it is, or put the model’s chat_template.jinja beside its tokenizer.`,
    );
  }
  const names = [...sources.keys()].map(one => `“${shortened(one)}”`).join(', ');
  throw refused(
    `${model} has no chat template “${shortened(name)}”: choose one of its own, ${names}.`,
  );
}

const textOf = (answer: Answer | undefined): string | undefined =>
  answer && 'text' in answer.made ? answer.made.text : undefined;

/** What a template says when it refuses messages, on one line and without a full stop of its own. */
function reasonOf(one: RenderedText | undefined): string {
  const said = one && 'error' in one ? shortened(one.error).replace(/\.$/, '') : '';
  return said === '' ? 'it gives no reason' : said;
}

function listOfTurns({ messages, leaves }: Messages, { prompt }: Chat): readonly Turn[] {
  const turns = messages.map(({ role }, message): Turn => {
    const own = leaves.filter(({ message: of, text }) => of === message && text.length > 0);
    const starts = own.map(({ text }) => text.start(0));
    const ends = own.map(({ text }) => text.end(text.length - 1));
    return own.length === 0
      ? { role, start: 0, end: 0 }
      : { role, start: Math.min(...starts), end: Math.max(...ends) };
  });
  return prompt ? [...turns, { role: 'assistant', start: 0, end: 0, isPrompt: true }] : turns;
}

function rangesOf(places: Places, units: Units) {
  const starts = new Int32Array(places.length).fill(-1);
  const ends = new Int32Array(places.length).fill(-1);
  places.forEach((unit, at) => {
    if (unit < 0) return;
    const leaf = units.leafOf(unit);
    const inside = unit - units.first(leaf);
    starts[at] = units.leaves[leaf]?.text.start(inside) ?? -1;
    ends[at] = units.leaves[leaf]?.text.end(inside) ?? -1;
  });
  return { starts, ends };
}
