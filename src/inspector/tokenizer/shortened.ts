/** Characters of a file's own words that a message repeats. */
const MOST = 80;

/** The beginning of what a file spells, for a message: files may hold names of any length. */
export function shortened(text: string): string {
  if (text.length <= MOST) return text;
  // Cut between characters.
  const end = /[\ud800-\udbff]/.test(text.charAt(MOST - 1)) ? MOST - 1 : MOST;
  return `${text.slice(0, end)}…`;
}
