import { checkBounds } from './bounds';
import { isSameReading, sourceOf, type Read } from './decidingFiles';
import type { Changes, Loading } from './reading';
import { argumentsOf } from './specialTokens';
import {
  classByModelType,
  classByName,
  firstOfFamily,
  MODEL_KINDS,
  type Family,
  type TokenizerClass,
} from './tokenizerClasses';
import { isObject, type Json, type TokenizerFiles } from './tokenizerFiles';
import { changesOf4 } from './version4';
import { changesOf5 } from './version5';
import {
  addMissing,
  baseVocabulary,
  loadedVocabulary,
  vocabularyWith,
  type BaseVocabulary,
} from './vocabularyOf';

/** A tokenizer as `transformers` uses it after loading a folder. */
export interface LoadedTokenizer {
  /** A tokenizer.json that needs no other file. */
  readonly json: unknown;
  /** Which files decided, in words. */
  readonly source: string;
  /** Spelling of each named special token (`bos_token` and so on), as far as the files tell. */
  readonly named: Readonly<Record<string, string>>;
}

/**
 * The tokenizer that `AutoTokenizer.from_pretrained` makes of a folder's files. Folders that
 * transformers 5 wrote are read as 5.24 reads them, all others as 4.57 does: the two differ.
 * @throws InspectorError `tokenizer-broken` for more, or deeper, than is read
 */
export function loadAsTransformers(files: TokenizerFiles): LoadedTokenizer {
  const { tokenizer: json, name } = files;
  // Without a word on what it belongs to, a file counts as it is.
  if (!isObject(json) || !isObject(json.model)) return { json, source: name, named: {} };
  checkBounds(files, json);
  const base = baseVocabulary(json.model);
  const version = writtenBy(files);
  const read = version === 4 ? readBy4(files, json, base) : readBy5(files, json, base);
  if (!read) return { json: withAddedTokens(json, base), source: name, named: {} };
  const other = version === 4 ? readBy5(files, json, base) : readBy4(files, json, base);
  const differs = other !== undefined && !isSameReading(read.json, other.json);
  const isAlone = files.convertedFor !== undefined && other === undefined;
  const { named } = read;
  if (isAlone) return { json: read.json, source: `${name} (as transformers 4 reads it)`, named };
  const note = differs ? ` (as transformers ${version} reads it; ${9 - version} may differ)` : '';
  return { json: read.json, source: `${sourceOf(files, json, read)}${note}`, named };
}

/** The major version of `transformers` whose rules count for a folder. */
function writtenBy({ config, settings, convertedFor }: TokenizerFiles): 4 | 5 {
  if (convertedFor && isReadBy4Alone(convertedFor)) return 4;
  const version = config.transformers_version ?? settings?.transformers_version;
  if (typeof version === 'string') return Number.parseInt(version) >= 5 ? 5 : 4;
  return settings && 'backend' in settings ? 5 : 4;
}

/** How 5 makes a pipeline of older files is known for these families. */
const OLDER_FILES_IN_5 = new Set<Family>(['bert', 'gpt2', 'roberta', 'deberta', 'qwen2', 'clip']);

function isReadBy4Alone({ family }: TokenizerClass): boolean {
  return !OLDER_FILES_IN_5.has(family);
}

const PLAIN = classByName('PreTrainedTokenizer');

function readBy4(files: TokenizerFiles, json: Json, base: BaseVocabulary): Read | undefined {
  const named = files.settings?.tokenizer_class ?? files.config.tokenizer_class;
  const isNamed = typeof named === 'string';
  const found =
    files.convertedFor ??
    (isNamed ? classByName(named) : classByModelType(files.config.model_type));
  const kind = found ?? (isNamed || files.settings ? PLAIN : undefined);
  if (!kind) return undefined;
  const given = argumentsOf(files, kind, 4);
  const vocabulary = loadedVocabulary(base, listOf(json.added_tokens), given);
  const loading: Loading = { files, json, kind, given, vocabulary };
  return {
    ...resultOf(loading, changesOf4(loading)),
    unknownClass: isNamed && !found ? named : undefined,
  };
}

function readBy5(files: TokenizerFiles, json: Json, base: BaseVocabulary): Read | undefined {
  const choice = classOf5(files, json);
  if (!choice) return undefined;
  const { kind, unknownClass } = choice;
  const given = argumentsOf(files, kind, 5);
  // Classes that build their pipeline anew begin with the vocabulary alone.
  const isRebuilt = kind.family !== 'plain';
  const own = listOf(json.added_tokens);
  const vocabulary = vocabularyWith(base, isRebuilt ? [] : own);
  for (const [, token] of given.added) vocabulary.add(token);
  addMissing(vocabulary, given.special);
  const loading: Loading = { files, json, kind, given, vocabulary };
  return { ...resultOf(loading, changesOf5(loading)), unknownClass };
}

/** Kinds of models whose folders name a class that transformers 5 does not use. */
const READ_BY_BACKEND = new Set(
  'gpt_bigcode mistral mixtral phi3 modernbert stablelm granite glm olmo2 nemotron'.split(' '),
);

function classOf5(
  { settings, config, convertedFor }: TokenizerFiles,
  json: Json,
): { readonly kind: TokenizerClass; readonly unknownClass?: string } | undefined {
  if (!PLAIN) return undefined;
  const named = settings?.tokenizer_class ?? config.tokenizer_class;
  const { model_type: type } = config;
  const isByBackend = typeof type === 'string' && READ_BY_BACKEND.has(type);
  if (convertedFor && isReadBy4Alone(convertedFor)) return undefined;
  if (convertedFor) return { kind: rebuilding(convertedFor, json) };
  const registered = isByBackend ? PLAIN : classByModelType(type);
  if (typeof named !== 'string') {
    const kind = registered ?? (settings ? PLAIN : undefined);
    return kind && { kind: rebuilding(kind, json) };
  }
  if (isByBackend) return { kind: PLAIN };
  const found = classByName(named);
  if (!found) return { kind: PLAIN, unknownClass: named };
  // A class for SentencePiece cannot read a byte-level file.
  const isMisnamed = found.family === 'llama' && hasByteLevel(json);
  if (isMisnamed) return { kind: PLAIN };
  const kind = type === 'qwen2' && registered ? registered : found;
  return { kind: rebuilding(kind, json) };
}

/** The class that builds a pipeline anew; a file with another kind of model is left as it is. */
function rebuilding(found: TokenizerClass, json: Json): TokenizerClass {
  const type = isObject(json.model) ? json.model.type : undefined;
  const fits = type === undefined || type === MODEL_KINDS[found.family];
  return fits || !PLAIN ? firstOfFamily(found) : PLAIN;
}

function hasByteLevel({ pre_tokenizer: step }: Json): boolean {
  if (!isObject(step)) return false;
  const steps = Array.isArray(step.pretokenizers) ? (step.pretokenizers as unknown[]) : [step];
  return steps.some(each => isObject(each) && each.type === 'ByteLevel');
}

function resultOf(loading: Loading, { settings, ...changes }: Changes): Read {
  const { json, given, vocabulary, kind } = loading;
  const splits = given.values.split_special_tokens === true;
  const added = splits ? vocabulary.tokens.filter(token => !token.special) : vocabulary.tokens;
  return {
    json: { ...json, ...changes, added_tokens: added },
    kind,
    settings: splits ? [...settings, 'split_special_tokens'] : settings,
    named: given.named,
  };
}

/** The file itself, its added tokens with the ids that the library gives them. */
function withAddedTokens(json: Json, base: BaseVocabulary): Json {
  return { ...json, added_tokens: vocabularyWith(base, listOf(json.added_tokens)).tokens };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
