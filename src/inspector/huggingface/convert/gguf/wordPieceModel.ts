import { TokenType } from '../../../weights/gguf/ggufVocabulary';
import { segmentedTemplate } from '../../autoTokenizer/template';
import { baseVocabulary, vocabularyWith } from '../../autoTokenizer/vocabularyOf';
import type { GgufConverter } from './ggufPipeline';
import { idsOf } from './ggufTemplate';

/**
 * WordPiece. The file marks pieces that begin a word, BERT those that go on in one; whether texts are
 * made lower case it does not say, but a vocabulary with capital letters is of no use to such texts.
 */
export const wordPieceModel: GgufConverter = vocabulary => {
  const isWhole = (id: number) =>
    vocabulary.typeOf(id) === TokenType.control || vocabulary.typeOf(id) === TokenType.unknown;
  const spelled = vocabulary.tokens.map((token, id) => {
    if (isWhole(id)) return token;
    return token.startsWith('▁') ? token.slice(1) : `##${token}`;
  });
  const hasCapitals = vocabulary.tokens.some((token, id) => !isWhole(id) && /^▁[A-Z]/.test(token));
  const vocab = idsOf(spelled);
  const known = vocabularyWith(baseVocabulary({ vocab }), []);
  const first = vocabulary.spellingOf('cls') ?? vocabulary.spellingOf('bos') ?? '[CLS]';
  const end = vocabulary.spellingOf('sep') ?? vocabulary.spellingOf('eos') ?? '[SEP]';
  return {
    model: {
      type: 'WordPiece',
      vocab,
      unk_token: vocabulary.spellingOf('unk') ?? '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: !hasCapitals,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: segmentedTemplate(known, first, end),
  };
};
