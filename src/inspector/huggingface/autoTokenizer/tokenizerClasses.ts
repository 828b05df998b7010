/** What a class of `transformers` does to the tokenizer.json that it loads. */
export interface TokenizerClass {
  /** Without `Fast`. */
  readonly name: string;
  /** Classes of a family handle their settings alike. */
  readonly family: Family;
  /** Special tokens that count where no file names others. */
  readonly specialTokens: Readonly<Record<string, string>>;
  /** The class takes the spaces left of its mask token. */
  readonly maskStripsLeft: boolean;
}

export type Family =
  /** No handling of its own. */
  | 'plain'
  /** do_lower_case, strip_accents, tokenize_chinese_chars. */
  | 'bert'
  /** add_prefix_space, which is false unless it is set. */
  | 'gpt2'
  | 'roberta'
  | 'deberta'
  | 'neox'
  /** add_bos_token (true unless it is set) and add_eos_token make the template. */
  | 'llama'
  | 'gemma'
  | 'cohere'
  | 'qwen2'
  | 'clip'
  | 't5'
  | 'xlmRoberta'
  | 'debertaV2';

const END = '<|endoftext|>';
const SPECIAL: Readonly<Record<Family, string>> = {
  plain: '',
  bert: 'unk=[UNK] sep=[SEP] pad=[PAD] cls=[CLS] mask=[MASK]',
  gpt2: `unk=${END} bos=${END} eos=${END}`,
  roberta: 'bos=<s> eos=</s> sep=</s> cls=<s> unk=<unk> pad=<pad> mask=<mask>',
  deberta: 'bos=[CLS] eos=[SEP] sep=[SEP] cls=[CLS] unk=[UNK] pad=[PAD] mask=[MASK]',
  neox: `unk=${END} bos=${END} eos=${END}`,
  llama: 'unk=<unk> bos=<s> eos=</s>',
  gemma: 'unk=<unk> bos=<bos> eos=<eos> pad=<pad>',
  cohere: 'unk=<UNK> bos=<BOS_TOKEN> eos=<|END_OF_TURN_TOKEN|>',
  qwen2: `unk=${END} eos=${END} pad=${END}`,
  clip: `unk=${END} bos=<|startoftext|> eos=${END} pad=${END}`,
  t5: 'eos=</s> unk=<unk> pad=<pad>',
  xlmRoberta: 'bos=<s> eos=</s> sep=</s> cls=<s> unk=<unk> pad=<pad> mask=<mask>',
  debertaV2: 'bos=[CLS] eos=[SEP] unk=[UNK] sep=[SEP] pad=[PAD] cls=[CLS] mask=[MASK]',
};

/** Those that the classes of transformers 5 have besides. */
const SPECIAL_IN_5: { readonly [F in Family]?: string } = {
  neox: 'pad=<|padding|>',
  gemma: 'mask=<mask>',
  cohere: 'pad=<PAD> cls=<CLS> sep=<SEP> mask=<MASK_TOKEN>',
};

/** Classes by family; the first of each is the one that transformers 5 has for the whole family. */
const NAMES: Readonly<Record<Family, string>> = {
  plain: 'PreTrainedTokenizer Tokenizers TokenizersBackend PythonBackend Bloom GPTBigCode',
  bert: 'Bert DistilBert Electra MobileBert LayoutLM ConvBert SqueezeBert Retribert Lxmert',
  gpt2: 'GPT2 CodeGen',
  roberta: 'Roberta Bart Longformer LED Mvp Blenderbot',
  deberta: 'Deberta',
  neox: 'GPTNeoX',
  llama: 'Llama',
  gemma: 'Gemma',
  cohere: 'Cohere',
  qwen2: 'Qwen2',
  clip: 'CLIP',
  t5: 'T5',
  xlmRoberta: 'XLMRoberta',
  debertaV2: 'DebertaV2',
};

/** The kind of model that a family's classes are made for. */
export const MODEL_KINDS: { readonly [F in Family]?: string } = {
  bert: 'WordPiece',
  gpt2: 'BPE',
  roberta: 'BPE',
  deberta: 'BPE',
  neox: 'BPE',
  llama: 'BPE',
  gemma: 'BPE',
  cohere: 'BPE',
  qwen2: 'BPE',
  clip: 'BPE',
  t5: 'Unigram',
  xlmRoberta: 'Unigram',
  debertaV2: 'Unigram',
};
const MASK_STRIPS_LEFT = new Set<Family>(['roberta', 'deberta', 'xlmRoberta']);

/** `model_type` of config.json by the class that reads its tokenizer. */
const MODEL_TYPES: Readonly<Record<string, string>> = {
  Bert: 'bert nezha vilt visual_bert align blip bros chinese_clip git grounding-dino',
  DistilBert: 'distilbert',
  Electra: 'electra',
  MobileBert: 'mobilebert',
  LayoutLM: 'layoutlm',
  ConvBert: 'convbert',
  SqueezeBert: 'squeezebert',
  GPT2: 'gpt2 gpt_neo gptj opt gpt_bigcode starcoder2 dbrx',
  CodeGen: 'codegen phi',
  Roberta: 'roberta ibert data2vec-text roberta-prelayernorm',
  Bart: 'bart',
  Longformer: 'longformer',
  Deberta: 'deberta',
  GPTNeoX: 'gpt_neox mamba mamba2 rwkv olmo olmoe mpt falcon_mamba xlstm stablelm',
  Llama: 'llama idefics idefics2 mistral mixtral phi3',
  Gemma: 'gemma gemma2 gemma3 gemma3_text recurrent_gemma t5gemma',
  Cohere: 'cohere cohere2',
  Qwen2: 'qwen2 qwen2_moe qwen3 qwen3_moe qwen2_vl qwen2_5_vl qwen3_next',
  CLIP: 'clip clipseg groupvit owlvit owlv2',
  T5: 't5 switch_transformers musicgen',
  XLMRoberta: 'xlm-roberta xmod',
  DebertaV2: 'deberta-v2',
  PreTrainedTokenizer: 'bloom falcon modernbert',
};

const CLASSES = new Map<string, TokenizerClass>(
  (Object.entries(NAMES) as [Family, string][]).flatMap(([family, names]) =>
    names.split(' ').map(name => [name, tokenizerClassOf(name, family)] as const),
  ),
);
const BY_MODEL_TYPE = new Map(
  Object.entries(MODEL_TYPES).flatMap(([name, types]) =>
    types.split(' ').map(type => [type, CLASSES.get(name)] as const),
  ),
);

/** The class of that name, with or without `Tokenizer` and `Fast`; undefined for one not known here. */
export function classByName(name: string): TokenizerClass | undefined {
  const plain = name.replace(/Fast$/, '');
  return CLASSES.get(plain) ?? CLASSES.get(plain.replace(/Tokenizer$/, ''));
}

/** The class that reads the tokenizer of a kind of model. */
export function classByModelType(type: unknown): TokenizerClass | undefined {
  return typeof type === 'string' ? BY_MODEL_TYPE.get(type) : undefined;
}

/** The class that transformers 5 has in the place of `found`. */
export function firstOfFamily(found: TokenizerClass): TokenizerClass {
  const [name = ''] = NAMES[found.family].split(' ');
  const more = specialTokensIn(SPECIAL_IN_5[found.family] ?? '');
  return { ...found, name, specialTokens: { ...found.specialTokens, ...more } };
}

function tokenizerClassOf(name: string, family: Family): TokenizerClass {
  const specialTokens = specialTokensIn(SPECIAL[family]);
  return { name, family, specialTokens, maskStripsLeft: MASK_STRIPS_LEFT.has(family) };
}

/** Spellings by attribute, from `unk=[UNK] sep=[SEP]` and the like. */
export function specialTokensIn(entries: string): Record<string, string> {
  return Object.fromEntries(
    entries
      .split(' ')
      .filter(Boolean)
      .map(entry => {
        const at = entry.indexOf('=');
        return [`${entry.slice(0, at)}_token`, entry.slice(at + 1)];
      }),
  );
}
