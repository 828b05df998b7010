import { el, fill } from '../dom';

/** A chart as a table: its largest values in order. */
export interface TableContent {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Draws `content`; the first column names the row. */
export function drawTable(place: HTMLElement, content: TableContent | null): void {
  place.hidden = content === null;
  if (!content) {
    fill(place);
    return;
  }
  const head = el('tr', {});
  head.append(...content.columns.map(text => el('th', { text, attributes: { scope: 'col' } })));
  const body = el('tbody', {});
  for (const [name = '', ...cells] of content.rows) {
    const row = el('tr', {}, el('th', { text: name, attributes: { scope: 'row' } }));
    row.append(...cells.map(text => el('td', { text })));
    body.append(row);
  }
  fill(
    place,
    el('table', {}, el('caption', { text: content.caption }), el('thead', {}, head), body),
  );
}
