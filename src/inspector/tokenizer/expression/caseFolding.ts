/** Characters that differ in case alone, by each of them; computed when it is first needed. */
let folded: ReadonlyMap<string, readonly string[]> | undefined;

/** `char` with all characters that differ from it in case alone (simple case folding). */
export function caseVariants(char: string): readonly string[] {
  folded ??= variants();
  return folded.get(char) ?? [char];
}

/** Foldings of one character into several: `ß` and `ss`. Keys are the several, in lower case. */
let expansions: readonly string[] | undefined;

/**
 * A stretch of `text` that case-insensitive search takes for one character, or the other way round;
 * undefined where there is none.
 */
export function foldedIntoSeveral(text: string): string | undefined {
  expansions ??= [...new Set(severalFold().map(([, several]) => several))];
  const lower = text.toLowerCase();
  return (
    expansions.find(several => lower.includes(several)) ??
    Array.from(text).find(char => severalFold().some(([one]) => one === char))
  );
}

let pairs: readonly (readonly [one: string, several: string])[] | undefined;

/** Characters whose upper case has several characters (SpecialCasing.txt), with these in lower case. */
function severalFold(): readonly (readonly [string, string])[] {
  if (pairs) return pairs;
  const found: (readonly [string, string])[] = [];
  for (const char of cased()) {
    const upper = char.toUpperCase();
    const lower = char.toLowerCase();
    if (Array.from(upper).length > 1) found.push([char, upper.toLowerCase()]);
    else if (Array.from(lower).length > 1) found.push([char, lower]);
  }
  return (pairs = found);
}

function variants(): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const char of cased()) {
    for (const other of [char.toLowerCase(), char.toUpperCase()]) {
      if (other === char || Array.from(other).length > 1) continue;
      // Capitals without a folding of their own, such as that of ı, are no variants.
      if (!new RegExp(`^${other}$`, 'iu').test(char)) continue;
      const joined = [
        ...new Set([...(groups.get(char) ?? [char]), ...(groups.get(other) ?? [other])]),
      ];
      for (const each of joined) groups.set(each, joined);
    }
  }
  return groups;
}

function* cased(): Generator<string> {
  for (let code = 0x41; code < 0x1e944; code++) {
    // Between these there is nothing with a case.
    if (code === 0x3000) code = 0xa640;
    if (code === 0xac00) code = 0xfb00;
    const char = String.fromCodePoint(code);
    if (char.toLowerCase() !== char || char.toUpperCase() !== char) yield char;
  }
}
