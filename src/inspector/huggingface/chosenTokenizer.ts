import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CHOSEN_TOKENIZERS } from '../../protocol/model';

/**
 * The tokenizer file that people chose for a model; undefined where the model's own is used.
 * @param storage folder that holds the choices; there are none without one
 */
export async function chosenTokenizer(
  storage: string | undefined,
  model: string,
): Promise<string | undefined> {
  if (storage === undefined) return undefined;
  const text = await readFile(join(storage, CHOSEN_TOKENIZERS), 'utf8').catch(() => '{}');
  const choices = parsed(text);
  const chosen: unknown = Object.hasOwn(choices, model)
    ? (choices as Record<string, unknown>)[model]
    : undefined;
  return typeof chosen === 'string' ? chosen : undefined;
}

/** A file that somebody broke holds no choices. */
function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
