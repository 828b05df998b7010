import { basename, dirname } from 'node:path';
import { InspectorError } from '../../protocol/errors';
import { ModelFile, VOCABULARY_FILES } from '../../protocol/modelFiles';
import { tokenizerFile } from '../source/home';
import { GgufMetadata } from '../weights/gguf/ggufMetadata';
import { ggufTokenizerSettings } from '../weights/gguf/ggufSettings';
import { isGguf, openGguf } from '../weights/gguf/openGguf';
import { createTokenizer } from '../tokenizer/createTokenizer';
import type { AlignedTokenizer } from '../tokenizer/types';
import { loadAsTransformers } from './autoTokenizer/autoTokenizer';
import { readTokenizerFiles, type TokenizerFiles } from './autoTokenizer/tokenizerFiles';
import { chatTemplates, templatesIn } from './chatTemplates';
import { convertedFiles } from './convert/convertedFiles';
import { ggufTokenizer } from './convert/gguf/ggufTokenizer';

/**
 * Opens the tokenizer of a model's home: the one inside a GGUF file, or that of a folder as
 * `AutoTokenizer.from_pretrained` does: its `tokenizer.json` with what the files beside it change, or
 * older files, converted.
 * @throws InspectorError `tokenizer-missing` or `tokenizer-broken` with the reason.
 */
export async function openTokenizer(folder: string): Promise<AlignedTokenizer> {
  if (isGguf(folder)) return openedGguf(folder);
  return opened((await filesOf(folder)) ?? missingIn(folder), folder);
}

/**
 * Opens one tokenizer file, with the settings beside it where there are any.
 * @throws InspectorError `tokenizer-missing` or `tokenizer-broken` with the reason.
 */
export async function openTokenizerFile(file: string): Promise<AlignedTokenizer> {
  const files = await readTokenizerFiles(file);
  if (files) return opened(files, dirname(file));
  throw new InspectorError(
    'tokenizer-missing',
    `The tokenizer ${file} that was chosen for this model is no longer there. Choose another file.`,
  );
}

/** The parsed `tokenizer.json` of a model folder, or what older files make. @throws InspectorError */
export async function readTokenizerJson(folder: string): Promise<unknown> {
  if (isGguf(folder)) return ggufTokenizer(new GgufMetadata(openGguf(folder).metadata, folder));
  return loadAsTransformers((await filesOf(folder)) ?? missingIn(folder)).json;
}

async function filesOf(folder: string): Promise<TokenizerFiles | undefined> {
  return (await readTokenizerFiles(tokenizerFile(folder))) ?? (await convertedFiles(folder));
}

function openedGguf(path: string): AlignedTokenizer {
  const metadata = new GgufMetadata(openGguf(path).metadata, path);
  const source = basename(path);
  try {
    const settings = ggufTokenizerSettings(metadata);
    const chat = templatesIn(settings);
    return createTokenizer(ggufTokenizer(metadata), settings, { source, chat });
  } catch (error) {
    throw namedAfter(source, error);
  }
}

async function opened(files: TokenizerFiles, folder: string): Promise<AlignedTokenizer> {
  const { json, source, named } = loadAsTransformers(files);
  const chat = await chatTemplates(folder, files.settings ?? {}, named);
  try {
    return createTokenizer(json, files.settings ?? {}, { source, chat });
  } catch (error) {
    throw files.convertedFor ? namedAfter(files.name, error) : error;
  }
}

/** What is wrong with a converted tokenizer is wrong with the files that it was made of. */
function namedAfter(name: string, error: unknown): unknown {
  if (!(error instanceof InspectorError)) return error;
  const message = error.message.replace(
    `This model’s ${ModelFile.tokenizer}`,
    `This model’s ${name}`,
  );
  return new InspectorError(error.code, message, { cause: error });
}

function missingIn(folder: string): never {
  throw new InspectorError(
    'tokenizer-missing',
    `There is no tokenizer.json in ${folder}, and none of the older files that one can be made of (${VOCABULARY_FILES.join(', ')}); save the model’s fast tokenizer there with save_pretrained.`,
  );
}
