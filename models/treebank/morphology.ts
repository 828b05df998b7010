/** How a verb can stand. */
export type VerbForm = 'base' | 'third' | 'present' | 'past' | 'participle' | 'ing';

export interface VerbEntry {
  readonly lemma: string;
  readonly past: string;
  readonly participle: string;
  readonly doubled: boolean;
}

/** Reads `lemma:past:participle` with `+` for a doubled consonant. */
export function parseVerb(text: string): VerbEntry {
  const [first = '', past, participle] = text.split(':');
  const doubled = first.endsWith('+');
  const lemma = doubled ? first.slice(0, -1) : first;
  const regular = withSuffix(lemma, 'ed', doubled);
  return { lemma, past: past ?? regular, participle: participle ?? regular, doubled };
}

/** The form of a verb; the present is the base form but for the third person. */
export function inflect(verb: VerbEntry, form: VerbForm): string {
  switch (form) {
    case 'base':
    case 'present':
      return verb.lemma;
    case 'third':
      return verb.lemma === 'have' ? 'has' : sForm(verb.lemma);
    case 'past':
      return verb.past;
    case 'participle':
      return verb.participle;
    case 'ing':
      return verb.lemma === 'lie' ? 'lying' : withSuffix(verb.lemma, 'ing', verb.doubled);
  }
}

/** Plural of a noun, third person of a verb. */
export function sForm(lemma: string): string {
  if (/[^aeiou]y$/.test(lemma)) return `${lemma.slice(0, -1)}ies`;
  if (/(s|x|z|ch|sh|go|do|cho)$/.test(lemma)) return `${lemma}es`;
  return `${lemma}s`;
}

function withSuffix(lemma: string, suffix: 'ed' | 'ing', doubled: boolean): string {
  if (doubled) return lemma + lemma.slice(-1) + suffix;
  if (suffix === 'ed' && /[^aeiou]y$/.test(lemma)) return `${lemma.slice(0, -1)}ied`;
  if (lemma.endsWith('e') && !/(ee|oe|ye)$/.test(lemma)) return lemma.slice(0, -1) + suffix;
  if (lemma.endsWith('ee') && suffix === 'ed') return `${lemma}d`;
  return lemma + suffix;
}

export interface AdjectiveEntry {
  readonly lemma: string;
  /** One word (`older`), or absent where “more” and “most” are used. */
  readonly comparative: string | undefined;
  readonly superlative: string | undefined;
}

/** Reads `lemma:comparative:superlative`; short adjectives are compared by suffix, long ones by “more”. */
export function parseAdjective(text: string): AdjectiveEntry {
  const [first = '', comparative, superlative] = text.split(':');
  const doubled = first.endsWith('+');
  const lemma = doubled ? first.slice(0, -1) : first;
  if (comparative !== undefined) return { lemma, comparative, superlative };
  if (!short(lemma)) return { lemma, comparative: undefined, superlative: undefined };
  const stem = doubled ? lemma + lemma.slice(-1) : lemma.replace(/e$/, '').replace(/y$/, 'i');
  return { lemma, comparative: `${stem}er`, superlative: `${stem}est` };
}

function short(lemma: string): boolean {
  const syllables = lemma.replace(/e$/, '').match(/[aeiouy]+/g)?.length ?? 1;
  return syllables === 1 || (syllables === 2 && /[^aeiou]y$/.test(lemma));
}

/** Whether “an” stands before the word. */
export function takesAn(next: string): boolean {
  if (/^(hour|honest|heir)/i.test(next)) return true;
  return /^[aeiou]/i.test(next) && !/^(uni(on|form|ver)|use|euro|one)/i.test(next);
}
