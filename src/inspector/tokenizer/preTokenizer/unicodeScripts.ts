import type { AlignedText } from '../alignedText';

/** Script names that Unicode had when the reference's table was made. */
const SCRIPTS =
  'Latin Common Inherited Han Hiragana Katakana Hangul Cyrillic Arabic Greek Hebrew Devanagari Thai Adlam Ahom Anatolian_Hieroglyphs Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Coptic Cuneiform Cypriot Cypro_Minoan Deseret Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Gujarati Gunjala_Gondi Gurmukhi Hanifi_Rohingya Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangut Telugu Thaana Tibetan Tifinagh Tirhuta Ugaritic Vai Wancho Warang_Citi Yezidi Yi Zanabazar_Square';
const tests = SCRIPTS.split(' ').map(name => ({
  name,
  pattern: new RegExp(`^\\p{Script=${name}}$`, 'u'),
}));
const known = new Map<string, string | undefined>();

/** The script by which Japanese is not split, spaces belong to any, and ー is Han. */
function scriptOf(char: string): string | undefined {
  if (char === ' ') return undefined;
  if (char === 'ー') return 'Han';
  let script = known.get(char);
  if (script === undefined) {
    script = tests.find(({ pattern }) => pattern.test(char))?.name ?? 'Unknown';
    if (script === 'Hiragana' || script === 'Katakana') script = 'Han';
    known.set(char, script);
  }
  return script;
}

/** Splits where the script changes; spaces stay with what stands before them, leading ones are lost. */
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
