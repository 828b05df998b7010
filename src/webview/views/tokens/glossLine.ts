import { el, tokenSpan } from '../../kit/dom';
import { monoWidth } from '../../draw/textWidth';
import type { Range } from '../../reading/tokenLookup';
import { shorten, visible } from '../../reading/tokenText';

/** How the parts of a row look: running text, words in boxes, tokens as chips, numbers. */
export type RowLook = 'text' | 'words' | 'chips' | 'numbers';

/** A row of the gloss: the same text at another stage. */
export interface GlossRow {
  readonly name: string;
  readonly title: string;
  readonly look: RowLook;
}

/** A stretch of text in one row and column. */
export interface GlossPart {
  readonly text: string;
  /** Class names: `begins`, `ends`, `changed`, `unknown`, `special`, `differs`. */
  readonly marks: string;
}

/** What stands one below the other. */
export interface GlossColumn {
  readonly range: Range | null;
  /** What choosing the column chooses; null where it stands for no token. */
  readonly token: number | null;
  /** Belongs to the word of the column before. */
  readonly joined: boolean;
  /** For screen readers. */
  readonly label: string;
  readonly cells: readonly (readonly GlossPart[])[];
}

export interface GlossContent {
  readonly rows: readonly GlossRow[];
  readonly columns: readonly GlossColumn[];
}

export const ROW_HEIGHT = 22;
/** Longest text of a part. */
const LIMIT = 40;
/** Font sizes and what surrounds a part's text, by look. */
const FONT: Record<RowLook, number> = { text: 12.5, words: 12.5, chips: 12.5, numbers: 10.5 };
const FRAME = 11;
/** Targets are at least this wide. */
const NARROWEST = 24;

const written = (part: GlossPart): string => shorten(visible(part.text), LIMIT);

/** Width of a column: that of its widest cell. */
export function columnWidth(column: GlossColumn, rows: readonly GlossRow[]): number {
  const widths = column.cells.map((parts, row) =>
    parts.reduce(
      (sum, part) =>
        sum + Math.ceil(monoWidth(written(part), FONT[rows[row]?.look ?? 'text'])) + FRAME,
      0,
    ),
  );
  return Math.max(column.token === null ? 0 : NARROWEST, ...widths);
}

/** Draws a column as an option of the gloss's list box. */
export function drawColumn(
  column: GlossColumn,
  rows: readonly GlossRow[],
  place: { readonly id: string; readonly index: number; readonly count: number },
): HTMLElement {
  const element = el('div.gloss-column', {
    id: place.id,
    role: 'option',
    'aria-selected': 'false',
    'aria-posinset': place.index + 1,
    'aria-setsize': place.count,
    'data-index': place.index,
  });
  element.append(el('span.visually-hidden', column.label));
  column.cells.forEach((parts, row) => {
    const cell = el('div', { class: `gloss-cell ${rows[row]?.look ?? ''}`, 'aria-hidden': 'true' });
    for (const part of parts) {
      const span = tokenSpan(written(part));
      span.className = `part ${part.marks}`;
      cell.append(span);
    }
    element.append(cell);
  });
  return element;
}

/** The names of the rows, at the left of each line; screen readers hear them in the columns. */
export function drawNames(rows: readonly GlossRow[], top: number): HTMLElement {
  const element = el('div.gloss-names', { style: { top: `${top}px` }, 'aria-hidden': 'true' });
  for (const { name, title } of rows) element.append(el('span', { text: name, title }));
  return element;
}
