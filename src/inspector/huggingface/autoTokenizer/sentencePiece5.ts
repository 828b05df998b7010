import { bpeOf, metaspace, modelOf } from './pipelineParts';
import type { Rebuilding } from './reading';
import { boundaryTemplate, doubledTemplate, segmentedTemplate } from './template';
import { isObject, type Json } from './tokenizerFiles';

/** The pipelines that transformers 5 builds for vocabularies of SentencePiece. */
export const SENTENCE_PIECE_5: Rebuilding = {
  llama({ json, given: { values } }) {
    const prefix = values.add_prefix_space ?? true;
    const scheme = values.legacy === true ? 'always' : 'first';
    return {
      model: bpeOf(json, { fuse_unk: true, byte_fallback: true }),
      normalizer: null,
      pre_tokenizer: metaspace(prefix === true ? scheme : 'never', false),
      settings: ['add_prefix_space', 'legacy'],
    };
  },
  gemma: ({ json, given: { named } }) => ({
    model: bpeOf(json, {
      fuse_unk: true,
      byte_fallback: true,
      unk_token: named.unk_token ?? '<unk>',
    }),
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: {
      type: 'Split',
      pattern: { String: ' ' },
      behavior: 'MergedWithPrevious',
      invert: false,
    },
    settings: [],
  }),
  t5: ({ json, given: { named }, vocabulary }) => ({
    model: { type: 'Unigram', vocab: modelOf(json).vocab, unk_id: 2, byte_fallback: false },
    normalizer: charsmapOf(json),
    pre_tokenizer: spacedWords('always'),
    post_processor: boundaryTemplate(vocabulary, undefined, named.eos_token ?? '</s>'),
    settings: [],
  }),
  xlmRoberta({ json, given: { values, named }, vocabulary }) {
    const [bos = '<s>', eos = '</s>'] = [named.bos_token, named.eos_token];
    return {
      model: { type: 'Unigram', vocab: modelOf(json).vocab, unk_id: 3, byte_fallback: false },
      normalizer: charsmapOf(json),
      pre_tokenizer: spacedWords((values.add_prefix_space ?? true) === true ? 'always' : 'never'),
      post_processor: doubledTemplate(vocabulary, bos, eos),
      settings: ['add_prefix_space'],
    };
  },
  debertaV2({ json, given: { values, named }, vocabulary }) {
    const [cls = '[CLS]', sep = '[SEP]', unk = '[UNK]'] = [
      named.cls_token,
      named.sep_token,
      named.unk_token,
    ];
    const vocab = modelOf(json).vocab;
    const entries = Array.isArray(vocab) ? (vocab as unknown[]) : [];
    const found = entries.findIndex(
      entry => Array.isArray(entry) && entry[0] === unk && entry[1] === 0,
    );
    const lowers = values.do_lower_case === true;
    const splits = values.split_by_punct === true;
    const scheme = (values.add_prefix_space ?? true) === true ? 'always' : 'first';
    return {
      model: { type: 'Unigram', vocab, unk_id: found < 0 ? 1 : found, byte_fallback: false },
      normalizer: {
        type: 'Sequence',
        normalizers: [
          ...(lowers ? [{ type: 'Lowercase' }] : []),
          { type: 'Replace', pattern: { Regex: String.raw`\s{2,}|[\n\r\t]` }, content: ' ' },
          { type: 'NFC' },
          { type: 'Strip', strip_left: false, strip_right: true },
        ],
      },
      pre_tokenizer: {
        type: 'Sequence',
        pretokenizers: [
          ...(splits ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []),
          metaspace(scheme, true),
        ],
      },
      post_processor: segmentedTemplate(vocabulary, cls, sep),
      settings: ['do_lower_case', 'split_by_punct', 'add_prefix_space'],
    };
  },
};

/** Words between spaces, each behind a `▁`. */
function spacedWords(scheme: 'always' | 'never'): Json {
  return {
    type: 'Sequence',
    pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace(scheme, true)],
  };
}

/** The character map of SentencePiece in the file's normalizer, where it has one. */
function charsmapOf(json: Json): Json | null {
  const { normalizer } = json;
  if (!isObject(normalizer)) return null;
  const list = Array.isArray(normalizer.normalizers)
    ? (normalizer.normalizers as unknown[])
    : [normalizer];
  return list.filter(isObject).find(({ type }) => type === 'Precompiled') ?? null;
}
