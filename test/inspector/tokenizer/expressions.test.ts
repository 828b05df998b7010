import assert from 'node:assert/strict';
import { AlignedText } from '../../../src/inspector/tokenizer/alignedText';
import { createPreTokenizers } from '../../../src/inspector/tokenizer/preTokenizer/createPreTokenizer';
import { splitWords } from '../../../src/inspector/tokenizer/pipeline';
import { InspectorError } from '../../../src/protocol/errors';
import { Oracle } from './oracle';

const TEXTS = [
  'The end, the END 12 é\r\nx',
  "don't DON'T we'RE '\u017f xß ss SS \u1e9e K\u212a k",
  'a\nb\n\nc\n',
  '\n',
  'aaab aab ab b aaaaaa',
  'e\u0301\r\n\u200b\u00ad 日本語 Ελλάς ΣΑΣ ς µ Å',
  '1٣²½ _x-y a&b [a] {2} (b) ^$ \t\v\f\u0085\u2028\u2029\u3000',
  '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~ «»€',
  'foo.bar  baz\u00a0qux 😀👍🏽 x',
  'ABCdef ABC123 abcABC xYz',
];

/** All mean in Oniguruma what they mean here. */
const TRANSLATED = String.raw`
(?i)the|(?-i)[A-Z]+|.
(?i:the|end)|\w+
a(?i)b|c
(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s
(?i:k)
(?i:[a-z]+)
(?i:[^a-z]+)
(?i:σ)
(?i:é)|x
\R|[^\r\n]+
\R
\p{^N}+|.
\P{^L}+
\P{L}+|\p{^N}|.
\p{Graph}+|\p{Alnum}|.
\p{alpha}+|\p{Punct}
[[:punct:]]+
[[:alpha:][:digit:]]+
[[:^space:]]+
[[:print:]]+
[[:cntrl:]]
[[:blank:]]+
[[:upper:]][[:lower:]]*
[[:word:]]+
[[:xdigit:]]+
\h+
\H+
a++b
a*+b?
a?+a
a{1,2}+
a{2}?
a{,2}
a{2,}
a+?b
a??b
(?>a+)b
(?>a|ab)b
^.
.$
^b|c$
\A.
.\z
.\Z
\b.
\B.
\bthe\b
(?m:.+)
.+
\N+
\O{3}
\s+
\S+
\w+
\W+
\d+
\D+
(?x: a b # ab
 )
(?#comment)a
(?<=a)b
(?<!a)b
(?<word>\w)(\d)
(?:(?:a|b)+)
(a|b)*
[]a]+
[^]a]+
[a-]+
[-a]+
[a\-b]+
[\]a]+
[a-c&&[^b]]+
[\w&&[^\d]]+
[^a&&b]+
[a[bc]]+
[\x{41}-\x{43}\u0064]+
\x41|\u0042
\x{1F600}
\t|\v|\f
\p{Han}+
\p{greek}+
\p{lu}+
\p{Letter}+
\p{Uppercase_Letter}+
\p{Emoji}
 ?[^(\s|[.,!?…。，、।۔،])]+
\{2\}
x{
\_\-\.
<\|startoftext\|>|'s|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
[0-9][0-9][0-9]
x*
()
`
  .trim()
  .split(/\n(?! \))/);

const split = (Regex: string) => ({
  type: 'Split',
  pattern: { Regex },
  behavior: 'Isolated',
  invert: false,
});

describe('expressions of tokenizer.json', () => {
  it('split as in the native library', function () {
    this.timeout(300_000);
    const differing: string[] = [];
    for (const pattern of TRANSLATED) {
      const model = { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' };
      const oracle = new Oracle({
        version: '1.0',
        added_tokens: [],
        model,
        pre_tokenizer: split(pattern),
      });
      const preTokenizers = createPreTokenizers(split(pattern));
      for (const text of TEXTS) {
        const words = splitWords({ preTokenizers }, AlignedText.from(text), {}).map(
          word => word.text,
        );
        const expected = oracle.preTokenize(text);
        if (JSON.stringify(words) !== JSON.stringify(expected)) {
          differing.push(`${pattern}: ${JSON.stringify(words)} for ${JSON.stringify(expected)}`);
        }
      }
    }
    assert.deepEqual(differing, []);
  });

  const refused: readonly (readonly [string, RegExp])[] = [
    [String.raw`\X`, /it uses \\X \(a grapheme\), which JavaScript’s expressions lack/],
    [String.raw`\Ga`, /\\G/],
    [String.raw`a\Kb`, /\\K/],
    [String.raw`(a)\1`, /the backreference \\1/],
    [String.raw`(?<n>a)\k<n>`, /\\k</],
    [String.raw`(?<n>a\g<n>?)`, /\\g</],
    ['(?~b)', /the group \(\?~b/],
    ['(?(a)b|c)', /the group \(\?\(a/],
    ['(?i:ss)', /\(\?i\) with “ss”/],
    ['(?i:ß)', /\(\?i\) with “ß”/],
    ['(?i:[ß-ÿ])', /\(\?i\) with “/],
    [String.raw`(?i:[\p{Lu}])`, /\(\?i\) with a class of capitals/],
    [String.raw`\p{InBasic_Latin}`, /the property \\p\{InBasic_Latin\}/],
    [String.raw`(?<=(?>a))b`, /atomic group in a lookbehind/],
    ['a{2,1}', /the quantifier \{2,1\}/],
    [String.raw`\cA`, /control characters/],
    ['(a', /a group has no end/],
    ['a)', /a parenthesis is closed/],
    ['[a', /a class of characters has no end/],
    ['{2}', /a quantifier has nothing before it/],
    ['*a', /a quantifier has nothing before it/],
    ['[b-a]', /a range of characters is empty/],
    ['[[:foo:]]', /\[:foo:\] is no class/],
    ['a\\', /ends in a backslash/],
    [String.raw`\xe9`, /a byte that is no character/],
  ];
  for (const [pattern, message] of refused) {
    it(`refuse ${pattern}, naming the construct`, () => {
      assert.throws(
        () => createPreTokenizers(split(pattern)),
        (error: unknown) => {
          assert.ok(error instanceof InspectorError);
          assert.equal(error.code, 'tokenizer-broken');
          assert.match(error.message, message);
          assert.match(error.message, /“pre_tokenizer\.pattern”/);
          assert.ok(error.message.length < 400);
          return true;
        },
      );
    });
  }

  it('are cut in messages, as other long names are', () => {
    const long = 'a'.repeat(100_000);
    for (const step of [split(`${long}(`), { type: long }]) {
      assert.throws(
        () => createPreTokenizers(step),
        ({ message }: Error) => message.length < 300 && message.includes(`${'a'.repeat(80)}…`),
      );
    }
  });
});
