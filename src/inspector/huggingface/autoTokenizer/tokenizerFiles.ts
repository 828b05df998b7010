import { basename, dirname, join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { ModelFile } from '../../../protocol/modelFiles';
import { JsonFileError, readJsonFile } from '../../files/readJson';

/** A JSON object as it was read. */
export type Json = Readonly<Record<string, unknown>>;

/** What `AutoTokenizer.from_pretrained` reads of a folder. */
export interface TokenizerFiles {
  /** `tokenizer.json`, whatever it holds. */
  readonly tokenizer: unknown;
  /** The name of that file. */
  readonly name: string;
  /** Undefined where the folder lacks the file. */
  readonly settings: Json | undefined;
  readonly specialTokensMap: Json | undefined;
  readonly addedTokens: Json | undefined;
  /** `config.json` of the model; empty where there is none. */
  readonly config: Json;
}

/**
 * Reads a tokenizer file and what stands beside it; undefined where there is no such file.
 * @throws InspectorError `tokenizer-broken` where one of them is there and cannot be read
 */
export async function readTokenizerFiles(file: string): Promise<TokenizerFiles | undefined> {
  const folder = dirname(file);
  const tokenizer = await readFileOf(file);
  if (tokenizer === undefined) return undefined;
  const beside = (name: string) => readObject(join(folder, name));
  return {
    tokenizer,
    name: basename(file),
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
