import { brokenTokenizer, Fields } from '../fields';

/** Far beyond any vocabulary (the largest have 262,144 entries), and tables of this size still fit in memory. */
const MAX_ENTRIES = 2_000_000;
const MAX_ID = 16_000_000;

/** Checks one id of tokenizer.json. */
export function checkId(id: unknown, token: string): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= MAX_ID) return id;
  throw brokenTokenizer(
    `its vocabulary gives “${token}” the id ${String(id)}, which is not a whole number up to ${MAX_ID.toLocaleString('en')}`,
  );
}

/** Checks `model.vocab` of the form `{token: id}`. */
export function checkVocabulary(model: Fields): Record<string, number> {
  const vocabulary = model.raw('vocab');
  if (typeof vocabulary !== 'object' || vocabulary === null || Array.isArray(vocabulary)) {
    throw brokenTokenizer('its model has no vocabulary');
  }
  const entries = vocabulary as Record<string, unknown>;
  const tokens = Object.keys(entries);
  checkSize(tokens.length);
  for (const token of tokens) checkId(entries[token], token);
  return vocabulary as Record<string, number>;
}

/** Checks how many entries there are before anything is built from them. */
export function checkSize(entries: number): void {
  if (entries > 0 && entries <= MAX_ENTRIES) return;
  throw brokenTokenizer(
    entries === 0
      ? 'its vocabulary is empty'
      : `its vocabulary has ${entries.toLocaleString('en')} entries; ${MAX_ENTRIES.toLocaleString('en')} is the most that is read`,
  );
}
