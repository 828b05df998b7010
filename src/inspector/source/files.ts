import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BESIDE_TOKENIZER, ModelFile, VOCABULARY_FILES } from '../../protocol/modelFiles';
import { stampsOf, type FileStamps } from '../files/fileStamps';
import { readModel } from '../onnx/file/readModel';
import { isGguf, openGguf } from '../weights/gguf/openGguf';
import { possibleHomes, tokenizerFile } from './home';
import { graphFiles, type ModelSource } from './source';

/** Stamps of a tokenizer's file and of those beside it that decide how it splits. */
export function stampsOfTokenizer(file: string): Promise<FileStamps> {
  return stampsOf([file, ...BESIDE_TOKENIZER.map(name => join(dirname(file), name))]);
}

/** Stamps of the tokenizer in a model's home: a folder, or a GGUF file. */
export function stampsOfHomeTokenizer(home: string): Promise<FileStamps> {
  return isGguf(home) ? stampsOf([home]) : stampsOfTokenizer(tokenizerFile(home));
}

/**
 * Stamps of the configuration and the tokenizer of a model, wherever its home may be. What else lies
 * in the folder does not count.
 * @param path model folder or `.onnx` file
 */
export function stampsBesideModel(path: string): Promise<FileStamps> {
  const names = [...BESIDE_TOKENIZER, ModelFile.generation, ModelFile.tokenizer];
  return stampsOf(possibleHomes(path).flatMap(home => names.map(name => join(home, name))));
}

/**
 * Files that a model's states come from, in an order that does not change: its graphs, each before its
 * external weights, or the configuration and weights that it is built from, and what decides which numbers a text becomes.
 * @throws InspectorError `model-missing`, `model-broken` where a graph cannot be read
 */
export function decidingFiles({ graphs, home }: ModelSource): readonly string[] {
  if (graphs.kind === 'gguf') return openGguf(graphs.file).files.map(({ path }) => path);
  const isConverted = !existsSync(join(home, ModelFile.tokenizer));
  const vocabulary = isConverted ? [...VOCABULARY_FILES, ModelFile.merges] : [ModelFile.tokenizer];
  const tokenizer = [...vocabulary, ModelFile.tokenizerSettings]
    .map(name => join(home, name))
    .filter(existsSync);
  const files = graphFiles(graphs);
  const states = graphs.kind === 'weights' ? files : files.flatMap(withExternal);
  return [...states, ...tokenizer];
}

/** A graph, and the files that hold its weights in the order of their names. */
function withExternal(file: string): readonly string[] {
  const files = new Set<string>();
  for (const { data } of readModel(file).graph.initializers.values()) {
    if (data.kind === 'file') files.add(data.path);
  }
  files.delete(realpathSync(file));
  return [file, ...[...files].sort()];
}
