import { brokenTokenizer, Fields } from '../fields';
import { bpe } from './bpe';
import type { Model } from './tokenModel';
import { unigram } from './unigram';
import { wordLevel } from './wordLevel';
import { wordPiece } from './wordPiece';

/** The `model` of tokenizer.json; older files leave its type to be told from its fields. */
export function createModel(value: unknown): Model {
  if (value === undefined || value === null) throw brokenTokenizer('it has no model');
  const fields = Fields.from(value, 'model');
  const type = fields.type || typeByFields(fields);
  switch (type) {
    case 'BPE':
      return bpe(fields);
    case 'WordPiece':
      return wordPiece(fields);
    case 'Unigram':
      return unigram(fields);
    case 'WordLevel':
      return wordLevel(fields);
    default:
      throw brokenTokenizer(`its model “${type}” is not known to Attention Debugger`);
  }
}

function typeByFields(fields: Fields): string {
  if (fields.raw('merges') !== undefined) return 'BPE';
  if (Array.isArray(fields.raw('vocab'))) return 'Unigram';
  return fields.raw('continuing_subword_prefix') === undefined ? 'WordLevel' : 'WordPiece';
}
