import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InspectorError } from '../../../protocol/errors';
import { ModelFile, VOCABULARY_FILES } from '../../../protocol/modelFiles';
import { shortened } from '../../files/shortened';
import { argumentsOf } from '../autoTokenizer/specialTokens';
import {
  readBeside,
  type FilesBeside,
  type Json,
  type TokenizerFiles,
} from '../autoTokenizer/tokenizerFiles';
import { baseVocabulary, loadedVocabulary } from '../autoTokenizer/vocabularyOf';
import { convertibleByModelType, convertibleByName, type Convertible } from './convertibleClasses';

/**
 * What a folder without a tokenizer.json holds, as if there were one: the vocabulary in older files,
 * converted as transformers 4.57 makes its fast tokenizers of them. Undefined where it has no such file.
 * @throws InspectorError `tokenizer-missing` where it has, but of no class that is known to convert;
 * `tokenizer-broken` where a file cannot be used
 */
export async function convertedFiles(folder: string): Promise<TokenizerFiles | undefined> {
  const file = VOCABULARY_FILES.find(name => existsSync(join(folder, name)));
  if (file === undefined) return undefined;
  const beside = await readBeside(folder);
  const convertible = convertibleOf(beside, folder, file);
  const { kind, convert } = convertible;
  const files = { ...beside, settings: settingsOf(convertible, beside) };
  const given = argumentsOf({ ...files, tokenizer: undefined, name: file }, kind, 4);
  const conversion = await convert({ folder, kind, given });
  if (!conversion) {
    throw new InspectorError(
      'tokenizer-missing',
      `There is no tokenizer.json in ${folder}, and ${kind.name.replace(/(Tokenizer)?$/, 'Tokenizer')} does not read its ${file}; save the model’s fast tokenizer there with save_pretrained.`,
    );
  }
  const { model, addedTokens, name } = conversion;
  const vocabulary = loadedVocabulary(baseVocabulary(model), addedTokens, given);
  return {
    ...files,
    tokenizer: { ...conversion.steps(vocabulary), model, added_tokens: addedTokens },
    name,
    convertedFor: kind,
  };
}

/** The folder's settings on top of those of the class. */
function settingsOf({ kind, defaults, normalizesUnknown }: Convertible, beside: FilesBeside): Json {
  const settings: Json = { ...defaults, ...beside.settings };
  const { unk_token: unknown = kind.specialTokens.unk_token } = settings;
  if (!normalizesUnknown || typeof unknown !== 'string') return settings;
  return { ...settings, unk_token: { content: unknown, special: true, normalized: true } };
}

function convertibleOf(
  { settings, config }: FilesBeside,
  folder: string,
  file: string,
): Convertible {
  const named = settings?.tokenizer_class ?? config.tokenizer_class;
  const type = config.model_type;
  const found = typeof named === 'string' ? convertibleByName(named) : convertibleByModelType(type);
  if (found) return found;
  const belongs =
    typeof named === 'string'
      ? `it belongs to ${shortened(named)}, which is not known to Attention Debugger without one`
      : typeof type === 'string'
        ? `${ModelFile.configuration} names “${shortened(type)}”, whose tokenizer is not known to Attention Debugger without one`
        : `neither ${ModelFile.tokenizerSettings} nor ${ModelFile.configuration} says which class reads it`;
  throw new InspectorError(
    'tokenizer-missing',
    `There is no tokenizer.json in ${folder}, only ${file}: ${belongs}; save the model’s fast tokenizer there with save_pretrained.`,
  );
}
