import type { TokenizerClass } from './tokenizerClasses';
import { isObject, type Json, type TokenizerFiles } from './tokenizerFiles';

/** An entry of `added_tokens` without its id. */
export interface AddedTokenEntry {
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Named special tokens in the order in which `transformers` adds them. */
const ATTRIBUTES = ['bos', 'eos', 'unk', 'sep', 'pad', 'cls', 'mask'].map(name => `${name}_token`);

/** A special token that is added where it is missing. */
export interface SpecialToken {
  readonly token: AddedTokenEntry;
  /** Where it is there, it takes these properties: they are more than a spelling. */
  readonly overrides: boolean;
}

/** The arguments that a class is created with, as `from_pretrained` puts them together. */
export interface Arguments {
  /** tokenizer_config.json, overridden by special_tokens_map.json where that counts. */
  readonly values: Json;
  /** Tokens that are looked for as a whole, with the ids that the files give them, in that order. */
  readonly added: readonly (readonly [id: number, token: AddedTokenEntry])[];
  /** Spelling of each named special token, defaults of the class included. */
  readonly named: Readonly<Record<string, string>>;
  /** Special tokens in the order in which they are added where they are missing. */
  readonly special: readonly SpecialToken[];
}

/**
 * Puts the arguments together: `added_tokens_decoder` of tokenizer_config.json where there is one;
 * otherwise special_tokens_map.json overrides, and added_tokens.json and tokenizer.json count.
 * @param version of `transformers`
 */
export function argumentsOf(
  files: TokenizerFiles,
  kind: TokenizerClass,
  version: 4 | 5,
): Arguments {
  const settings = files.settings ?? {};
  const decoder = isObject(settings.added_tokens_decoder)
    ? settings.added_tokens_decoder
    : undefined;
  const values = decoder ? settings : overridden(settings, files.specialTokensMap ?? {});
  const own = decoder ? [] : ofTokenizerFile(files);
  const special = specialTokensOf(values, kind, version, spelling =>
    [...Object.values(decoder ?? {}), ...own.map(([, token]) => token)].some(
      token => tokenOf(token)?.content === spelling,
    ),
  );
  const added = decoder
    ? Object.entries(decoder).map(([id, token]) => [Number(id), token] as const)
    : [...fromAddedTokensFile(files.addedTokens ?? {}, special.list), ...own];
  const byId = new Map(
    added.flatMap(([id, value]) => {
      const token = tokenOf(value);
      return token ? [[id, token] as const] : [];
    }),
  );
  return {
    values,
    added: [...byId].sort(([a], [b]) => a - b),
    named: special.named,
    special: special.list,
  };
}

/** @param isListed whether the files list a token with its properties */
function specialTokensOf(
  values: Json,
  kind: TokenizerClass,
  version: 4 | 5,
  isListed: (spelling: string) => boolean,
): { readonly named: Readonly<Record<string, string>>; readonly list: readonly SpecialToken[] } {
  const named: Record<string, string> = {};
  const list: SpecialToken[] = [];
  const add = (value: unknown, stripsLeft = false) => {
    const token = tokenOf(value, { special: true, lstrip: stripsLeft });
    if (!token) return undefined;
    const overrides = version === 4 && (stripsLeft || typeof value !== 'string');
    if (!list.some(({ token: { content } }) => content === token.content)) {
      list.push({ token: { ...token, special: true }, overrides });
    }
    return token.content;
  };
  for (const attribute of ATTRIBUTES) {
    const isGiven = attribute in values;
    const value = isGiven ? values[attribute] : kind.specialTokens[attribute];
    // The class of transformers 4 does so with a plain spelling that it has no properties for.
    const isPlainMask =
      attribute === 'mask_token' && typeof value === 'string' && !(isGiven && isListed(value));
    const content = add(value, isPlainMask && version === 4 && kind.maskStripsLeft);
    if (content !== undefined) named[attribute] = content;
  }
  for (const value of extraTokens(values, version)) add(value);
  if (kind.family === 't5') for (const value of sentinels(values)) add(value);
  return { named, list };
}

/** A token as JSON spells it: its content, or an object; a null is none. */
export function tokenOf(
  value: unknown,
  defaults: Partial<AddedTokenEntry> = {},
): AddedTokenEntry | undefined {
  const fields: Json | undefined = typeof value === 'string' ? { content: value } : asObject(value);
  if (typeof fields?.content !== 'string' || fields.content === '') return undefined;
  const flag = (key: keyof AddedTokenEntry, otherwise: boolean) =>
    typeof fields[key] === 'boolean'
      ? fields[key]
      : ((defaults[key] as boolean | undefined) ?? otherwise);
  const special = flag('special', false);
  return {
    content: fields.content,
    single_word: flag('single_word', false),
    lstrip: flag('lstrip', false),
    rstrip: flag('rstrip', false),
    normalized: flag('normalized', !special),
    special,
  };
}

function asObject(value: unknown): Json | undefined {
  return isObject(value) ? value : undefined;
}

/** special_tokens_map.json is older than the other files: what it says comes on top. */
function overridden(settings: Json, map: Json): Json {
  const values: Record<string, unknown> = { ...settings };
  for (const [key, value] of Object.entries(map)) {
    const list = EXTRA.includes(key) && Array.isArray(value) ? (value as unknown[]) : undefined;
    const before = Array.isArray(values[key]) ? (values[key] as unknown[]) : [];
    values[key] = list ? [...before, ...list] : value;
  }
  return values;
}

const EXTRA = ['additional_special_tokens', 'extra_special_tokens'];

/** Special tokens without a name of the standard: a list, or an object of names and tokens. */
function extraTokens(values: Json, version: 4 | 5): unknown[] {
  const listed = EXTRA.flatMap(key => {
    const value = values[key];
    if (Array.isArray(value)) return value as unknown[];
    return isObject(value) ? Object.values(value) : [];
  });
  if (version === 4) return listed;
  const own = Object.entries(values).filter(
    ([key, value]) =>
      key.endsWith('_token') && !ATTRIBUTES.includes(key) && tokenOf(value) !== undefined,
  );
  return [...own.map(([, value]) => value), ...listed];
}

/** T5's `<extra_id_0>` …, unless the settings list some. */
function sentinels(values: Json): string[] {
  const listed = extraTokens(values, 4).some(value =>
    tokenOf(value)?.content.includes('<extra_id_'),
  );
  const count = typeof values.extra_ids === 'number' ? Math.min(values.extra_ids, 1000) : 100;
  return listed ? [] : Array.from({ length: count }, (_, i) => `<extra_id_${i}>`);
}

/** added_tokens.json: spellings with ids; special where they are named as such. */
function fromAddedTokensFile(
  file: Json,
  special: readonly SpecialToken[],
): (readonly [number, unknown])[] {
  return Object.entries(file).flatMap(([content, id]) =>
    typeof id === 'number'
      ? [
          [
            id,
            { content, special: special.some(({ token }) => token.content === content) },
          ] as const,
        ]
      : [],
  );
}

function ofTokenizerFile({ tokenizer }: TokenizerFiles): (readonly [number, unknown])[] {
  const list = isObject(tokenizer) ? tokenizer.added_tokens : undefined;
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap(token =>
    isObject(token) && typeof token.id === 'number' ? [[token.id, token] as const] : [],
  );
}
