import type { SourceFit } from '../../protocol/source';

/** A line of a file, and how it compares with the one that was exported. */
export interface FoundLine {
  /** From 1, within the file. */
  readonly line: number;
  readonly fit: Exclude<SourceFit, 'missing'>;
}

/**
 * Finds a line of source in a file that may have changed since the model was exported: the line itself,
 * else the nearest one that reads the same, else the line of that number.
 * @param code the line as it was, without blanks around it; undefined where it is not known
 */
export function lineInFile(
  lines: readonly string[],
  line: number,
  code: string | undefined,
): FoundLine {
  const bounded = Math.max(1, Math.min(line, lines.length));
  if (code === undefined) return { line: bounded, fit: bounded === line ? 'same' : 'changed' };
  const same = lines.flatMap((text, i) => (text.trim() === code ? [i + 1] : []));
  const [first] = same;
  if (first === undefined) return { line: bounded, fit: 'changed' };
  const nearest = same.reduce(
    (best, at) => (Math.abs(at - line) < Math.abs(best - line) ? at : best),
    first,
  );
  return { line: nearest, fit: nearest === line ? 'same' : 'moved' };
}
