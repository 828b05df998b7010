/** Characters that are none: a template has no use for them. */
const [OPENS, CLOSES] = ['\ufdd0', '\ufdd1'];

const TAG = /(^[ \t]*)?\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}\n?/gm;

/**
 * A template whose `{% generation %}` tags write a sign each; undefined where it has none. Line breaks
 * and indentation go as `trim_blocks` and `lstrip_blocks` let them go with a tag.
 */
export function withGenerationSigns(source: string): string | undefined {
  if (!/\{%[-+]?\s*generation\b/.test(source) || source.includes(OPENS)) return undefined;
  return source.replace(TAG, (_, __, before: string, end: string | undefined, after: string) => {
    const trims = (sign: string) => (sign === '-' ? '-' : '');
    return `{{${trims(before)} '${end ? CLOSES : OPENS}' ${trims(after)}}}`;
  });
}

/**
 * What the template says that the assistant writes, as ranges of the plain text; undefined where the
 * signs changed more than that.
 */
export function generationOf(
  plain: string,
  signed: string,
): readonly { readonly start: number; readonly end: number }[] | undefined {
  const ranges: { start: number; end: number }[] = [];
  let taken = 0;
  let start = 0;
  for (const { 0: sign, index } of signed.matchAll(/[\ufdd0\ufdd1]/g)) {
    const at = index - taken++;
    if (sign === OPENS) start = at;
    else ranges.push({ start, end: at });
  }
  return signed.replace(/[\ufdd0\ufdd1]/g, '') === plain ? ranges : undefined;
}
