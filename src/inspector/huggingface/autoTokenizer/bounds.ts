import { brokenTokenizer } from '../../tokenizer/fields';
import type { Json, TokenizerFiles } from './tokenizerFiles';

/** Each is compared with all that several files say of it. */
const MOST_ADDED_TOKENS = 200_000;
/** Values within values, at most: they are walked through one inside the other. */
const DEEPEST = 64;

/**
 * Bounds on what a folder may make its reader do.
 * @throws InspectorError `tokenizer-broken` beyond them
 */
export function checkBounds({ settings, addedTokens }: TokenizerFiles, json: Json): void {
  const lists = [json.added_tokens, settings?.added_tokens_decoder, addedTokens];
  const count = Math.max(
    ...lists.map(list => (typeof list === 'object' && list ? Object.keys(list).length : 0)),
  );
  if (count > MOST_ADDED_TOKENS) {
    const [had, most] = [count, MOST_ADDED_TOKENS].map(n => n.toLocaleString('en'));
    throw brokenTokenizer(`it has ${had} added tokens; ${most} is the most that is read`);
  }
  for (const part of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) {
    if (isTooDeep(json[part])) {
      throw brokenTokenizer(`its “${part}” stands more than ${DEEPEST} values deep`);
    }
  }
}

function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    level = level.flatMap(each =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
  }
  return level.length > 0;
}
