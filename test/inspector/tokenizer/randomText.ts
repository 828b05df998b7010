/** First and last code point of the scripts and signs that texts are made of. */
const BLOCKS: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0x61, 0x7a],
  [0x00, 0x20],
  [0x7f, 0xa0],
  [0xa1, 0xff],
  [0x100, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x4ff],
  [0x530, 0x6ff],
  [0x900, 0x97f],
  [0xb80, 0xbff],
  [0xe00, 0xe7f],
  [0x1100, 0x11ff],
  [0x1ab0, 0x1aff],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x20d0, 0x20ff],
  [0x2100, 0x218f],
  [0x2460, 0x25ff],
  [0x3000, 0x30ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xd800, 0xdfff],
  [0xe000, 0xe0ff],
  [0xf900, 0xfaff],
  [0xfb00, 0xfdff],
  [0xfe00, 0xffff],
  [0x1d400, 0x1d7ff],
  [0x1f1e6, 0x1f1ff],
  [0x1f300, 0x1faff],
  [0x20000, 0x2a6df],
  [0x0, 0x2ffff],
];
const WORDS =
  "the quick brown fox tokenization internationalization don’t it’s we'll I'm naïve café Straße ΟΔΥΣΣΕΥΣ İstanbul ﬁne ½ ① ٣ 中文字 日本語テキスト 한국어 हिन्दी ไทย עברית العربية 👩‍👩‍👧‍👦 👋🏽 🇩🇪 e\u0301\u0323 function return {x: 1}; // !== __init__ 1234567 3.14 https://a.b/c?d=e#f ▁ Ġ <0x0A> \u200b \ufeff \u0085".split(
    ' ',
  );
const SPACES = [' ', ' ', ' ', '  ', '\n', '\t', '\r\n', '    ', '\u00a0', '\u3000', ''];

/** A text of words, signs of many scripts, spaces of all kinds and `extras`. */
export function randomText(random: () => number, extras: readonly string[]): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const parts: string[] = [];
  const count = 1 + Math.floor(random() * 12);
  for (let i = 0; i < count; i++) {
    const dice = random();
    if (dice < 0.45) parts.push(pick(WORDS));
    else if (dice < 0.55 && extras.length > 0) parts.push(pick(extras));
    else {
      const [first, last] = pick(BLOCKS);
      const length = 1 + Math.floor(random() * 6);
      for (let k = 0; k < length; k++) {
        parts.push(String.fromCodePoint(first + Math.floor(random() * (last - first + 1))));
      }
    }
    if (random() < 0.7) parts.push(pick(SPACES));
  }
  return parts.join('');
}
