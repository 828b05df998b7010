import type { Arguments } from '../autoTokenizer/specialTokens';
import { segmentedTemplate, templateOf } from '../autoTokenizer/template';
import type { Json } from '../autoTokenizer/tokenizerFiles';
import { BYTE_LEVEL, clipSteps, qwenSteps } from '../autoTokenizer/byteLevelSteps';
import type { Vocabulary } from '../autoTokenizer/vocabularyOf';
import type { Conversion, ConversionInput, Steps } from './conversion';
import { BYTE_LEVEL_FILES, readByteLevelFiles, type MergeLines } from './byteLevelFiles';

/** Byte-level pair encoding from `vocab.json` and `merges.txt` (`GPT2Converter` and its like). */
export async function byteLevel(input: ConversionInput): Promise<Conversion | undefined> {
  const { folder, kind, given } = input;
  const style = STYLES[kind.name] ?? STYLES[kind.family] ?? GPT2;
  const read = await readByteLevelFiles(folder, style.merges ?? 'between');
  if (!read) return undefined;
  return {
    name: BYTE_LEVEL_FILES,
    model: { type: 'BPE', ...read, ...style.flags?.(given) },
    addedTokens: [],
    steps: vocabulary => style.steps(given, vocabulary),
  };
}

interface Style {
  readonly merges?: MergeLines;
  /** Flags of the model. */
  readonly flags?: (given: Arguments) => Json;
  readonly steps: (given: Arguments, vocabulary: Vocabulary) => Steps;
}

const UNTRIMMED = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false };

const GPT2: Style = {
  steps(given, vocabulary) {
    const bos = given.values.add_bos_token === true ? given.named.bos_token : undefined;
    return {
      ...words(given),
      post_processor:
        bos === undefined ? UNTRIMMED : templateOf(vocabulary, [bos, '$A'], [bos, '$A', ['$B', 1]]),
    };
  },
};

/** By name of a class, or by family. */
const STYLES: Readonly<Record<string, Style>> = {
  roberta: {
    steps: (given, vocabulary) => ({
      ...words(given),
      post_processor: {
        ...boundaries(vocabulary, given.named.cls_token ?? '<s>', given.named.sep_token ?? '</s>'),
        add_prefix_space: hasPrefix(given),
        trim_offsets: true,
      },
    }),
  },
  Blenderbot: {
    steps: (given, vocabulary) => ({
      ...words(given),
      post_processor: templateOf(
        vocabulary,
        ['$A', given.named.eos_token ?? '</s>'],
        ['$A', ['$B', 1]],
      ),
    }),
  },
  deberta: {
    steps: (given, vocabulary) => ({
      ...words(given),
      post_processor: segmentedTemplate(vocabulary, '[CLS]', '[SEP]'),
    }),
  },
  qwen2: {
    merges: 'filled',
    steps: given => ({ ...qwenSteps(given.values), post_processor: UNTRIMMED }),
  },
  clip: {
    merges: 'clip',
    flags: ({ named }) => ({ end_of_word_suffix: '</w>', unk_token: named.unk_token ?? null }),
    steps: ({ named }, vocabulary) => ({
      ...clipSteps(4),
      post_processor: {
        ...boundaries(vocabulary, named.bos_token ?? '', named.eos_token ?? ''),
        add_prefix_space: false,
        trim_offsets: false,
      },
    }),
  },
};

function words(given: Arguments): Omit<Steps, 'post_processor'> {
  return {
    normalizer: null,
    pre_tokenizer: { ...BYTE_LEVEL, add_prefix_space: hasPrefix(given) },
  };
}

function hasPrefix({ values }: Arguments): boolean {
  return values.add_prefix_space === true;
}

function boundaries(vocabulary: Vocabulary, cls: string, sep: string): Json {
  const withId = (token: string) => [token, vocabulary.idOf(token) ?? 0];
  return { type: 'RobertaProcessing', sep: withId(sep), cls: withId(cls) };
}
