import type { Json } from './tokenizerFiles';
import type { Vocabulary } from './vocabularyOf';

/** `TemplateProcessing` from words such as `<s> $A </s>` with segment 0 for A and 1 for B. */
function templateOf(
  vocabulary: Vocabulary,
  single: readonly string[],
  pair: readonly (readonly [string, number])[],
): Json {
  const item = ([word, typeId]: readonly [string, number]) =>
    word === '$A' || word === '$B'
      ? { Sequence: { id: word.slice(1), type_id: typeId } }
      : { SpecialToken: { id: word, type_id: typeId } };
  const names = new Set(
    [...single, ...pair.map(([word]) => word)].filter(word => !/^\$[AB]$/.test(word)),
  );
  return {
    type: 'TemplateProcessing',
    single: single.map(word => item([word, 0])),
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
