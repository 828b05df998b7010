import { isCross } from '../../reading/capture';
import { edgeMenu, headMenu } from '../../app/interventions/menus';
import type { Panel } from '../../app/panel';
import type { CodeGrid } from '../../draw/pixels/pool';
import { isSingleHead } from '../../reading/place';
import { listenForMenu } from '../../kit/contextMenu';
import { CellGrid, listenToLabels } from '../../draw/cellGrid';
import type { DrawnMap } from './mapLayout';
import { anchorOn } from './mapPan';
import type { MapZoom } from './mapZoom';
import { pairName } from './pairName';

/** The grid over the large map: it previews what is pointed at, and zooms by keys. */
export function createMapCells(
  panel: Panel,
  drawn: () => DrawnMap | null,
  zoom: MapZoom,
  /** The cells of the picture; null where only parts of it are there. */
  codes: () => CodeGrid | null,
): CellGrid {
  const { actions, store } = panel;
  const tokensAt = (place: { readonly row: number; readonly column: number } | null) => {
    const shown = drawn()?.shown;
    return [shown?.queryTokens[place?.row ?? -1], shown?.keyTokens[place?.column ?? -1]] as const;
  };
  const grid = new CellGrid({
    size: () => {
      const now = drawn();
      return now && { ...now.geometry, codes: now.isTiled ? null : codes() };
    },
    start: () => {
      const { locus } = store.state;
      const shown = drawn()?.shown;
      return {
        row: shown?.rowOf.get(locus?.query ?? 0) ?? 0,
        column: shown?.columnOf.get(locus?.key ?? 0) ?? 0,
      };
    },
    isChosen: ({ row, column }) => {
      const { locus } = store.state;
      const shown = drawn()?.shown;
      return (
        shown?.rowOf.get(locus?.query ?? -1) === row &&
        shown.columnOf.get(locus?.key ?? -1) === column
      );
    },
    name: place => {
      const [query, key] = tokensAt(place);
      return query === undefined || key === undefined ? '' : pairName(store.state, query, key);
    },
    point: place => {
      const [query = null, key = null] = tokensAt(place);
      if (place) actions.preview(query, key);
      else actions.endPreview();
    },
    commit: place => {
      const [query, key] = tokensAt(place);
      if (query !== undefined && key !== undefined) actions.setPair(query, key);
    },
    largest: async row => {
      const [query] = tokensAt({ row, column: 0 });
      const key = query === undefined ? null : await actions.strongestKeyOf(query);
      return key === null ? null : (drawn()?.shown.columnOf.get(key) ?? null);
    },
    reveal: place => zoom.reveal(place),
    key: (key, place) => {
      const now = drawn();
      return now !== null && zoom.key(key, anchorOn(place, now));
    },
  });
  listenForMenu(grid.element, () => {
    const [query, key] = tokensAt(grid.place());
    const { locus } = store.state;
    if (!locus || query === undefined || key === undefined) return null;
    const { block, layer, head } = locus;
    const heads = isSingleHead(locus) ? [head] : undefined;
    return {
      name: pairName(store.state, query, key),
      groups: [
        edgeMenu(panel, { block, layer, heads, query, key }),
        ...(heads ? [headMenu(panel, { block, layer, head })] : []),
      ],
      anchor: grid.element.querySelector('.map-cell') ?? grid.element,
    };
  });
  grid.label('Weights: rows are queries, columns are keys');
  return grid;
}

/** Labels of rows and columns set the query and the key. */
export function listenToMapLabels(
  { actions, store }: Panel,
  drawn: () => DrawnMap | null,
  axes: SVGSVGElement,
): void {
  const tokenAt = (place: number, isQuery: boolean): number | undefined => {
    const shown = drawn()?.shown;
    return (isQuery ? shown?.queryTokens : shown?.keyTokens)?.[place];
  };
  listenToLabels(axes, {
    choose: (place, isQuery) => {
      const token = tokenAt(place, isQuery);
      if (token === undefined) return;
      if (isQuery) actions.setQuery(token);
      else actions.setKey(token);
    },
    point: (place, isQuery) => {
      const token = place === null ? undefined : tokenAt(place, isQuery);
      const block = store.state.locus?.block;
      if (place === null) {
        actions.endPreview();
        actions.hoverToken(null, 'encoder');
      } else if (token !== undefined && block) {
        actions.preview(isQuery ? token : null, isQuery ? null : token);
        actions.hoverToken(token, !isQuery && isCross(block) ? 'encoder' : block.stack);
      }
    },
  });
}
