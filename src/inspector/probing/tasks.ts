import { PROBE_TASKS, type ProbeTask } from '../../protocol/probes';
import type { ConlluSentence, ConlluWord } from './conllu';
import { readMentions } from './conlluSpans';
import { coreferencePairs, headPairs } from './pairItems';
import { pairType, type Combination, type TaskItem, type WordSpan } from './taskItem';

interface TaskKind {
  readonly combination: Combination;
  /** What a file without labels lacks, as a sentence. */
  readonly lacks: string;
  readonly itemsOf: (sentence: ConlluSentence, index: number) => readonly TaskItem[];
}

/**
 * What each probe predicts, and from what:
 * - `pos`: the UPOS of a word.
 * - `chunk`: the B-, I- or O label of a word in MISC `Chunk`, O where it has none.
 * - `relation`: the DEPREL, with its subtype, of a dependent whose head is given: [dependent; head]. Roots
 *   have no head and are left out.
 * - `head`: whether the second word is the head of the first: every dependent with its head and with another
 *   word that it might be mistaken for (`headPairs`): [dependent; candidate; dependent ⊙ candidate].
 * - `entity`: the B-, I- or O label of a word in MISC `Entity`; most words are O, so look at the F1.
 * - `coreference`: whether two mentions of a sentence (MISC `Coref`) mean the same: [a; b; a ⊙ b].
 */
const KINDS: Readonly<Record<ProbeTask, TaskKind>> = {
  pos: {
    combination: 'one',
    lacks: 'No word has a part of speech (UPOS).',
    itemsOf: wordItems(({ upos }) => (upos === '_' ? undefined : upos)),
  },
  chunk: {
    combination: 'one',
    lacks: 'No word has a chunk (MISC Chunk=B-NP).',
    itemsOf: wordItems(({ misc }) => misc.get('Chunk') ?? 'O'),
  },
  relation: {
    combination: 'both',
    lacks: 'No word has a relation to its head (DEPREL).',
    itemsOf: relationItems,
  },
  head: {
    combination: 'product',
    lacks: 'No sentence has a word that another word could be taken for its head.',
    itemsOf: headPairs,
  },
  entity: {
    combination: 'one',
    lacks: 'No word is part of an entity (MISC Entity=B-PER).',
    itemsOf: wordItems(({ misc }) => misc.get('Entity') ?? 'O'),
  },
  coreference: {
    combination: 'product',
    lacks: 'No sentence has two mentions (MISC Coref=(1)).',
    itemsOf: (sentence, index) => coreferencePairs(sentence, index, readMentions(sentence)),
  },
};

/** How the features of a task are put together. */
export const combinationOf = (task: ProbeTask): Combination => KINDS[task].combination;

/** Tasks whose items are single words: their probes can label any text. */
export const WORD_TASKS: readonly ProbeTask[] = PROBE_TASKS.filter(
  task => combinationOf(task) === 'one',
);

/** Items of a task, or why there are none. */
export type TaskItems =
  | { readonly items: readonly TaskItem[] }
  | {
      /** A sentence. */
      readonly reason: string;
    };

/**
 * The items of a task in some sentences of a corpus.
 * @throws InspectorError `inputs-wrong` with the line where the brackets of mentions do not match
 */
export function itemsOf(
  task: ProbeTask,
  sentences: readonly ConlluSentence[],
  chosen: Iterable<number> = sentences.keys(),
): TaskItems {
  const { lacks, itemsOf: read } = KINDS[task];
  const items = [...chosen].flatMap(i => {
    const sentence = sentences[i];
    return sentence ? read(sentence, i) : [];
  });
  return items.some(({ label }) => label !== 'O') ? { items } : { reason: lacks };
}

/** One item for each word that has a label. */
function wordItems(labelOf: (word: ConlluWord) => string | undefined): TaskKind['itemsOf'] {
  return ({ words }, sentence) =>
    words.flatMap((word, i) => {
      const label = labelOf(word);
      return label === undefined ? [] : [{ sentence, spans: [[i, i]], label, type: word.form }];
    });
}

function relationItems({ words }: ConlluSentence, sentence: number): readonly TaskItem[] {
  return words.flatMap(({ head, deprel, form }, i) => {
    const parent = words[head];
    if (!parent || deprel === '_') return [];
    const spans: readonly WordSpan[] = [
      [i, i],
      [head, head],
    ];
    return [{ sentence, spans, label: deprel, type: pairType(form, parent.form) }];
  });
}
