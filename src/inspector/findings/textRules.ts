import { findFindings } from '../tokenizer/findings';
import type { Token } from '../../protocol/tokens';
import type { Detail, Rule } from './rule';
import { shown } from './rule';

/** Shares of unknown tokens from which they are a warning, and an error. */
const UNKNOWN_WARNING = 0.05;
const UNKNOWN_ERROR = 0.2;

/** The characters of a token, where it stands for some. */
function rangeOf({ start, end }: Pick<Token, 'start' | 'end'>): Pick<Detail, 'range'> {
  return end > start ? { range: { start, end } } : {};
}

/** Rules about what the tokenizer makes of this text. */
export const textRules: readonly Rule[] = [
  {
    code: 'special-tokens-doubled',
    measured: 'the same special token in a row, the second of no character',
    limit: '1',
    cause: 'The chat template and the tokenizer both add the token, or two post-processors do.',
    remedy: 'Let only one of them add it.',
    wrongFor: 'texts that spell the token twice themselves, which are not reported',
    async check({ tokens }) {
      const at = tokens.findIndex((token, i) => {
        const before = tokens[i - 1];
        return token.special && token.id === before?.id && token.start === token.end;
      });
      const [before, doubled] = [tokens[at - 1], tokens[at]];
      if (at < 0 || !before || !doubled) return [];
      return [
        {
          severity: 'warning',
          about: 'text',
          place: { token: at },
          measure: 2,
          sentence: `${doubled.token} stands twice in a row, at tokens ${at - 1} and ${at}.`,
          file: 'tokenizer.json',
          ...rangeOf(before),
        },
      ];
    },
  },
  {
    code: 'unknown-tokens',
    measured: 'unknown tokens ÷ all tokens of the text',
    limit: '0.05 (warning), 0.2 (error)',
    cause: 'The tokenizer expects other casing or another script, or belongs to another model.',
    remedy: 'Compare the tokenizer’s settings (lower case, normaliser) with the published ones.',
    wrongFor: 'texts that are truly of other characters than the model was made for',
    async check({ tokens }) {
      const read = tokens.filter(({ special, unknown }) => unknown || !special);
      const unknown = read.filter(token => token.unknown);
      const share = unknown.length / Math.max(1, read.length);
      const [first] = unknown;
      if (share <= UNKNOWN_WARNING || !first) return [];
      return [
        {
          severity: share > UNKNOWN_ERROR ? 'error' : 'warning',
          about: 'text',
          place: { token: first.index },
          measure: share,
          found: `${shown(share)} (${unknown.length} of ${read.length})`,
          sentence: `${unknown.length} of the text’s ${read.length} tokens are unknown to the tokenizer, the first “${first.text}”.`,
          file: 'tokenizer.json',
          ...rangeOf(first),
        },
      ];
    },
  },
  {
    code: 'text-overrun',
    measured: 'tokens of the text',
    limit: 'what the model accepts',
    cause: 'The text is longer than the table of positions, or than the length in config.json.',
    remedy: 'Take a shorter text, or a model for longer ones: the rest is not read.',
    wrongFor: 'rotary models that go beyond the length that they state',
    async check({ model: { card }, tokenizer, text, tokens }) {
      const { maximumPositions } = card;
      if (maximumPositions === undefined) return 'Nothing limits the length of a text.';
      if (tokens.length <= maximumPositions) return [];
      const limits = { maximumTokens: Infinity, maximumPositions };
      const beyond = findFindings(tokenizer, text, limits).find(
        ({ code }) => code === 'beyond-maximum',
      );
      return [
        {
          severity: 'warning',
          about: 'text',
          place: { token: maximumPositions },
          measure: tokens.length,
          found: `${tokens.length} of ${maximumPositions}`,
          sentence: `The text has ${tokens.length} tokens and the model accepts ${maximumPositions}: the rest is not read.`,
          ...(beyond ? rangeOf(beyond) : {}),
        },
      ];
    },
  },
  {
    code: 'invisible-characters',
    measured: 'characters that are not seen and split the text differently',
    limit: '0',
    cause: 'The text was copied from a page or a document that holds them.',
    remedy: 'Take them out, or put plain spaces in their place.',
    wrongFor: 'scripts that need joiners between their letters',
    async check({ tokenizer, text }) {
      const found = findFindings(tokenizer, text, { maximumTokens: Infinity }).filter(
        ({ code }) => code === 'invisible-character',
      );
      const [first] = found;
      if (!first) return [];
      const more = found.length > 1 ? ` ${found.length - 1} more like it follow.` : '';
      return [
        {
          severity: 'warning',
          about: 'text',
          place: {},
          measure: found.length,
          sentence: `${first.message}${more}`,
          ...rangeOf(first),
        },
      ];
    },
  },
];
