import { characterTest } from './unicode';

/**
 * Ranges of code points that Unicode 9 (2016) had not assigned, as far as Unicode 17 has assigned
 * any of them (DerivedAge.txt). The reference's tables of scripts, combining classes and
 * decompositions end with Unicode 9.
 */
const AFTER_9 = `
  560 588 5eb-5ef 61d 7fb-7ff 85f-89f 8b5 8be-8d3 9fc-a00 a76-a80 afa-b00 b4e-b55 c04 c3a-c3c
  c5b-c5f c70-c77 c84 cd7-cdd cf3-d00 d04 d3b-d3c d80-d81 e85-e86 e89 e8b-e8c e8e-e93 e98 ea0
  ea8-ea9 eac eba ece-ecf 170d 1715-171f 180f 1878-187f 1abf-1aff 1b4c-1b4f 1b7d-1b7f 1c89-1cbf
  1cf7 1cfa-1cff 1df6-1dfa 20bf-20cf 23ff 2427-243f 2b96-2b97 2bba-2bbc 2bc9 2bd2-2beb 2bf0-2bff
  2c2f 2c5f 2e45-2e7f 2ffc-2fff 312e-3130 31bb-31bf 31e4-31ef 32ff 4db6-4dbf 9fd6-9fff a7af
  a7b8-a7f6 a82c-a82f a8fe-a8ff ab66-ab6f fbc2-fbd2 fd40-fd4f fd90-fd91 fdc8-fdef fdfe-fdff
  1019c-1019f 10324-1032f 10570-105ff 10768-107ff 10940-1097f 10a34-10a37 10a48-10a4f
  10d00-10e5f 10e7f-10fff 11070-1107e 110c2-110cf 11144-1114f 111ce-111cf 1123f-1127f
  1133a-1133b 11375-113ff 1145a 1145e-1147f 116b8-116bf 116ca-116ff 1171a-1171c 11740-1189f
  11900-11abf 11af9-11bff 11cb7-11fff 12544-12fff 1342f-143ff 14647-167ff 16a70-16acf
  16b90-16eff 16f45-16f4f 16f7f-16f8e 16fe1-16fff 187ed-187ff 18af3-1afff 1b002-1bbff
  1bca4-1cfff 1d1e9-1d1ff 1d246-1d2ff 1d372-1d3ff 1dab0-1dfff 1e02b-1e7ff 1e94b-1e94f
  1e960-1edff 1f10d-1f10f 1f12f 1f16c-1f16f 1f1ad-1f1e5 1f252-1f2ff 1f6d3-1f6df 1f6f7-1f6ff
  1f774-1f77f 1f7d5-1f7ff 1f8ae-1f90f 1f91f 1f928-1f92f 1f931-1f932 1f93f 1f94c-1f94f
  1f95f-1f97f 1f992-1f9bf 1f9c1-1ffff 2a6d7-2a6ff 2b735-2b73f 2cea2-2f7ff 2fa1e-dffff
`;
/** What Unicode 9 itself added: the reference's table of categories ends with Unicode 8. */
const IN_9 =
  '8b6-8bd 8d4-8e2 c80 1c80-1c88 1dfb 23fb-23fe 2e43-2e44 a7ae a8c5 1123e 11400-1145d 11660-1166c 11c00-11cb6 16fe0 17000-18af2 1e000-1e02a 1e900-1e95f 1f23b';

/** What Unicode 17 added to the word characters: the reference's `regex` crate has those of Unicode 16. */
const WORD_IN_17 =
  '88f c5c cdc 1acf-1add 1ae0-1aeb a7ce-a7cf a7d2 a7d4 a7f1 10940-10959 10ec5-10ec7 10efa-10efb 11b60-11b67 11db0-11ddb 11de0-11de9 16ea0-16eb8 16ebb-16ed3 16ff2-16ff6 187f8-187ff 18d09-18d1e 18d80-18df2 1e6c0-1e6de 1e6e0-1e6f5 1e6fe-1e6ff';

/**
 * Unicode's word characters (UTS 18, annex C), as `\w` of Rust's `regex` crate; a class for
 * expressions with the `v` flag.
 */
export const WORD_CLASS = String.raw`[[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]--${rangesClass(WORD_IN_17)}]`;
export const isWordCharacter = characterTest(new RegExp(`^${WORD_CLASS}$`, 'v'));

/** Character class of what is younger than Unicode 8. */
export const AFTER_UNICODE_8_CLASS = rangesClass(`${AFTER_9} ${IN_9}`);

/** A character younger than Unicode 9, which parts of the reference treat as unassigned. */
export const isAfterUnicode9 = characterTest(new RegExp(`^${rangesClass(AFTER_9)}$`, 'u'));

/** A character younger than Unicode 8. */
export const isAfterUnicode8 = characterTest(new RegExp(`^${AFTER_UNICODE_8_CLASS}$`, 'u'));

function rangesClass(ranges: string): string {
  const items = ranges.trim().split(/\s+/);
  return `[${items.map(item => item.replace(/[0-9a-f]+/g, String.raw`\u{$&}`)).join('')}]`;
}
