import type { AlignedText } from '../alignedText';
import { isAfterUnicode9 } from '../unicodeAge';

/** The scripts of Unicode 9, where the reference's table ends. */
const SCRIPTS =
  'Latin Common Inherited Han Hiragana Katakana Hangul Cyrillic Arabic Greek Hebrew Devanagari Thai Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Coptic Cuneiform Cypriot Cypro_Minoan Deseret Duployan Egyptian_Hieroglyphs Elbasan Ethiopic Georgian Glagolitic Gothic Grantha Gujarati Gurmukhi Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Kayah_Li Kharoshthi Khmer Khojki Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Malayalam Mandaic Manichaean Marchen Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean New_Tai_Lue Newa Nko Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sora_Sompeng Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Tibetan Tifinagh Tirhuta Ugaritic Vai Warang_Citi Yi';
const tests = SCRIPTS.split(' ').map(name => ({
  name,
  pattern: new RegExp(`^\\p{Script=${name}}$`, 'u'),
}));
/** The kana count as Han, so that Japanese is not split. */
const HAN = new Set(['Han', 'Hiragana', 'Katakana']);
/** ー is Han by the reference's own rule; the others have had another script since Unicode 9. */
const known = new Map<string, string | undefined>([
  ['ー', 'Han'],
  ['\u0589', 'Common'],
  ['\u061c', 'Common'],
  ['\u0953', 'Devanagari'],
  ['\u0954', 'Devanagari'],
]);

/** The script of `char`; `undefined` for spaces and what the table lacks, which go with any. */
function scriptOf(char: string): string | undefined {
  if (char === ' ' || isAfterUnicode9(char)) return undefined;
  if (known.has(char)) return known.get(char);
  const name = tests.find(({ pattern }) => pattern.test(char))?.name;
  const script = name !== undefined && HAN.has(name) ? 'Han' : name;
  known.set(char, script);
  return script;
}

/**
 * Splits where the script changes. What has no script stays with what stands before it and is lost
 * at the beginning of the text, as in the reference.
 */
export function splitByScript(text: AlignedText): AlignedText[] {
  const cuts: number[] = [];
  let last: string | undefined;
  let at = 0;
  for (const char of text.text) {
    const script = scriptOf(char);
    if (script !== undefined && script !== last) {
      cuts.push(at);
      last = script;
    }
    at += char.length;
  }
  return cuts.map((from, i) => text.slice(from, cuts[i + 1]));
}
