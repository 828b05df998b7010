import { shownLayerRows } from '../../app/addresses';
import { el } from '../../kit/dom';
import { weight2, weight3 } from '../../reading/format';
import { numberName } from '../../draw/measure';
import type { Panel } from '../../app/panel';
import type { AttentionRow } from '../../../protocol/capture';
import { drawTable } from '../../kit/table';
import type { ArcModel } from './arcModel';

const ROWS = 10;
/** Arcs whose exact weights are fetched for a table, at most. */
const MOST_CANDIDATES = 64;

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly value: number;
}

/** The arcs and the matrix of the layer's heads as tables: their largest values. */
export function createArcsTable(
  { store, actions }: Panel,
  model: () => ArcModel | null,
): HTMLElement {
  const arcs = el('div.table');
  const heads = el('div.table');
  store.select(
    state => [
      state.options.table,
      state.options.picture,
      state.options.threshold,
      state.options.grouping,
      state.options.specialTokens,
      state.options.between,
      state.map,
      state.locus,
      state.layerRows,
      state.capture,
    ],
    () => {
      const { options } = store.state;
      const shown = model();
      const isOpen = options.table && options.picture === 'arcs';
      if (!isOpen || !shown) {
        drawTable(arcs, null);
        drawTable(heads, null);
        return;
      }
      drawHeads(heads, shown, shownLayerRows(store.state));
      void strongestArcs(shown, query => actions.rowOf(query)).then(cells => {
        if (model() !== shown || !store.state.options.table) return;
        const name = numberName(store.state.locus?.aggregate ?? 'head');
        drawTable(arcs, {
          caption: `The ${cells.length} strongest arcs of ${weight2(options.threshold)} or more`,
          columns: ['Query', 'Key', name.charAt(0).toUpperCase() + name.slice(1)],
          rows: cells.map(({ row, column, value }) => [
            shown.names.queries[row] ?? '',
            shown.names.keys[column] ?? '',
            weight3(value),
          ]),
        });
      });
    },
  );
  return el('div.arcs-tables', arcs, heads);
}

/** The strongest arcs with their exact numbers: which ones they are is told by the codes of the map. */
async function strongestArcs(
  { choice, shown, codeAt }: ArcModel,
  rowOf: (query: number) => Promise<AttentionRow | null>,
): Promise<Cell[]> {
  const found = (choice?.rows ?? []).flatMap((columns, row) =>
    columns.map(column => ({ row, column, code: codeAt(row, column) })),
  );
  found.sort((a, b) => b.code - a.code);
  // Arcs of one code differ in weight: all that may be among the first are looked up.
  const least = found[Math.min(ROWS, found.length) - 1]?.code ?? 0;
  const strongest = found.slice(0, MOST_CANDIDATES).filter(({ code }) => code >= least);
  const cells = await Promise.all(
    strongest.map(async ({ row, column }) => {
      const weights = await rowOf(shown.queryTokens[row] ?? 0);
      return { row, column, value: weights?.weights[shown.keys[column] ?? -1] ?? NaN };
    }),
  );
  return cells.sort((a, b) => b.value - a.value).slice(0, ROWS);
}

function drawHeads(
  place: HTMLElement,
  { shown, names }: ArcModel,
  rows: readonly AttentionRow[] | null,
): void {
  if (!rows) {
    drawTable(place, null);
    return;
  }
  const cells = rows.flatMap((row, head) =>
    shown.keys.map((key, column) => ({ row: head, column, value: row.weights[key] ?? 0 })),
  );
  const largest = cells.sort((a, b) => b.value - a.value).slice(0, ROWS);
  drawTable(place, {
    caption: `All heads of the layer, from this query: the ${largest.length} largest`,
    columns: ['Head', 'Key', 'Value'],
    rows: largest.map(({ row, column, value }) => [
      `H${row}`,
      names.keys[column] ?? '',
      weight3(value),
    ]),
  });
}
