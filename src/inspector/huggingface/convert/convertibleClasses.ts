import { ModelFile } from '../../../protocol/modelFiles';
import {
  classByModelType,
  classByName,
  specialTokensIn,
  type Family,
  type TokenizerClass,
} from '../autoTokenizer/tokenizerClasses';
import type { Json } from '../autoTokenizer/tokenizerFiles';
import { byteLevel } from './byteLevel';
import type { Converter } from './conversion';
import { sentencePiece } from './sentencePiece';
import { tiktoken } from './tiktoken';
import { wordPiece } from './wordPiece';

/** A class of `transformers` whose older files can be converted. */
export interface Convertible {
  readonly kind: TokenizerClass;
  /** Settings that count where the folder does not say otherwise. */
  readonly defaults: Json;
  /** The class looks for its unknown token in the normalised text. */
  readonly normalizesUnknown: boolean;
  readonly convert: Converter;
}

/** Those that also load a tokenizer.json in a way of their own. */
const BY_FAMILY: { readonly [F in Family]?: Converter } = {
  bert: wordPiece,
  gpt2: byteLevel,
  roberta: byteLevel,
  deberta: byteLevel,
  qwen2: byteLevel,
  clip: byteLevel,
  t5: sentencePiece('spiece.model'),
  xlmRoberta: sentencePiece('sentencepiece.bpe.model'),
  debertaV2: sentencePiece('spm.model'),
  llama: sentencePiece(ModelFile.sentencePiece),
  gemma: sentencePiece(ModelFile.sentencePiece),
};

/** Those that take a tokenizer.json as it is. */
interface OwnClass {
  readonly convert: Converter;
  readonly specialTokens: string;
  /** `model_type` of config.json. */
  readonly types: string;
  /** False where the class takes no spaces left of its mask token. */
  readonly maskStripsLeft?: boolean;
  readonly defaults?: Json;
  readonly normalizesUnknown?: boolean;
}

const OWN: Readonly<Record<string, OwnClass>> = {
  MPNet: {
    convert: wordPiece,
    specialTokens: 'bos=<s> eos=</s> unk=[UNK] sep=</s> pad=<pad> cls=<s> mask=<mask>',
    types: 'mpnet',
  },
  Blenderbot: {
    convert: byteLevel,
    specialTokens: 'bos=<s> eos=</s> sep=</s> cls=<s> unk=<unk> pad=<pad> mask=<mask>',
    types: 'blenderbot',
  },
  Albert: {
    convert: sentencePiece('spiece.model'),
    specialTokens: 'bos=[CLS] eos=[SEP] unk=<unk> sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]',
    types: 'albert',
    defaults: { do_lower_case: true },
  },
  BigBird: {
    convert: sentencePiece('spiece.model'),
    specialTokens: 'bos=<s> eos=</s> unk=<unk> sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]',
    types: 'big_bird',
    normalizesUnknown: true,
  },
  FNet: {
    convert: sentencePiece('spiece.model'),
    specialTokens: 'unk=<unk> sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]',
    types: 'fnet',
    defaults: { keep_accents: true },
  },
  RemBert: {
    convert: sentencePiece('sentencepiece.model'),
    specialTokens: 'bos=[CLS] eos=[SEP] unk=[UNK] sep=[SEP] pad=<pad> cls=[CLS] mask=[MASK]',
    types: 'rembert',
    defaults: { keep_accents: true },
  },
  XLNet: {
    convert: sentencePiece('spiece.model'),
    specialTokens: 'bos=<s> eos=</s> unk=<unk> sep=<sep> pad=<pad> cls=<cls> mask=<mask>',
    types: 'xlnet',
    defaults: { additional_special_tokens: ['<eop>', '<eod>'] },
  },
  Camembert: {
    convert: sentencePiece('sentencepiece.bpe.model'),
    specialTokens: 'bos=<s> eos=</s> unk=<unk> sep=</s> pad=<pad> cls=<s> mask=<mask>',
    types: 'camembert',
    defaults: { additional_special_tokens: ['<s>NOTUSED', '</s>NOTUSED', '<unk>NOTUSED'] },
  },
  XGLM: {
    convert: sentencePiece('sentencepiece.bpe.model'),
    specialTokens: 'bos=<s> eos=</s> unk=<unk> sep=</s> pad=<pad> cls=<s>',
    types: 'xglm',
  },
  Funnel: {
    convert: wordPiece,
    specialTokens: 'bos=<s> eos=</s> unk=<unk> sep=<sep> pad=<pad> cls=<cls> mask=<mask>',
    types: 'funnel',
    maskStripsLeft: false,
  },
};

const OWN_CLASSES = new Map<string, Convertible>(
  Object.entries(OWN).map(([name, own]) => [
    name,
    {
      kind: {
        name,
        family: 'plain',
        specialTokens: specialTokensIn(own.specialTokens),
        maskStripsLeft: own.maskStripsLeft ?? true,
      },
      defaults: own.defaults ?? {},
      normalizesUnknown: own.normalizesUnknown ?? false,
      convert: own.convert,
    },
  ]),
);
const BY_TYPE = new Map(
  Object.entries(OWN).flatMap(([name, { types }]) =>
    types.split(' ').map(type => [type, OWN_CLASSES.get(name)] as const),
  ),
);

/** The class of that name, with or without `Tokenizer` and `Fast`, where it is known to convert. */
export function convertibleByName(name: string): Convertible | undefined {
  if (name === 'PreTrainedTokenizerFast') return convertible(classByName(name), tiktoken);
  return OWN_CLASSES.get(name.replace(/(Tokenizer)?(Fast)?$/, '')) ?? ofFamily(classByName(name));
}

/** The class that reads the tokenizer of a kind of model, where it is known to convert. */
export function convertibleByModelType(type: unknown): Convertible | undefined {
  const own = typeof type === 'string' ? BY_TYPE.get(type) : undefined;
  return own ?? ofFamily(classByModelType(type));
}

function ofFamily(kind: TokenizerClass | undefined): Convertible | undefined {
  return convertible(kind, kind && BY_FAMILY[kind.family]);
}

function convertible(
  kind: TokenizerClass | undefined,
  convert: Converter | undefined,
): Convertible | undefined {
  if (!kind || !convert) return undefined;
  return { kind, defaults: {}, normalizesUnknown: kind.family === 'debertaV2', convert };
}
