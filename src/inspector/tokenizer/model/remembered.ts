const WORDS = 20_000;
const LONGEST = 256;

/** `split` that remembers its answers: words repeat. All is forgotten when the table is full. */
export function remembered<T>(split: (word: string) => T): (word: string) => T {
  const known = new Map<string, T>();
  return word => {
    const answer = known.get(word);
    if (answer !== undefined) return answer;
    const computed = split(word);
    if (known.size >= WORDS) known.clear();
    if (word.length <= LONGEST) known.set(word, computed);
    return computed;
  };
}
