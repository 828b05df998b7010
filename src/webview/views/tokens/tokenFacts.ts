import type { TextTrace } from '../../../protocol/panel';
import type { Token } from '../../../protocol/tokens';
import { el, tokenSpan } from '../../kit/dom';
import { drawn } from '../../shell/sentenceBand';
import { count } from '../../reading/format';
import { bytesOfToken, hexBytes, lineAndColumn, sharingTokens, wordStart } from './facts';
import { addedRule, indexOfToken, wordPlace } from '../../reading/tokenLookup';
import { unknownReason } from './story';
import { label, shorten, visible } from '../../reading/tokenText';

/** One fact: its name and what it is. */
export type Fact = readonly [string, ...(HTMLElement | string)[]];

/** Longest spelling that is written out. */
const LONGEST = 60;

/** A list of facts. */
export function factList(facts: readonly Fact[]): HTMLElement {
  const list = el('dl.token-facts');
  for (const [name, ...value] of facts) {
    list.append(el('dt', name), el('dd', ...value));
  }
  return list;
}

/** What is known about a token; `text` is what it is of, where that is the editor's. */
export function tokenFacts(
  tokens: readonly Token[],
  index: number,
  text: string | null,
  traced: TextTrace | null,
): Fact[] {
  const token = tokens[index];
  if (!token) return [];
  const trace = traced?.trace ?? null;
  const at = trace ? indexOfToken(trace.tokens, token) : -1;
  const known = at < 0 ? null : trace;
  const stands = token.start < token.end;
  const facts: Fact[] = [];
  const before = wordStart(tokens, index);
  facts.push([
    'Text',
    ...(stands || token.template
      ? ['“', tokenSpan(shorten(visible(token.text), LONGEST)), '”']
      : ['no characters']),
    ...(before ? [' continues ', tokenSpan(label(before))] : []),
  ]);
  if (token.template)
    facts.push(['Written', 'by the chat template: nothing in the text stands for it']);
  facts.push(['Vocabulary', tokenSpan(shorten(visible(token.token), LONGEST) || '∅')]);
  if (text !== null && stands) facts.push(['Characters', ...characters(token, text)]);
  const bytes = bytesOfToken(token, known, at);
  if (bytes.length > 0) facts.push(['Bytes', tokenSpan(hexBytes(bytes))]);
  const sharing = sharingTokens(tokens, index);
  if (sharing.length > 0) {
    const range = `${sharing[0] ?? 0}–${sharing.at(-1) ?? 0}`;
    const all = hexBytes(new TextEncoder().encode(token.text));
    facts.push(['Shared', `tokens ${range} together stand for `, tokenSpan(all)]);
  }
  facts.push(['Special', ...special(token, known, at)]);
  if (token.unknown) {
    const place = known && wordPlace(known, at);
    const reason = place && unknownReason(place);
    facts.push(['Unknown', ...(reason ? drawn(reason) : ['not in the vocabulary'])]);
  }
  return facts;
}

function characters(token: Token, text: string): string[] {
  const { line, column } = lineAndColumn(text, token.start);
  return [
    `${count(token.start)}–${count(token.end)}`,
    ` line ${count(line)}, column ${count(column)} of the text`,
  ];
}

function special(token: Token, trace: TextTrace['trace'] | null, at: number): string[] {
  if (!token.special) return ['no'];
  const origin = trace?.origins[at];
  if (origin?.kind === 'template') return [`yes, put there by ${origin.component}`];
  return trace && addedRule(trace, at) ? ['yes, an added token written in the text'] : ['yes'];
}
