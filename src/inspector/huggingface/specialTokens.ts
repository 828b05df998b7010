import type { AlignedTokenizer } from '../tokenizer/types';
import { readConfiguration } from './configuration';

/**
 * The token that a decoder of an encoder–decoder model starts with (`decoder_start_token_id` of the
 * configuration; models that lack it start with their first or padding token).
 */
export async function decoderStartToken(folder: string): Promise<number | undefined> {
  const configs = await generationConfigurations(folder);
  for (const name of ['decoder_start_token_id', 'bos_token_id', 'pad_token_id']) {
    for (const config of configs) {
      const id = config[name];
      if (isId(id)) return id;
    }
  }
  return undefined;
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
 * The token that fills shorter texts of a batch: `pad_token` of `tokenizer_config.json`, else
 * `pad_token_id` of the configuration.
 */
export async function paddingToken(
  folder: string,
  tokenizer: AlignedTokenizer,
): Promise<number | undefined> {
  const { pad_token: named } = await readConfiguration(folder, 'tokenizer_config.json');
  const spelling: unknown =
    typeof named === 'object' && named !== null && 'content' in named ? named.content : named;
  if (typeof spelling === 'string' && spelling !== '') {
    const [token, ...others] = tokenizer.encode(spelling, { addSpecialTokens: false }).tokens;
    if (token?.token === spelling && others.length === 0) return token.id;
  }
  const configs = await generationConfigurations(folder);
  return configs.map(config => config.pad_token_id).find(isId);
}

function generationConfigurations(folder: string) {
  const files = ['generation_config.json', 'config.json'];
  return Promise.all(files.map(file => readConfiguration(folder, file)));
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
