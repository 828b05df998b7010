/** The files of a model on disk, by what they hold; graphs may have any name that ends as they do. */
export const ModelFile = {
  configuration: 'config.json',
  generation: 'generation_config.json',
  tokenizer: 'tokenizer.json',
  tokenizerSettings: 'tokenizer_config.json',
  specialTokens: 'special_tokens_map.json',
  addedTokens: 'added_tokens.json',
  chatTemplate: 'chat_template.jinja',
  /** What processors of transformers 4 wrote. */
  olderChatTemplate: 'chat_template.json',
  sentencePiece: 'tokenizer.model',
  /** Beside vocab.json. */
  merges: 'merges.txt',
  /** Weights without a graph. */
  weights: 'model.safetensors',
  /** Which of several files holds which tensor. */
  weightsIndex: 'model.safetensors.index.json',
  /** As PyTorch saved them before safetensors. */
  torchWeights: 'pytorch_model.bin',
  torchIndex: 'pytorch_model.bin.index.json',
  /** What changes the weights of a model that lies elsewhere. */
  adapter: 'adapter_config.json',
  adapterWeights: 'adapter_model.safetensors',
} as const;

/** Files that hold a vocabulary where there is no tokenizer.json. */
export const VOCABULARY_FILES: readonly string[] = [
  'vocab.txt',
  'vocab.json',
  ModelFile.sentencePiece,
  'spiece.model',
  'sentencepiece.bpe.model',
  'sentencepiece.model',
  'spm.model',
];

/** The folder of named chat templates beside the default one. */
export const TEMPLATE_FOLDER = 'additional_chat_templates';

/** Files beside a tokenizer's own that decide how it splits, or what it splits. */
export const BESIDE_TOKENIZER: readonly string[] = [
  ModelFile.configuration,
  ModelFile.tokenizerSettings,
  ModelFile.specialTokens,
  ModelFile.addedTokens,
  ModelFile.chatTemplate,
  ModelFile.olderChatTemplate,
  ...VOCABULARY_FILES,
  ModelFile.merges,
];

/** Files in a model's home that decide how texts are split. */
export const TOKENIZER_FILES: readonly string[] = [ModelFile.tokenizer, ...BESIDE_TOKENIZER];

/** Files by which a model's home is known, the surest sign first. */
export const HOME_SIGNS: readonly string[] = [ModelFile.tokenizer, ModelFile.configuration];

/** The folder below a model's home into which exports put their graphs. */
export const GRAPH_FOLDER = 'onnx';

/** Whether a file's name, or its path, is that of a graph. */
export const isGraphName = (name: string): boolean => name.endsWith('.onnx');

/** Whether a file's name, or its path, is that of weights without a graph. */
export const isWeightsName = (name: string): boolean => name.endsWith('.safetensors');

/** The file of all weights, or the list of those that hold them; the one to take first. */
const WEIGHT_LISTS: readonly string[] = [
  ModelFile.weights,
  ModelFile.weightsIndex,
  ModelFile.torchWeights,
  ModelFile.torchIndex,
];

/** Whether a file's name, or its path, is that of a model with its tokenizer in one file. */
export const isGgufName = (name: string): boolean => /\.gguf$/i.test(name);

/** Whether a file's name, or its path, is that of a model. */
export const isModelName = (name: string): boolean =>
  isGraphName(name) || isWeightsName(name) || isGgufName(name);

/** Whether a folder with these files holds a model without a graph. */
export const hasWeights = (names: readonly string[]): boolean =>
  names.includes(ModelFile.configuration) && WEIGHT_LISTS.some(name => names.includes(name));

/** Whether a folder with these files holds what changes the weights of a model elsewhere. */
export const hasAdapter = (names: readonly string[]): boolean =>
  names.includes(ModelFile.adapter) && !hasWeights(names);

/** A model's weights in safetensors, whole or one of several parts, as Transformers names them. */
export const SAFETENSORS_NAME = /^model(-\d+-of-\d+)?\.safetensors$/;

/** The same as PyTorch saved them before. */
export const TORCH_NAME = /^pytorch_model(-\d+-of-\d+)?\.bin$/;

/** What projects pictures into a language model is no model itself. */
const PROJECTOR = /^mmproj|[-_.]mmproj/i;
/** Which of several files of a model one is. */
const GGUF_PART = /-(\d{5})-of-(\d{5})\.gguf$/i;

/** Whether a model is opened by this file: a GGUF file, and of several parts the first. */
export function isGgufModelName(name: string): boolean {
  if (!isGgufName(name) || PROJECTOR.test(name)) return false;
  const part = GGUF_PART.exec(name);
  return !part || Number(part[1]) === 1;
}

/** Whether a file, by its name, is a graph or tells that a folder holds the weights of a model. */
export function isModelFileName(name: string): boolean {
  return (
    isGraphName(name) ||
    isGgufName(name) ||
    SAFETENSORS_NAME.test(name) ||
    TORCH_NAME.test(name) ||
    name === ModelFile.adapter
  );
}

/**
 * What the cache of Hugging Face calls a model, by the path of its folder `models--org--name` or of
 * anything below it: `org/name`, with the first digits of the revision where the path names one.
 */
export function nameInCache(path: string): string | undefined {
  const found = /(?:^|[\\/])models--([^\\/]+)(?:[\\/]snapshots[\\/]([^\\/]+))?/.exec(path);
  if (!found) return undefined;
  const [, folder = '', revision] = found;
  const name = folder.replaceAll('--', '/');
  return revision === undefined ? name : `${name}@${revision.slice(0, REVISION_DIGITS)}`;
}

/** Hexadecimal digits of a revision that people tell it by, as on the site and in Git. */
const REVISION_DIGITS = 7;

/** A snapshot that a folder of the cache holds. */
export interface CacheSnapshot {
  readonly name: string;
  /** When it was last written to. */
  readonly modified: number;
}

/**
 * The snapshot that a folder of the cache stands for: the one that `refs/main` names, else the latest.
 * @param main content of `refs/main`, if there is one
 */
export function chosenSnapshot(
  main: string | undefined,
  snapshots: readonly CacheSnapshot[],
): string | undefined {
  const named = snapshots.find(({ name }) => name === main?.trim());
  const [latest] = snapshots.toSorted((a, b) => b.modified - a.modified);
  return (named ?? latest)?.name;
}
