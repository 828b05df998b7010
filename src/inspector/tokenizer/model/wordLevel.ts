import type { Fields } from '../fields';
import type { Model, Piece } from './tokenModel';
import { unknownTokenOf } from './unknownToken';
import { checkVocabulary } from './vocabulary';

/** Whole words only. */
export function wordLevel(fields: Fields): Model {
  const ids = new Map(Object.entries(checkVocabulary(fields)));
  const unknownToken = unknownTokenOf(ids, fields.string('unk_token', '<unk>'));
  const split = (word: string): Piece[] => {
    const id = ids.get(word);
    const entry = id === undefined ? unknownToken() : { id, token: word };
    return [{ ...entry, from: 0, to: word.length, unknown: id === undefined }];
  };
  return {
    kind: 'WordLevel',
    ids,
    split,
    trace: word => ({
      pieces: split(word),
      steps: { kind: 'WordLevel', known: ids.has(word) },
    }),
  };
}
