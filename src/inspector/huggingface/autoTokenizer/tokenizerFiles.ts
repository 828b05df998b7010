import { basename, dirname, join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { ModelFile } from '../../../protocol/modelFiles';
import { JsonFileError, readJsonFile } from '../../files/readJson';
import type { TokenizerClass } from './tokenizerClasses';

/** A JSON object as it was read. */
export type Json = Readonly<Record<string, unknown>>;

/** What `AutoTokenizer.from_pretrained` reads of a folder. */
export interface TokenizerFiles {
  /** `tokenizer.json`, whatever it holds, or what was made of older files. */
  readonly tokenizer: unknown;
  /** The name of that file, or of those. */
  readonly name: string;
  /** The class that older files were converted for; undefined where there is a tokenizer.json. */
  readonly convertedFor?: TokenizerClass;
  /** Undefined where the folder lacks the file. */
  readonly settings: Json | undefined;
  readonly specialTokensMap: Json | undefined;
  readonly addedTokens: Json | undefined;
  /** `config.json` of the model; empty where there is none. */
  readonly config: Json;
}

/** What stands beside a tokenizer. */
export type FilesBeside = Omit<TokenizerFiles, 'tokenizer' | 'name' | 'convertedFor'>;

/**
 * Reads a tokenizer file and what stands beside it; undefined where there is no such file.
 * @throws InspectorError `tokenizer-broken` where one of them is there and cannot be read
 */
export async function readTokenizerFiles(file: string): Promise<TokenizerFiles | undefined> {
  const tokenizer = await readFileOf(file);
  if (tokenizer === undefined) return undefined;
  return { tokenizer, name: basename(file), ...(await readBeside(dirname(file))) };
}

/** Reads what stands beside a tokenizer. @throws InspectorError as `readTokenizerFiles` does */
export async function readBeside(folder: string): Promise<FilesBeside> {
  const beside = (name: string) => readObject(join(folder, name));
  return {
    settings: await beside(ModelFile.tokenizerSettings),
    specialTokensMap: await beside(ModelFile.specialTokens),
    addedTokens: await beside(ModelFile.addedTokens),
    // What only the model needs must not keep its tokenizer from being read.
    config: (await beside(ModelFile.configuration).catch(() => undefined)) ?? {},
  };
}

async function readObject(file: string): Promise<Json | undefined> {
  const value = await readFileOf(file);
  if (value === undefined || isObject(value)) return value;
  throw new InspectorError(
    'tokenizer-broken',
    `This model’s ${basename(file)} cannot be used: “${basename(file, '.json')}” must be an object.`,
  );
}

async function readFileOf(file: string): Promise<unknown> {
  try {
    return await readJsonFile(file);
  } catch (error) {
    if (!(error instanceof JsonFileError)) throw error;
    throw new InspectorError('tokenizer-broken', `${file} ${error.message}.`, { cause: error });
  }
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
