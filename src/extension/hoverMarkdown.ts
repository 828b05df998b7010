import type { Token } from '../protocol/tokens';
import type { Tokenization } from './tokenizations';

/** Most tokens that a hover lists; the panel shows them all. */
const SHOWN = 80;

const FOREGROUND = 'color:var(--vscode-editorHoverWidget-foreground);';
const CHIP = `${FOREGROUND}background-color:var(--vscode-textCodeBlock-background);border-radius:3px;`;
const CHIP_UNDER_POINTER =
  'color:var(--vscode-editor-foreground);background-color:var(--vscode-editor-selectionBackground);border-radius:3px;';
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

/**
 * The split of a selected text as Markdown: count, tokens, the one under the pointer, ids, model.
 * @param pointer offset of the pointer in `text`
 */
export function tokensMarkdown(tokenization: Tokenization, text: string, pointer: number): string {
  const { tokens, total, model } = tokenization;
  const shown = tokens.slice(0, SHOWN);
  const under = tokens.filter(token => token.start <= pointer && pointer < token.end);
  const unknown = tokens.filter(token => token.unknown).length;
  const more = total - shown.length;
  const added = [...new Set(tokens.filter(token => isAdded(token)).map(token => token.token))];
  return [
    `**${count(total, 'token')}**  ${count(text.length, 'character')}  ${number(unknown)} unknown`,
    chips(shown, under) + (more > 0 ? ` … ${number(more)} more` : ''),
    ...under.map(token => describe(token)),
    `Ids: ${shown.map(token => token.id).join(' ')}${more > 0 ? ' …' : ''}`,
    dim(`${model.label}. ${added.length > 0 ? `${added.join(' and ')} added by the model.` : ''}`),
  ].join('\n\n');
}

/** Tokens as chips; pieces of one word touch each other. */
function chips(tokens: readonly Token[], under: readonly Token[]): string {
  return tokens
    .map((token, index) => {
      const label = escapeMarkdown(showWhitespace(token.text || token.token));
      const style = isAdded(token) ? DIM : under.includes(token) ? CHIP_UNDER_POINTER : CHIP;
      const gap = index === 0 || token.continues ? '' : ' ';
      return `${gap}<span style="${style}">&nbsp;${label}&nbsp;</span>`;
    })
    .join('');
}

function describe(token: Token): string {
  const piece = `<span style="${CHIP_UNDER_POINTER}">&nbsp;${escapeMarkdown(showWhitespace(token.token))}&nbsp;</span>`;
  const unknown = token.unknown ? ', not in the vocabulary' : '';
  return `${piece} token ${token.index}, id ${token.id}, characters ${token.start}–${token.end}${unknown}`;
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
