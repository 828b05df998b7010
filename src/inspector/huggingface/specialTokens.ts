import { join } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { ModelFile } from '../../protocol/modelFiles';
import { readConfiguration, tryConfiguration } from '../source/configuration';
import type { AlignedTokenizer } from '../tokenizer/types';

const GENERATION_FILES = [ModelFile.generation, ModelFile.configuration];

/**
 * The token that a decoder of an encoder–decoder model starts with (`decoder_start_token_id` of the
 * configuration; models that lack it start with their first or padding token).
 * @throws InspectorError `model-unsupported` where none is found and a file that may name it cannot be read
 */
export async function decoderStartToken(folder: string): Promise<number | undefined> {
  const found = await Promise.all(GENERATION_FILES.map(file => tryConfiguration(folder, file)));
  const configs = found.map(({ fields }) => fields);
  for (const name of ['decoder_start_token_id', 'bos_token_id', 'pad_token_id']) {
    for (const config of configs) {
      const id = config[name];
      if (isId(id)) return id;
    }
  }
  const broken = found.findIndex(({ problem }) => problem !== undefined);
  if (broken < 0) return undefined;
  throw new InspectorError(
    'model-unsupported',
    `${join(folder, GENERATION_FILES[broken] ?? '')} ${found[broken]?.problem}. It may name the token that the decoder starts with: correct the file.`,
  );
}

/** The tokens that end what a decoder writes (`eos_token_id`: one or several). */
export async function endTokens(folder: string): Promise<readonly number[]> {
  for (const { eos_token_id: end } of await generationConfigurations(folder)) {
    const ids = (Array.isArray(end) ? (end as unknown[]) : [end]).filter(isId);
    if (ids.length > 0) return ids;
  }
  return [];
}

/**
 * The token that fills shorter texts of a batch: `pad_token` of `tokenizer_config.json` or
 * `special_tokens_map.json`, else `pad_token_id` of the configuration.
 */
export async function paddingToken(
  folder: string,
  tokenizer: AlignedTokenizer,
): Promise<number | undefined> {
  const named = await namedToken(folder, tokenizer, 'pad_token');
  if (named !== undefined) return named;
  const configs = await generationConfigurations(folder);
  return configs.map(config => config.pad_token_id).find(isId);
}

/**
 * The token that stands for a hidden word: `mask_token` of `tokenizer_config.json` or
 * `special_tokens_map.json`, else a special token with one of the usual names.
 */
export async function maskToken(
  folder: string,
  tokenizer: AlignedTokenizer,
): Promise<number | undefined> {
  const named = await namedToken(folder, tokenizer, 'mask_token');
  if (named !== undefined) return named;
  return ['[MASK]', '<mask>'].map(spelling => idOf(tokenizer, spelling)).find(isId);
}

/** The token whose spelling the configuration of the tokenizer gives under a name. */
async function namedToken(
  folder: string,
  tokenizer: AlignedTokenizer,
  name: string,
): Promise<number | undefined> {
  for (const file of [ModelFile.tokenizerSettings, ModelFile.specialTokens]) {
    const { [name]: named } = await readConfiguration(folder, file);
    const spelling: unknown =
      typeof named === 'object' && named !== null && 'content' in named ? named.content : named;
    const id = typeof spelling === 'string' ? idOf(tokenizer, spelling) : undefined;
    if (id !== undefined) return id;
  }
  return undefined;
}

/** The id of a spelling that is one token. */
function idOf(tokenizer: AlignedTokenizer, spelling: string): number | undefined {
  if (spelling === '') return undefined;
  const [token, ...others] = tokenizer.encode(spelling, { addSpecialTokens: false }).tokens;
  return token?.token === spelling && others.length === 0 ? token.id : undefined;
}

function generationConfigurations(folder: string) {
  return Promise.all(GENERATION_FILES.map(file => readConfiguration(folder, file)));
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
