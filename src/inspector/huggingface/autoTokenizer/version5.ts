import { BYTE_LEVEL, clipSteps, qwenSteps } from './byteLevelSteps';
import { bpeOf, modelOf } from './pipelineParts';
import type { Changes, Loading, Rebuilding } from './reading';
import { SENTENCE_PIECE_5 } from './sentencePiece5';
import { boundaryTemplate, doubledTemplate, segmentedTemplate } from './template';
import type { Json } from './tokenizerFiles';

/**
 * What transformers 5 (5.24) changes in the tokenizer.json that it loads: its classes build their
 * pipeline anew and take from the file the vocabulary, the merges and, where they make none of their
 * own, the post-processor.
 */
export function changesOf5(loading: Loading): Changes {
  return REBUILT[loading.kind.family]?.(loading) ?? { settings: [] };
}

const REBUILT: Rebuilding = {
  ...SENTENCE_PIECE_5,
  bert({ json, given: { values, named }, vocabulary }) {
    const [cls = '[CLS]', sep = '[SEP]'] = [named.cls_token, named.sep_token];
    return {
      model: {
        type: 'WordPiece',
        vocab: modelOf(json).vocab,
        unk_token: named.unk_token ?? '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
      },
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: values.tokenize_chinese_chars ?? true,
        strip_accents: values.strip_accents ?? null,
        lowercase: values.do_lower_case ?? true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: segmentedTemplate(vocabulary, cls, sep),
      settings: ['do_lower_case', 'strip_accents', 'tokenize_chinese_chars'],
    };
  },
  gpt2(loading) {
    const { values, named } = loading.given;
    const isFirstAdded = loading.files.convertedFor !== undefined && values.add_bos_token === true;
    return {
      ...byteLevel(loading, null),
      ...(isFirstAdded
        ? { post_processor: boundaryTemplate(loading.vocabulary, named.bos_token, undefined) }
        : {}),
    };
  },
  neox: loading => ({
    ...byteLevel(loading, { type: 'NFC' }),
    post_processor: boundaryTemplate(loading.vocabulary, undefined, undefined),
  }),
  cohere: ({ json, given: { values } }) => ({
    model: bpeOf(json, {}),
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { ...BYTE_LEVEL, add_prefix_space: values.add_prefix_space ?? false },
      ],
    },
    settings: ['add_prefix_space'],
  }),
  roberta(loading) {
    const { named, values } = loading.given;
    const [cls = '<s>', sep = '</s>'] = [named.cls_token, named.sep_token];
    const idOf = (token: string) => loading.vocabulary.idOf(token) ?? 0;
    return {
      ...byteLevel(loading, null),
      post_processor: {
        type: 'RobertaProcessing',
        sep: [sep, idOf(sep)],
        cls: [cls, idOf(cls)],
        trim_offsets: values.trim_offsets ?? true,
        add_prefix_space: values.add_prefix_space ?? false,
      },
      settings: ['add_prefix_space', 'trim_offsets'],
    };
  },
  deberta(loading) {
    const { cls_token: cls = '[CLS]', sep_token: sep = '[SEP]' } = loading.given.named;
    return {
      ...byteLevel(loading, null),
      post_processor: doubledTemplate(loading.vocabulary, cls, sep),
    };
  },
  qwen2: ({ json, given: { values } }) => ({
    model: bpeOf(json, {}),
    ...qwenSteps(values),
    settings: ['add_prefix_space'],
  }),
  clip({ json, given: { named }, vocabulary }) {
    const [bos = '', eos = ''] = [named.bos_token, named.eos_token];
    return {
      model: bpeOf(json, { end_of_word_suffix: '</w>', unk_token: named.unk_token ?? eos }),
      ...clipSteps(5),
      post_processor: {
        type: 'RobertaProcessing',
        sep: [eos, vocabulary.idOf(eos) ?? 0],
        cls: [bos, vocabulary.idOf(bos) ?? 0],
        trim_offsets: false,
        add_prefix_space: false,
      },
      settings: [],
    };
  },
};

function byteLevel({ json, given: { values } }: Loading, normalizer: Json | null): Changes {
  return {
    model: bpeOf(json, {}),
    normalizer,
    pre_tokenizer: { ...BYTE_LEVEL, add_prefix_space: values.add_prefix_space ?? false },
    settings: ['add_prefix_space'],
  };
}
