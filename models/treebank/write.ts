import type { Context, Mention, Referent } from './context';
import type { Split } from './lexicon';
import { takesAn } from './morphology';
import type { Phrase, Span, Token } from './token';

/** One finished sentence: its text and its CoNLL-U lines. */
export interface Written {
  readonly text: string;
  readonly lines: readonly string[];
}

/** Puts a sentence into CoNLL-U: articles and capitals are settled here. */
export function write(ctx: Context, phrase: Phrase): Written {
  const tokens = withoutDoubledMarks(phrase.tokens);
  articles(tokens);
  capitals(tokens);
  const at = new Map(tokens.map((token, i) => [token, i + 1]));
  const brackets = bracketsOf(ctx.mentions, at);
  const lines: string[] = [];
  for (const [i, token] of tokens.entries()) {
    if (token.joined === true && tokens[i - 1]?.joined !== true) lines.push(multiword(tokens, i));
    const head = token.head === undefined ? 0 : at.get(token.head);
    if (head === undefined) throw new Error(`the head of “${token.form}” is not in the sentence`);
    const misc = [
      ...field(
        'Chunk',
        tag(tokens, i, each => each.chunk),
      ),
      ...field('Coref', brackets.get(i + 1)),
      ...field(
        'Entity',
        tag(tokens, i, each => each.entity),
      ),
      ...(spaceAfter(tokens, i) || inMultiword(tokens, i) ? [] : ['SpaceAfter=No']),
    ];
    lines.push(
      [
        i + 1,
        token.form,
        token.lemma,
        token.upos,
        '_',
        token.feats,
        head,
        token.deprel,
        '_',
        misc.join('|') || '_',
      ].join('\t'),
    );
  }
  return { text: textOf(tokens), lines };
}

const field = (name: string, value: string | undefined) =>
  value === undefined ? [] : [`${name}=${value}`];

/** A comma before another mark says nothing: the sentence ends or the quote closes there. */
function withoutDoubledMarks(tokens: readonly Token[]): readonly Token[] {
  return tokens.filter((token, i) => {
    const next = tokens[i + 1];
    return !(token.form === ',' && next?.upos === 'PUNCT' && !/[“”]/.test(next.form));
  });
}

function articles(tokens: readonly Token[]): void {
  for (const [i, token] of tokens.entries()) {
    if (token.lemma === 'a' && takesAn(tokens[i + 1]?.form ?? '')) token.form = 'an';
  }
}

function capitals(tokens: readonly Token[]): void {
  for (const [i, token] of tokens.entries()) {
    if (i === 0 || token.capital === true) token.form = upper(token.form);
  }
  const first = tokens.find(each => each.upos !== 'PUNCT');
  if (first !== undefined) first.form = upper(first.form);
}

const upper = (form: string) => form.slice(0, 1).toUpperCase() + form.slice(1);

/** B- at the first word of a span, I- inside it. */
function tag(
  tokens: readonly Token[],
  i: number,
  of: (token: Token) => Span | undefined,
): string | undefined {
  const token = tokens[i];
  const span = token === undefined ? undefined : of(token);
  if (span === undefined) return undefined;
  const before = tokens[i - 1];
  return `${before !== undefined && of(before) === span ? 'I' : 'B'}-${span.type}`;
}

/** The brackets at each word, clusters numbered by their first mention: `(1`, `2)`, `(3)`. */
function bracketsOf(
  mentions: readonly Mention[],
  at: ReadonlyMap<Token, number>,
): ReadonlyMap<number, string> {
  const spans = mentions
    .map(({ referent, tokens }) => ({
      referent,
      places: trimmed(tokens).flatMap(each => at.get(each) ?? []),
    }))
    .filter(each => each.places.length > 0)
    .map(({ referent, places }) => ({
      referent,
      first: Math.min(...places),
      last: Math.max(...places),
    }))
    .sort((a, b) => a.first - b.first || b.last - a.last);
  const ids = new Map<Referent, number>();
  for (const { referent } of spans) if (!ids.has(referent)) ids.set(referent, ids.size + 1);
  const out = new Map<number, string>();
  const add = (place: number, text: string) => out.set(place, `${out.get(place) ?? ''}${text}`);
  for (const { first, last, referent } of spans)
    if (first < last) add(first, `(${ids.get(referent) ?? 0}`);
  for (const { first, last, referent } of spans)
    if (first === last) add(first, `(${ids.get(referent) ?? 0})`);
  for (const { first, last, referent } of spans.toReversed())
    if (first < last) add(last, `${ids.get(referent) ?? 0})`);
  return out;
}

/** A comma at the end belongs to no mention. */
function trimmed(tokens: readonly Token[]): readonly Token[] {
  const last = tokens.findLastIndex(each => each.upos !== 'PUNCT');
  return tokens.slice(0, last + 1);
}

function spaceAfter(tokens: readonly Token[], i: number): boolean {
  const token = tokens[i];
  const next = tokens[i + 1];
  if (next === undefined) return true;
  return !(token?.glueAfter === true || token?.joined === true || next.glueBefore === true);
}

/** Inside a multiword token the range line says how it goes on. */
const inMultiword = (tokens: readonly Token[], i: number) =>
  tokens[i]?.joined === true || tokens[i - 1]?.joined === true;

function multiword(tokens: readonly Token[], from: number): string {
  let to = from;
  while (tokens[to]?.joined === true) to++;
  const form = tokens
    .slice(from, to + 1)
    .map(each => each.form)
    .join('');
  const misc = spaceAfter(tokens, to) ? '_' : 'SpaceAfter=No';
  return [`${from + 1}-${to + 1}`, form, '_', '_', '_', '_', '_', '_', '_', misc].join('\t');
}

function textOf(tokens: readonly Token[]): string {
  return tokens
    .map((token, i) => token.form + (spaceAfter(tokens, i) ? ' ' : ''))
    .join('')
    .trimEnd();
}

/** The comment lines before a sentence. */
export function comments(id: string, split: Split, text: string): string[] {
  return [`# sent_id = ${id}`, `# split = ${split}`, `# text = ${text}`];
}
