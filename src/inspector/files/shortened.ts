/** Characters of a name that a sentence has room for. */
const LONGEST = 80;
/** What would break a sentence into lines or turn its direction round. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A name that a file gives, as a sentence may hold it: on one line, 80 characters and then “…”. */
export function shortened(name: string): string {
  const start = Array.from(name.slice(0, 2 * (LONGEST + 1)));
  const shown = start.length > LONGEST ? `${start.slice(0, LONGEST).join('')}…` : start.join('');
  return shown.replace(UNPRINTABLE, ' ');
}
