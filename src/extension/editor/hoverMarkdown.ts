import type { Token } from '../../protocol/tokens';
import type { Tokenization } from './tokenizations';

/** Most tokens that a hover lists; the panel shows them all. */
const SHOWN = 80;

/** Most split words that are listed. */
const SPLIT_WORDS = 4;

const chipStyle = (background: string) =>
  `color:var(--vscode-editorHoverWidget-foreground);background-color:var(--vscode-${background});border-radius:3px;`;
const WHOLE = chipStyle('toolbar-hoverBackground');
const PIECE = chipStyle('editor-selectionBackground');
const DIM = 'color:var(--vscode-descriptionForeground);';

/** Makes white space visible, as the panel does. */
export function showWhitespace(text: string): string {
  return text
    .replace(/ /g, '·')
    .replace(/\r?\n|\r/g, '⏎')
    .replace(/\t/g, '⇥');
}

/** Text as Markdown with HTML that shows exactly these characters. */
export function escapeMarkdown(text: string): string {
  return text.replace(
    /[^\p{L}\p{N} ·⏎⇥]/gu,
    character => `&#${character.codePointAt(0) ?? 0xfffd};`,
  );
}

/** Text as Markdown code, with a fence that the text does not hold. */
function code(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map(run => run.length)));
  const space = runs.length > 0 ? ' ' : '';
  return `${fence}${space}${showWhitespace(text)}${space}${fence}`;
}

/**
 * The split of a selected text as Markdown: count, tokens, words that are split, the token under the
 * pointer, ids, model.
 * @param pointer offset of the pointer in `text`
 */
export function tokensMarkdown(tokenization: Tokenization, text: string, pointer: number): string {
  const { tokens, total, model } = tokenization;
  const shown = tokens.slice(0, SHOWN);
  const under = tokens.filter(token => token.start <= pointer && pointer < token.end);
  const unknown = tokens.filter(token => token.unknown).length;
  const more = total - shown.length;
  const words = splitWords(shown);
  return [
    `**${count(total, 'token')}**  ${count(text.length, 'character')}  ${number(unknown)} unknown`,
    chips(shown, new Set(words.flat())) + (more > 0 ? ` … ${number(more)} more` : ''),
    ...words.slice(0, SPLIT_WORDS).map(word => describeSplit(word, text)),
    ...under.map(token => describe(token)),
    `Ids: ${shown.map(token => token.id).join(' ')}${more > 0 ? ' …' : ''}`,
    dim([`${model.label}.`, describeAdded(tokens)].join(' ')),
  ].join('\n\n');
}

/** Runs of tokens that are pieces of one word. */
function splitWords(tokens: readonly Token[]): Token[][] {
  const words: Token[][] = [];
  for (const token of tokens) {
    if (token.continues) words.at(-1)?.push(token);
    else words.push([token]);
  }
  return words.filter(word => word.length > 1);
}

/** Tokens as chips; pieces of one word touch each other. */
function chips(tokens: readonly Token[], pieces: ReadonlySet<Token>): string {
  return tokens
    .map((token, index) => {
      const label = escapeMarkdown(showWhitespace(token.text || token.token));
      const style = isAdded(token) ? DIM : pieces.has(token) ? PIECE : WHOLE;
      const gap = index === 0 || token.continues ? '' : ' ';
      return `${gap}<span style="${style}">&nbsp;${label}&nbsp;</span>`;
    })
    .join('');
}

function describeSplit(word: readonly Token[], text: string): string {
  const source = text.slice(word[0]?.start, word.at(-1)?.end);
  return `Split into pieces: ${code(source)} → ${word.map(({ token }) => code(token)).join(' ')}`;
}

function describe({ token, index, id, start, end, unknown }: Token): string {
  const note = unknown ? ', not in the vocabulary' : '';
  return `Under the pointer: ${code(token)} token ${index}, id ${id}, characters ${start}–${end}${note}`;
}

function describeAdded(tokens: readonly Token[]): string {
  const added = [...new Set(tokens.filter(isAdded).map(({ token }) => token))];
  if (added.length === 0) return '';
  return `${added.join(' and ')} ${added.length === 1 ? 'is' : 'are'} added by the model.`;
}

function isAdded(token: Token): boolean {
  return token.special && token.start === token.end;
}

function dim(text: string): string {
  return `<span style="${DIM}">${escapeMarkdown(text.trim())}</span>`;
}

function count(amount: number, noun: string): string {
  return `${number(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

function number(amount: number): string {
  return amount.toLocaleString('en-US');
}
