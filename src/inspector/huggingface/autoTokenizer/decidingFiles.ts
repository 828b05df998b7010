import { isDeepStrictEqual } from 'node:util';
import type { TokenizerClass } from './tokenizerClasses';
import { isObject, type Json, type TokenizerFiles } from './tokenizerFiles';

/** A tokenizer.json as a version of `transformers` uses it. */
export interface Read {
  readonly json: Json;
  readonly kind: TokenizerClass;
  readonly settings: readonly string[];
  /** Spelling of each named special token. */
  readonly named: Readonly<Record<string, string>>;
  /** The class that the files name, where it is not known here. */
  readonly unknownClass?: string | undefined;
}

/** Whether two tokenizer.json of the same vocabulary split alike, as far as their parts show it. */
export function isSameReading(one: Json, other: Json): boolean {
  return isDeepStrictEqual(partsOf(one), partsOf(other));
}

/** The parts that decide, without what is not set and what changes no token. */
function partsOf(json: Json): unknown {
  const { normalizer, pre_tokenizer: words, post_processor: after, added_tokens: added } = json;
  const flags = isObject(json.model) ? { ...json.model, vocab: null, merges: null } : null;
  const list = Array.isArray(added) ? (added as Json[]) : [];
  return {
    normalizer: withoutDefaults(normalizer),
    words: withoutDefaults(words, ['trim_offsets']),
    after: withoutDefaults(addsNothing(after) ? null : after),
    flags: withoutDefaults(flags),
    added: list.map(token => withoutDefaults(token)).toSorted(byId),
  };
}

/** Settings that are true unless they are set. */
const TRUE = ['use_regex'];

function withoutDefaults(value: unknown, left: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map(each => withoutDefaults(each, left));
  if (!isObject(value)) return value ?? undefined;
  const kept = Object.entries(value).filter(
    ([key, each]) =>
      each !== null &&
      each !== false &&
      each !== '' &&
      !left.includes(key) &&
      !(TRUE.includes(key) && each === true),
  );
  return Object.fromEntries(kept.map(([key, each]) => [key, withoutDefaults(each, left)]));
}

/** A template of nothing but the text. */
function addsNothing(step: unknown): boolean {
  return isObject(step) && Array.isArray(step.single) && step.single.length === 1;
}

function byId(a: unknown, b: unknown): number {
  const idOf = (token: unknown) => (isObject(token) ? Number(token.id) : 0);
  return idOf(a) - idOf(b);
}

/** Which files decided: “tokenizer.json, with add_bos_token from tokenizer_config.json”. */
export function sourceOf(files: TokenizerFiles, json: Json, read: Read): string {
  const settings = files.settings ?? {};
  const decisive = [...new Set(read.settings)].filter(name => name in settings);
  const isChanged = !isSameReading(
    { ...read.json, added_tokens: [] },
    { ...json, added_tokens: [] },
  );
  const { name } = read.kind;
  const byDefault = `the defaults of ${name.endsWith('Tokenizer') ? name : `${name}Tokenizer`}`;
  const parts = [
    ...(isChanged
      ? [decisive.length > 0 ? `${decisive.join(' and ')} from tokenizer_config.json` : byDefault]
      : []),
    ...addedBy(files, json, read),
  ];
  const source = parts.length > 0 ? `${files.name}, with ${parts.join(' and ')}` : files.name;
  return read.unknownClass === undefined
    ? source
    : `${source}; what ${read.unknownClass} does of its own is not known`;
}

/** Tokens that tokenizer.json does not list, counted by the file that does. */
function addedBy(files: TokenizerFiles, json: Json, read: Read): string[] {
  const contents = (list: unknown) =>
    (Array.isArray(list) ? (list as unknown[]) : []).flatMap(token =>
      isObject(token) && typeof token.content === 'string' ? [token.content] : [],
    );
  const own = new Set(contents(json.added_tokens));
  const counts = new Map<string, number>();
  for (const content of contents(read.json.added_tokens)) {
    if (own.has(content)) continue;
    const file = fileWith(files, content);
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts].map(
    ([file, count]) => `${count} added ${count === 1 ? 'token' : 'tokens'} from ${file}`,
  );
}

function fileWith(
  { settings, specialTokensMap, addedTokens }: TokenizerFiles,
  content: string,
): string {
  const spelled = JSON.stringify(content);
  const holds = (file: Json | undefined) => file && JSON.stringify(file).includes(spelled);
  if (holds(addedTokens)) return 'added_tokens.json';
  if (holds(settings)) return 'tokenizer_config.json';
  return holds(specialTokensMap) ? 'special_tokens_map.json' : 'the defaults of its class';
}
