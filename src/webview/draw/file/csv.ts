import { exactNumber } from './exactNumber';
import type { FigureTable, Fact } from './figureTable';

/** What spreadsheets take for a formula, a command or white space before one. */
const FORMULA = /^[\s]*[=+\-@\t\r]/;

/** A table as CSV (RFC 4180): lines that begin with `#` say what it is, then a header, then the rows. */
export function toCsv({ columns, rows }: FigureTable, facts: readonly Fact[]): string {
  const comments = facts.map(([name, value]) => quoted(`# ${name}: ${oneLine(value)}`));
  const lines = rows.map(row => row.map(cell).join(','));
  return [...comments, columns.map(cell).join(','), ...lines, ''].join('\r\n');
}

function cell(value: string | number): string {
  if (typeof value === 'number') return exactNumber(value);
  return quoted(FORMULA.test(value) ? `'${value}` : value);
}

const quoted = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;

/** Line breaks as `\n`: a comment ends with its line. */
const oneLine = (value: string): string => value.replace(/\r/g, '\\r').replace(/\n/g, '\\n');
