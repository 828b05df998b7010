import type { Json } from './tokenizerFiles';
import type { Vocabulary } from './vocabularyOf';

/** A word of a template in segment 0, or in the segment that stands beside it. */
export type TemplateWord = string | readonly [word: string, segment: number];

/** `TemplateProcessing` from words such as `<s> $A </s>`: tokens and, as `$A` and `$B`, the texts. */
export function templateOf(
  vocabulary: Vocabulary,
  single: readonly TemplateWord[],
  pair: readonly TemplateWord[],
): Json {
  const wordOf = (each: TemplateWord) => (typeof each === 'string' ? each : each[0]);
  const item = (each: TemplateWord) => {
    const [word, segment] = [wordOf(each), typeof each === 'string' ? 0 : each[1]];
    return word === '$A' || word === '$B'
      ? { Sequence: { id: word.slice(1), type_id: segment } }
      : { SpecialToken: { id: word, type_id: segment } };
  };
  const names = new Set([...single, ...pair].map(wordOf).filter(word => !/^\$[AB]$/.test(word)));
  return {
    type: 'TemplateProcessing',
    single: single.map(item),
    pair: pair.map(item),
    special_tokens: Object.fromEntries(
      [...names].map(name => [
        name,
        { id: name, ids: [vocabulary.idOf(name) ?? 0], tokens: [name] },
      ]),
    ),
  };
}

/** `[CLS] $A [SEP]`; a second text follows in segment 1, as BERT has it. */
export function segmentedTemplate(vocabulary: Vocabulary, first: string, end: string): Json {
  const pair = [
    [first, 0],
    ['$A', 0],
    [end, 0],
    ['$B', 1],
    [end, 1],
  ] as const;
  return templateOf(vocabulary, [first, '$A', end], pair);
}

/** `<s> $A </s>`; a second text follows behind one more end, as RoBERTa has it. */
export function doubledTemplate(vocabulary: Vocabulary, first: string, end: string): Json {
  const pair = [first, '$A', end, end, '$B', end].map(word => [word, 0] as const);
  return templateOf(vocabulary, [first, '$A', end], pair);
}

/** The template of `add_bos_token` and `add_eos_token` (`update_post_processor`). */
export function boundaryTemplate(
  vocabulary: Vocabulary,
  bos: string | undefined,
  eos: string | undefined,
): Json {
  const around = (text: string) => [bos, text, eos].filter(word => word !== undefined);
  const single = around('$A');
  const pair = [
    ...single.map(word => [word, 0] as const),
    ...around('$B').map(word => [word, 1] as const),
  ];
  return templateOf(vocabulary, single, pair);
}
