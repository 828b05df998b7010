import type { Token } from '../../../src/protocol/tokens';
import type { Recipe } from './syntheticCapture';

const TEXT = 'the tiger jumped out of a tree to get a drink because it was thirsty.';

/** Tokens one after the other; `[X]` is special, `##x` continues a word, `?x` is unknown. */
export function tokensOf(pieces: readonly string[]): Token[] {
  let end = 0;
  return pieces.map((piece, index) => {
    const special = /^\[[A-Z]+\]$/.test(piece);
    const continues = piece.startsWith('##');
    const unknown = piece.startsWith('?') && piece.length > 1;
    const text = continues ? piece.slice(2) : unknown ? piece.slice(1) : piece;
    const start = special ? 0 : end + (continues || index < 2 ? 0 : 1);
    if (!special) end = start + text.length;
    return {
      index,
      id: 100 + index,
      token: unknown ? '[UNK]' : piece,
      text: special ? '' : text,
      start,
      end: special ? 0 : end,
      special,
      unknown,
      continues,
    };
  });
}

const SENTENCE = tokensOf(
  `[CLS] the tiger jumped out of a tree to get a drink because it was thirst ##y . [SEP]`.split(
    ' ',
  ),
);

const words = (count: number): Token[] =>
  tokensOf(['[CLS]', ...Array.from({ length: count - 2 }, (_, i) => `word${i % 97}`), '[SEP]']);

const self = (layers: number, heads: number, causal = false) => ({
  stack: causal ? ('decoder' as const) : ('encoder' as const),
  kind: 'self' as const,
  heads: Array.from({ length: layers }, () => heads),
  causal,
});

/** The captures that tests show, by name. */
export const RECIPES = {
  encoder: { id: 'encoder-1', text: TEXT, tokens: { encoder: SENTENCE }, blocks: [self(6, 4)] },
  wide: { id: 'wide-1', text: TEXT, tokens: { encoder: SENTENCE }, blocks: [self(6, 8)] },
  decoder: {
    id: 'decoder-1',
    text: TEXT,
    tokens: { decoder: tokensOf(['<s>', ...TEXT.split(' ').map(word => ` ${word}`)]) },
    blocks: [self(6, 4, true)],
  },
  long: {
    id: 'long-1',
    text: 'word '.repeat(1204),
    tokens: { decoder: words(512) },
    blocks: [self(6, 4, true)],
    totalTokens: 1204,
    maximumPositions: 512,
  },
  translation: {
    id: 'translation-1',
    text: TEXT,
    tokens: {
      encoder: SENTENCE,
      decoder: tokensOf(['[BOS]', 'der', 'Tiger', 'sprang', 'herunter', '.']),
    },
    blocks: [
      self(3, 4),
      { ...self(3, 4, true), heads: [4, 2, 4] },
      { stack: 'decoder', kind: 'cross', heads: [4, 2, 4] },
    ],
  },
  hostile: {
    id: 'hostile-1',
    text: '<img src=x onerror=alert(1)>',
    tokens: {
      encoder: tokensOf([
        '<img src=x onerror="document.title=1">',
        '<script>document.title=2</script>',
        '\u202eevil\u202c',
        'שלום',
        'مرحبا',
        'x'.repeat(5000),
        '&lt;b&gt;',
        '👩‍👩‍👧',
        ' ',
        '\n',
        '\t',
        '?ꙮ',
        '',
        '\u0000\u0007',
      ]),
    },
    blocks: [self(2, 2)],
  },
  refused: {
    id: 'refused-1',
    text: TEXT,
    tokens: { encoder: SENTENCE },
    blocks: [{ ...self(4, 4), refused: [1] }],
  },
  hybrid: {
    id: 'hybrid-1',
    text: TEXT,
    tokens: { encoder: SENTENCE },
    blocks: [{ ...self(8, 4), absent: [0, 1, 2, 4, 5, 6] }],
    card: {
      layers: { encoder: 8 },
      withoutAttention: [0, 1, 2, 4, 5, 6].map(layer => ({
        stack: 'encoder',
        layer,
        instead: 'convolution',
      })),
    },
  },
  unusable: {
    id: 'unusable-1',
    text: TEXT,
    tokens: { encoder: SENTENCE },
    blocks: [{ ...self(2, 4), refused: [0, 1] }],
  },
  short: { id: 'short-1', text: 'a', tokens: { encoder: tokensOf(['a']) }, blocks: [self(1, 1)] },
} satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof RECIPES;
