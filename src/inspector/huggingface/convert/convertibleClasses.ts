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
import { wordPiece } from './wordPiece';

/** A class of `transformers` whose older files can be converted. */
export interface Convertible {
  readonly kind: TokenizerClass;
  /** Settings that count where the folder does not say otherwise. */
  readonly defaults: Json;
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
  return OWN_CLASSES.get(name.replace(/(Tokenizer)?(Fast)?$/, '')) ?? ofFamily(classByName(name));
}

/** The class that reads the tokenizer of a kind of model, where it is known to convert. */
export function convertibleByModelType(type: unknown): Convertible | undefined {
  const own = typeof type === 'string' ? BY_TYPE.get(type) : undefined;
  return own ?? ofFamily(classByModelType(type));
}

function ofFamily(kind: TokenizerClass | undefined): Convertible | undefined {
  const convert = kind && BY_FAMILY[kind.family];
  return convert && { kind, defaults: {}, convert };
}
