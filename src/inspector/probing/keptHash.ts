/** Hashes that are kept, at most. */
const MOST_KEPT = 16;

/**
 * A function that hashes what lies at a path, once for as long as its stamp stays the same.
 * @param stampOf changes whenever the files may have changed
 */
export function keptHash(
  stampOf: (path: string) => Promise<string>,
  hashOf: (path: string) => Promise<string>,
): (path: string) => Promise<string> {
  const kept = new Map<string, { readonly stamp: string; readonly hash: string }>();
  return async path => {
    const stamp = await stampOf(path);
    const found = kept.get(path);
    if (found?.stamp === stamp) return found.hash;
    const hash = await hashOf(path);
    kept.set(path, { stamp, hash });
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return hash;
  };
}
