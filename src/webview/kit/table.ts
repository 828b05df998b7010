import { el, fill } from './dom';

/** A chart as a table: its largest values in order. */
export interface TableContent {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table whose first column names the row. */
export function createTable(
  columns: readonly string[],
  rows: readonly (readonly (string | Node)[])[],
  caption: HTMLElement | null = null,
): HTMLElement {
  const head = el('tr');
  head.append(...columns.map(text => (text === '' ? el('td') : el('th', { text, scope: 'col' }))));
  const body = el('tbody');
  for (const [name = '', ...cells] of rows) {
    const row = el('tr', el('th', { scope: 'row' }, name));
    row.append(...cells.map(cell => el('td', cell)));
    body.append(row);
  }
  return el('table', caption, el('thead', head), body);
}

/** Draws `content`, or nothing; the first column names the row. */
export function drawTable(place: HTMLElement, content: TableContent | null | false): void {
  place.hidden = !content;
  if (!content) {
    fill(place);
    return;
  }
  const { columns, rows, caption } = content;
  fill(place, createTable(columns, rows, el('caption', caption)));
}
