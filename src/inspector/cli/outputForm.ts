/** How what was found is printed: for people, for programs, or for code scanning. */
export type OutputForm = 'text' | 'json' | 'sarif';

/** The form that was asked for; undefined where two were. */
export function outputForm(given: {
  readonly json: boolean;
  readonly sarif: boolean;
}): OutputForm | undefined {
  if (given.json && given.sarif) return undefined;
  return given.json ? 'json' : given.sarif ? 'sarif' : 'text';
}

/** JSON in lines; what is infinite is the largest number, as JSON has none that is. */
export function printedJson(value: object): string {
  const finite = (_: string, one: unknown) => (one === Infinity ? Number.MAX_VALUE : one);
  return `${JSON.stringify(value, finite, 2)}\n`;
}
