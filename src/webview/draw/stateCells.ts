import { el } from '../kit/dom';
import type { CellPlace } from './cellKeys';

/** A cell as it is drawn; null for a token that was left out. */
export interface GridCell {
  readonly text: string;
  /** CSS colour behind the text and of it; absent while it is not known. */
  readonly background?: string;
  readonly ink?: string;
  readonly isBold?: boolean;
  /** A dot in the corner. */
  readonly isMarked?: boolean;
  /** What a screen reader says and a title shows. */
  readonly name: string;
}

/** One column: a token. */
export interface GridColumn {
  readonly token: number;
  readonly label: string;
  readonly isSpecial: boolean;
}

/** What a grid shows: states down, tokens across. */
export interface GridContent {
  readonly name: string;
  readonly states: readonly string[];
  /** Why the attention of the layer that wrote a state is not on show; null where it is. */
  readonly missing: readonly (string | null)[];
  readonly columns: readonly GridColumn[];
  cell(state: number, column: number): GridCell | null;
  /** The cell of the locus; null where the locus is elsewhere. */
  readonly here: CellPlace | null;
  /** Column of the locus's key; null where it is not one of these tokens. */
  readonly key: number | null;
}

/** Width of the states' names, in CSS pixels. */
export const NAMES = 44;

/** The columns that are drawn, and how wide they are in CSS pixels. */
export interface DrawnColumns {
  readonly from: number;
  readonly until: number;
  readonly width: number;
}

/** The tokens above the cells. */
export function headerRow(content: GridContent, columns: DrawnColumns): HTMLElement {
  const corner = el('span.state-corner', {
    text: 'after',
    role: 'columnheader',
    'aria-colindex': 1,
    title: 'Emb: the embeddings. L0: what layer 0 wrote, and so on.',
  });
  const row = el('div.state-row.tokens-row', { role: 'row', 'aria-rowindex': 1 }, corner);
  for (let column = columns.from; column <= columns.until; column++) {
    const { label = '', isSpecial = false, token = 0 } = content.columns[column] ?? {};
    const part = content.here?.column === column ? 'query' : content.key === column ? 'key' : '';
    const name = el('bdi', {
      class: `state-token token-text ${part}${isSpecial ? ' special' : ''}`,
      text: label,
      title: `${label}, token ${token}`,
      role: 'columnheader',
      'aria-colindex': column + 2,
    });
    row.append(placed(name, column, columns));
  }
  return row;
}

/** The cells of one state. */
export function stateRow(
  content: GridContent,
  state: number,
  columns: DrawnColumns,
  hereId: string,
): HTMLElement {
  const isHere = content.here?.row === state;
  const name = content.states[state] ?? '';
  const missing = content.missing[state] ?? null;
  const kinds = ['state-name', isHere ? 'here-row' : '', missing === null ? '' : 'is-missing'];
  const row = el(
    'div.state-row',
    { role: 'row', 'aria-rowindex': state + 2 },
    el('span', {
      class: kinds,
      text: name,
      ...(missing === null ? {} : { title: missing }),
      role: 'rowheader',
      'aria-colindex': 1,
      'aria-label': missing === null ? null : `${name}, ${missing}`,
    }),
  );
  for (let column = columns.from; column <= columns.until; column++) {
    const id = isHere && content.here.column === column ? hereId : null;
    const cell = drawnCell(content.cell(state, column), id);
    cell.dataset['state'] = String(state);
    cell.dataset['column'] = String(column);
    cell.setAttribute('aria-colindex', String(column + 2));
    row.append(placed(cell, column, columns));
  }
  return row;
}

/** @param id of the cell of the locus; null for any other */
function drawnCell(content: GridCell | null, id: string | null): HTMLElement {
  const { text = '', name = 'left out', background, ink } = content ?? {};
  const kinds = [
    'state-cell',
    id === null ? '' : 'here',
    content?.isBold ? 'bold' : '',
    content ? (background === undefined ? 'unknown' : '') : 'out',
  ];
  return el(
    'div',
    {
      class: kinds,
      ...(id === null ? {} : { id }),
      title: name,
      role: 'gridcell',
      'aria-label': name,
      'aria-selected': String(id !== null),
      style: {
        ...(background === undefined ? {} : { 'background-color': background }),
        ...(ink === undefined ? {} : { color: ink }),
      },
    },
    el('bdi', { text }),
    content?.isMarked ? el('i.dot', { 'aria-hidden': 'true' }) : null,
  );
}

function placed(element: HTMLElement, column: number, { width }: DrawnColumns): HTMLElement {
  element.style.left = `${NAMES + column * width}px`;
  element.style.width = `${width - 1}px`;
  return element;
}
