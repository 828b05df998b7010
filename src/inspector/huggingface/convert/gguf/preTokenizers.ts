import { BYTE_LEVEL, split } from '../../autoTokenizer/byteLevelSteps';
import type { Json } from '../../autoTokenizer/tokenizerFiles';

/** How a byte-level tokenizer cuts texts into words before it merges. */
export interface WordSteps {
  readonly normalizer: Json | null;
  readonly pre_tokenizer: Json;
  /** A word that is a token is not merged. */
  readonly ignoresMerges: boolean;
  /** Texts begin with the first token where the file says nothing. */
  readonly addsBos: boolean;
}

const CONTRACTIONS = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)`;
/** Marks and the line ends behind them, then white space, as GPT-4 and those after it have them. */
const MARKS_AND_SPACES = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const FIRST = String.raw`[^\r\n\p{L}\p{N}]?`;
const SLASHED = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/** Expressions that find words, by the model that had them first. */
const WORDS = {
  llama3: String.raw`${CONTRACTIONS}|${FIRST}\p{L}+|\p{N}{1,3}|${MARKS_AND_SPACES}`,
  qwen2: String.raw`${CONTRACTIONS}|${FIRST}\p{L}+|\p{N}|${MARKS_AND_SPACES}`,
  gpt4o: [
    `${FIRST}${UPPER}*${LOWER}+${CONTRACTIONS}?`,
    `${FIRST}${UPPER}+${LOWER}*${CONTRACTIONS}?`,
    String.raw`\p{N}{1,3}`,
    SLASHED,
  ].join('|'),
  tekken: [
    `${FIRST}${UPPER}*${LOWER}+`,
    `${FIRST}${UPPER}+${LOWER}*`,
    String.raw`\p{N}`,
    SLASHED,
  ].join('|'),
  bloom: String.raw` ?[^(\s|.,!?…。，、।۔،)]+`,
} as const;

const byteLevel = (usesWords: boolean): Json => ({
  ...BYTE_LEVEL,
  add_prefix_space: false,
  use_regex: usesWords,
});
const sequence = (...pretokenizers: readonly Json[]): Json => ({ type: 'Sequence', pretokenizers });

/** One expression finds the words. */
const byWords = (words: keyof typeof WORDS): Json =>
  sequence(split(WORDS[words], 'Isolated', false), byteLevel(false));
/** The words of GPT-2. */
const GPT2 = byteLevel(true);
/** Each digit is a word, the others are GPT-2's. */
const DIGITS = sequence({ type: 'Digits', individual_digits: true }, byteLevel(true));
const CODE = sequence(
  ...[
    String.raw`[\r\n]`,
    String.raw`\s?\p{L}+`,
    String.raw`\s?\p{P}+`,
    String.raw`[一-龥ࠀ-一가-퟿]+`,
  ].map(each => split(each, 'Isolated', false)),
  { type: 'Digits', individual_digits: true },
  byteLevel(false),
);

interface Rule {
  /** Values of `tokenizer.ggml.pre`. */
  readonly names: string;
  readonly steps: Json;
  /** Texts are composed first (Unicode's form C). */
  readonly composes?: boolean;
  readonly ignoresMerges?: boolean;
  readonly addsBos?: boolean;
}

const RULES: readonly Rule[] = [
  {
    names: 'gpt-2 phi-2 mpt jina-es jina-de jina-v2-es jina-v2-de a.x-4.0 mellum exaone4',
    steps: GPT2,
  },
  { names: 'olmo', steps: GPT2, composes: true },
  { names: 'starcoder refact smollm codeshell exaone minerva-7b', steps: DIGITS },
  { names: 'command-r', steps: DIGITS, composes: true },
  {
    names: 'llama-bpe llama3 llama-v3 falcon3 pixtral',
    steps: byWords('llama3'),
    ignoresMerges: true,
    addsBos: true,
  },
  { names: 'dbrx smaug-bpe chatglm-bpe glm4', steps: byWords('llama3') },
  { names: 'qwen2 stablelm2', steps: byWords('qwen2'), composes: true },
  { names: 'deepseek-r1-qwen megrez', steps: byWords('qwen2') },
  { names: 'gpt-4o llama4', steps: byWords('gpt4o') },
  { names: 'tekken', steps: byWords('tekken'), ignoresMerges: true, addsBos: true },
  { names: 'bloom', steps: byWords('bloom') },
  { names: 'deepseek-coder', steps: CODE },
];
const BY_NAME = new Map(
  RULES.flatMap(({ names, steps, composes, ignoresMerges = false, addsBos = false }) =>
    names.split(' ').map((name): [string, WordSteps] => [
      name,
      {
        normalizer: composes ? { type: 'NFC' } : null,
        pre_tokenizer: steps,
        ignoresMerges,
        addsBos,
      },
    ]),
  ),
);
/** What files that were made before there was `pre` have, where the architecture has only one. */
const BY_ARCHITECTURE: Readonly<Record<string, string>> = {
  gpt2: 'gpt-2',
  phi2: 'phi-2',
  mpt: 'mpt',
  gptneox: 'olmo',
  starcoder: 'starcoder',
  starcoder2: 'starcoder',
  qwen2: 'qwen2',
  qwen3: 'qwen2',
  bloom: 'bloom',
};

/**
 * How texts are cut into words by the rules that a file names (`tokenizer.ggml.pre`); undefined where
 * they are not known.
 */
export function wordSteps(pre: string | undefined, architecture: string): WordSteps | undefined {
  const isNamed = pre !== undefined && pre !== 'default';
  const implied = Object.hasOwn(BY_ARCHITECTURE, architecture)
    ? BY_ARCHITECTURE[architecture]
    : undefined;
  const name = isNamed ? pre : implied;
  return name === undefined ? undefined : BY_NAME.get(name);
}
