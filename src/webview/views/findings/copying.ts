/**
 * Copies a text.
 * @param say is told that it was done, or that the browser did not allow it
 */
export function copyText(text: string, say: (words: string) => void): void {
  navigator.clipboard.writeText(text).then(
    () => say('Copied'),
    () => say('Not allowed to copy'),
  );
}
