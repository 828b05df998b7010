import { segmentedTemplate, templateOf } from '../autoTokenizer/template';
import type { Json } from '../autoTokenizer/tokenizerFiles';
import type { Vocabulary } from '../autoTokenizer/vocabularyOf';
import type { Conversion, ConversionInput } from './conversion';
import { brokenFile, readLines } from './vocabularyFile';

const FILE = 'vocab.txt';

/** WordPiece from `vocab.txt`, a token a line (`BertConverter` of `transformers` and its like). */
export async function wordPiece(input: ConversionInput): Promise<Conversion | undefined> {
  const { folder, kind, given } = input;
  const lines = await readLines(folder, FILE);
  if (!lines) return undefined;
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw brokenFile(FILE, 'it is empty');
  const { cls_token: cls = '[CLS]', sep_token: sep = '[SEP]', unk_token: unk } = given.named;
  const template = TEMPLATES[kind.name] ?? segmentedTemplate;
  return {
    name: FILE,
    model: {
      type: 'WordPiece',
      // Of equal lines the last one counts.
      vocab: Object.fromEntries(lines.map((token, id) => [token, id])),
      unk_token: unk ?? '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
    addedTokens: [],
    steps: vocabulary => ({
      normalizer: normalizer(given.values),
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: template(vocabulary, cls, sep),
    }),
  };
}

function normalizer(values: Json): Json {
  return {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: values.tokenize_chinese_chars ?? true,
    strip_accents: values.strip_accents ?? null,
    lowercase: values.do_lower_case ?? true,
  };
}

/** Classes that join a pair in a way of their own. */
const TEMPLATES: Readonly<
  Record<string, (vocabulary: Vocabulary, cls: string, sep: string) => Json>
> = {
  MPNet: (vocabulary, cls, sep) =>
    templateOf(vocabulary, [cls, '$A', sep], [cls, '$A', sep, sep, ['$B', 1], [sep, 1]]),
  Funnel: (vocabulary, cls, sep) =>
    templateOf(vocabulary, [[cls, 2], '$A', sep], [[cls, 2], '$A', sep, ['$B', 1], [sep, 1]]),
};
