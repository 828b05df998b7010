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
  /** What changes the weights of a model that lies elsewhere. */
  adapter: 'adapter_config.json',
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

/** Whether a file's name, or its path, is that of a model with its tokenizer in one file. */
export const isGgufName = (name: string): boolean => /\.gguf$/i.test(name);

/** Whether a file's name, or its path, is that of a model. */
export const isModelName = (name: string): boolean =>
  isGraphName(name) || isWeightsName(name) || isGgufName(name);

/** Whether a folder with these files holds a model without a graph. */
export const hasWeights = (names: readonly string[]): boolean =>
  names.includes(ModelFile.configuration) &&
  (names.includes(ModelFile.weights) || names.includes(ModelFile.weightsIndex));
