import type { TextTrace } from '../../../protocol/panel';
import type { ModelSteps } from '../../../protocol/tokenTrace';
import { counted, score } from '../../reading/format';
import type { Phrase } from '../../app/sentence';
import { shorten, visible } from '../../reading/tokenText';
import { addedRule, rangeOf, wordPlace, type WordPlace } from '../../reading/tokenLookup';

/** Pieces that a sentence names. */
const NAMED = 6;
const BYTE = /^<0x[0-9A-F]{2}>$/;

const code = (text: string, limit = 32): Phrase => ({
  token: text === '' ? '∅' : visible(shorten(text, limit)),
  part: '',
});

/** “a, b and c”, cut after a few. */
function listed(texts: readonly string[]): Phrase[] {
  const named = texts.slice(0, NAMED);
  const rest = texts.length - named.length;
  const ends =
    rest > 0 ? [...named.map(text => code(text)), `${rest} more`] : named.map(text => code(text));
  return ends.flatMap((phrase, i) => {
    if (i === 0) return [phrase];
    return [i === ends.length - 1 ? ' and ' : ', ', phrase];
  });
}

/** The characters of a token's word, without the space that byte-level words begin with. */
function wordText(text: string, { word }: WordPlace): string {
  const { start, end } = rangeOf(word.word);
  const whole = text.slice(start, end);
  return whole.trim() === '' ? whole : whole.trim();
}

/** The sentence that says how a token came to be, from the trace of its text. */
export function tokenStory({ trace, text }: TextTrace, index: number): Phrase[] {
  const token = trace.tokens[index];
  const origin = trace.origins[index];
  if (!token || !origin) return [];
  if (origin.kind === 'template') {
    return [
      code(token.token),
      ' stands for no characters: the post-processor ',
      `${origin.component} puts it there by its rule `,
      code(origin.template, 60),
      '.',
    ];
  }
  const rule = addedRule(trace, index);
  if (rule) {
    const kind = rule.special ? 'special token' : 'token';
    const when = rule.normalized ? 'after normalisation' : 'before normalisation';
    const strips = [
      rule.stripsLeft ? 'on its left' : '',
      rule.stripsRight ? 'on its right' : '',
    ].filter(Boolean);
    return [
      code(rule.content),
      ` is an added ${kind}: it is taken out of the text ${when} and never split`,
      strips.length > 0 ? `; it takes the white space ${strips.join(' and ')} with it.` : '.',
    ];
  }
  const place = wordPlace(trace, index);
  if (!place) return [];
  const { word, tokens } = place;
  const unknown = unknownReason(place);
  const spellings = tokens.map(at => trace.tokens[at]?.token ?? '');
  const start: Phrase[] = [code(wordText(text, place))];
  if (tokens.length === 1) start.push(unknown ? ' is unknown' : ' is one token');
  else start.push(` is ${counted(tokens.length, 'token')}: `, ...listed(spellings));
  if (unknown) return [...start, ': ', ...unknown, '.'];
  if (spellings.every(spelling => BYTE.test(spelling))) {
    return [...start, '; the vocabulary lacks it, so the bytes of its UTF-8 stand for it.'];
  }
  const isBytes = word.bytes !== undefined && tokens.length > 1 && isOneByteEach(place);
  return [
    ...start,
    ...(isBytes ? [', one for each byte of its UTF-8'] : []),
    ...how(word.steps),
    '.',
  ];
}

const isOneByteEach = ({ word }: WordPlace): boolean =>
  word.pieces.every(({ from, to }) => to - from === 1);

/** Why the model came to these pieces. */
function how(steps: ModelSteps): Phrase[] {
  switch (steps.kind) {
    case 'BPE': {
      if (steps.isWhole) return ['; the vocabulary has the word, so no merge was looked for'];
      const { length } = steps.merges;
      const left = steps.symbols.length - length;
      if (left > 1 && length === 0) return ['; no merge of the table joins two of them'];
      if (left > 1) return [`; after ${counted(length, 'merge')} no other joins two of them`];
      if (length === 0) return ['; it is one symbol, so there is nothing to merge'];
      return [`; ${counted(length, 'merge')} put${length === 1 ? 's' : ''} it together`];
    }
    case 'WordPiece':
      return steps.matches.length === 1
        ? ['; the vocabulary has the word']
        : ['; the word is not in the vocabulary, so the longest piece that is was taken each time'];
    case 'Unigram': {
      const [best, next] = steps.segmentations;
      if (!best) return [];
      const taken = `log probability ${score(best.score)}`;
      if (!next) return [`; there is no other way to split it (${taken})`];
      return [`; the most probable way to split it (${taken}, the next best ${score(next.score)})`];
    }
    case 'WordLevel':
      return ['; the vocabulary has the word'];
    case 'omitted':
      return ['; the word is too long for its steps to be listed'];
  }
}

/** Why a piece is the unknown token; null where it is known. */
export function unknownReason({ word, piece }: WordPlace): Phrase[] | null {
  const isUnknown = piece.unknown || word.pieces.every(one => one.unknown);
  if (!isUnknown) return null;
  const { steps } = word;
  const text = word.word.text.slice(piece.from, piece.to);
  switch (steps.kind) {
    case 'WordPiece': {
      if (steps.isTooLong) return ['it has more characters than the tokenizer reads in one word'];
      const stop = steps.matches.find(({ match }) => match === undefined);
      const from = stop?.from ?? 0;
      const rest = word.word.text.slice(from);
      return from === 0
        ? ['no piece of the vocabulary begins ', code(rest)]
        : [
            'no piece continues at ',
            code(rest),
            ', and one missing piece makes the whole word unknown',
          ];
    }
    case 'Unigram':
      return ['no piece of the vocabulary covers ', code(text)];
    case 'BPE':
      return [code(text), ' is in neither the vocabulary nor the merges'];
    case 'WordLevel':
      return ['the vocabulary lacks the word ', code(text)];
    case 'omitted':
      return ['the vocabulary lacks ', code(text)];
  }
}
