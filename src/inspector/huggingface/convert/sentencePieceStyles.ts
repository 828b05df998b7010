import { metaspace } from '../autoTokenizer/pipelineParts';
import type { Arguments } from '../autoTokenizer/specialTokens';
import { doubledTemplate, segmentedTemplate, templateOf } from '../autoTokenizer/template';
import type { Json } from '../autoTokenizer/tokenizerFiles';
import type { Vocabulary } from '../autoTokenizer/vocabularyOf';

/** A token of a vocabulary with its score. */
export type Entry = readonly [token: string, score: number];

/** What a class changes about the usual conversion of a SentencePiece model. */
export interface Style {
  /** The vocabulary, from the model's pieces in their order. */
  readonly entries?: (pieces: readonly Entry[], given: Arguments) => readonly Entry[];
  /** The id of the unknown token, from that of the model. */
  readonly unknownId?: (id: number, given: Arguments) => number;
  readonly fallsBackToBytes?: boolean;
  /** Merges of the tab, which the vocabulary spells as its byte. */
  readonly respellsTab?: boolean;
  /** Pieces that are special, though the model does not say so. */
  readonly specialPieces?: readonly string[];
  /** @param charsmap the step of the model's own rules, if it has some */
  readonly normalizer?: (charsmap: readonly Json[], values: Json) => Json | null;
  readonly words?: (values: Json) => Json | null;
  readonly template?: (vocabulary: Vocabulary, named: Arguments['named']) => Json;
}

/** What `SpmConverter` does where a class does not say otherwise. */
export const usual = {
  normalizer: (charsmap: readonly Json[]): Json =>
    sequence([
      ...charsmap,
      { type: 'Strip', strip_left: false, strip_right: true },
      { type: 'Replace', pattern: { Regex: ' {2,}' }, content: '▁' },
    ]),
  words: (): Json => metaspace('always', true),
};

const ONE_SPACE = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };
const QUOTES = ['``', "''"].map(quote => ({
  type: 'Replace',
  pattern: { String: quote },
  content: '"',
}));

const albert: Style = {
  entries: withoutNumberCommas,
  normalizer: (charsmap, values) =>
    sequence([...QUOTES, ...accentsAndCase(values), ...charsmap, ONE_SPACE]),
  template: bracketed,
};

const llama: Style = {
  fallsBackToBytes: true,
  normalizer: (_, values) => {
    if (values.legacy === false) return null;
    const isPrefixed = (values.add_prefix_space ?? true) === true;
    return sequence([...(isPrefixed ? [{ type: 'Prepend', prepend: '▁' }] : []), SPACES]);
  },
  words: values =>
    values.legacy === false
      ? metaspace((values.add_prefix_space ?? true) === true ? 'first' : 'never', false)
      : null,
};
const SPACES = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };

/** By name of a class, or by family. */
export const STYLES: Readonly<Record<string, Style>> = {
  t5: {
    entries: (pieces, { values }) => [...pieces, ...sentinels(values)],
    words: prefixed,
    template: (vocabulary, { eos_token: eos = '</s>' }) =>
      templateOf(vocabulary, ['$A', eos], ['$A', eos, '$B', eos]),
  },
  xlmRoberta: { ...fairseq(3, ['<mask>']), template: doubled },
  Camembert: {
    entries: pieces => [
      ['<s>NOTUSED', 0],
      ['<pad>', 0],
      ['</s>NOTUSED', 0],
      ['<unk>', 0],
      ['<unk>NOTUSED', -100],
      ...pieces.slice(1),
      ['<mask>', 0],
    ],
    unknownId: () => 3,
    template: doubled,
  },
  XGLM: {
    ...fairseq(
      3,
      Array.from({ length: 7 }, (_, i) => `<madeupword${i}>`),
    ),
    template: vocabulary =>
      templateOf(vocabulary, ['</s>', '$A'], ['</s>', '$A', '</s>', '</s>', '$B']),
  },
  Albert: albert,
  FNet: albert,
  BigBird: { template: bracketed },
  RemBert: {
    normalizer: (charsmap, values) =>
      sequence([...QUOTES, ONE_SPACE, ...accentsAndCase(values), ...charsmap]),
    template: bracketed,
  },
  XLNet: {
    ...albert,
    template: vocabulary =>
      templateOf(
        vocabulary,
        ['$A', '<sep>', ['<cls>', 2]],
        ['$A', '<sep>', ['$B', 1], ['<sep>', 1], ['<cls>', 2]],
      ),
  },
  debertaV2: {
    normalizer: (charsmap, values) =>
      sequence([
        ...(values.do_lower_case === true ? [{ type: 'Lowercase' }] : []),
        { type: 'Strip', strip_left: true, strip_right: true },
        ...charsmap,
        ONE_SPACE,
      ]),
    words: values => ({
      type: 'Sequence',
      pretokenizers: [
        ...(values.split_by_punct === true ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []),
        metaspace('always', true),
      ],
    }),
    template: bracketed,
  },
  llama,
  gemma: {
    fallsBackToBytes: true,
    respellsTab: true,
    specialPieces: ['<start_of_turn>', '<end_of_turn>'],
    entries: (pieces, { named }) => {
      const {
        pad_token: pad = '<pad>',
        eos_token: eos = '<eos>',
        bos_token: bos = '<bos>',
      } = named;
      const entries: Entry[] = [[pad, 0], [eos, 0], [bos, 0], ...pieces.slice(3)];
      const tab = entries.findIndex(([token]) => token === '<0x09>');
      const hasTab = entries.some(([token]) => token === '\t');
      return hasTab || tab < 0 ? entries : entries.with(tab, ['\t', 0]);
    },
    unknownId: () => 3,
    normalizer: () => SPACES,
    words: () => ({
      type: 'Split',
      pattern: { String: ' ' },
      behavior: 'MergedWithPrevious',
      invert: false,
    }),
  },
};

/** The order of fairseq's vocabularies, which keep the model's pieces from the fourth on. */
function fairseq(unknownId: number, last: readonly string[]): Style {
  return {
    entries: pieces => [
      ...['<s>', '<pad>', '</s>', '<unk>'].map((token): Entry => [token, 0]),
      ...pieces.slice(3),
      ...last.map((token): Entry => [token, 0]),
    ],
    unknownId: () => unknownId,
  };
}

function sequence(normalizers: readonly Json[]): Json {
  return { type: 'Sequence', normalizers };
}

function prefixed(values: Json): Json {
  if ((values.add_prefix_space ?? true) !== true) return metaspace('never', true);
  return metaspace(values.legacy === false ? 'first' : 'always', true);
}

function accentsAndCase(values: Json): Json[] {
  return [
    ...(values.keep_accents === true ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
    ...(values.do_lower_case === true ? [{ type: 'Lowercase' }] : []),
  ];
}

/** A piece of a number and a comma behind it is made so unlikely that it is not used. */
function withoutNumberCommas(pieces: readonly Entry[]): readonly Entry[] {
  return pieces.map(entry => (/\p{Nd},$/u.test(entry[0]) ? [entry[0], entry[1] - 100] : entry));
}

/** T5's `<extra_id_99>` … `<extra_id_0>` behind the pieces. */
function sentinels(values: Json): Entry[] {
  const count = typeof values.extra_ids === 'number' ? Math.min(values.extra_ids, 1000) : 100;
  return Array.from({ length: count }, (_, i) => [`<extra_id_${count - 1 - i}>`, 0] as const);
}

function bracketed(vocabulary: Vocabulary): Json {
  return segmentedTemplate(vocabulary, '[CLS]', '[SEP]');
}

function doubled(vocabulary: Vocabulary): Json {
  return doubledTemplate(vocabulary, '<s>', '</s>');
}
