import { isCross } from '../../reading/capture';
import { compared, comparisonError, isTooLong, type Named } from './wanted';
import type { Place, RunName } from './runPlaces';
import { el } from '../../kit/dom';
import { count } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { LARGEST_WHOLE_MAP } from '../../../protocol/tiles';
import type { State } from '../../app/state';
import { viewPalette } from '../../app/viewPalette';
import { TokenMap, type MapContent } from '../../draw/tokenMap';
import { createPane } from '../../shell/pane';
import { drawRunStatus } from '../../shell/runStatus';
import { drawTable, type TableContent } from '../../kit/table';

/** A column of the Masking view: one run's map with its words and controls. */
export interface MapColumn {
  /** The pane's name, by which it is folded. */
  readonly name: string;
  readonly run: RunName;
  readonly controls: HTMLElement;
  readonly legend: HTMLElement;
  title(state: State): string;
  words(state: State): string;
  /** What else the picture follows, beside the comparisons. */
  watches?(state: State): unknown;
  /** What the map is read under. */
  source(state: State): Named;
  /** The map whose rows and columns are drawn; null while there is none. */
  place(state: State): Place | null;
  content(state: State): MapContent | null;
  /** What a cell holds, for screen readers: `weight .613`. */
  cell(state: State, query: number, key: number): string;
  table(state: State): TableContent | null;
  /** What stands in place of the map where none is wanted. */
  absent(state: State): string;
}

/** Draws a column; while its run is under way the picture before stays, dimmed. */
export function createMapColumn(panel: Panel, column: MapColumn): HTMLElement {
  const { store, actions } = panel;
  const pane = createPane(panel, column.name);
  const words = el('p.muted.mask-words');
  const status = el('div.mask-status', { role: 'status' });
  const note = el('span.legend-item.detail');
  const table = el('div.table');
  const map = new TokenMap(
    {
      point: (query, key) => {
        const place = column.place(store.state);
        if (query === null && key === null) actions.endPreview();
        else if (place) actions.preview(place.queries.back(query), place.keys.back(key));
        const block = store.state.locus?.block;
        if (!place || !block) return;
        const token = place.keys.back(key) ?? place.queries.back(query);
        actions.hoverToken(token, key !== null && isCross(block) ? 'encoder' : block.stack);
      },
      choose: (query, key) => {
        const place = column.place(store.state);
        const [row, cell] = [place?.queries.back(query) ?? null, place?.keys.back(key) ?? null];
        if (row !== null && cell !== null) actions.setPair(row, cell);
        else if (row !== null) actions.setQuery(row);
        else if (cell !== null) actions.setKey(cell);
      },
      name: (query, key) => column.cell(store.state, query, key),
    },
    text => {
      note.textContent = text;
      note.hidden = text === '';
    },
  );
  column.legend.append(note);
  const picture = el('div.mask-picture', status, map.element);
  pane.element.classList.add('mask-column');
  pane.body.append(words, column.controls, picture, column.legend, table);

  const mark = (): void => {
    const place = column.place(store.state);
    const { locus, preview } = store.state;
    if (!place || !locus) return;
    const { queries, keys } = place;
    map.mark({
      query: queries.of(locus.query),
      key: keys.of(locus.key),
      hover: preview && {
        query: queries.of(preview.query ?? locus.query),
        key: keys.of(preview.key ?? locus.key),
      },
    });
  };
  store.select(
    state => [
      state.capture,
      state.locus,
      state.sides,
      state.answers,
      state.options,
      state.models,
      column.watches?.(state),
    ],
    () => {
      const { state } = store;
      pane.title(column.title(state));
      words.textContent = column.words(state);
      drawStatus(panel, column, status);
      const isThere = column.place(state) !== null || isRunning(state, column.run);
      map.element.hidden = !isThere || status.classList.contains('failed');
      column.legend.hidden = map.element.hidden;
      const waits = column.content(state) === null || isRunning(state, column.run);
      picture.classList.toggle('pending', waits);
      drawTable(table, state.options.table ? column.table(state) : null);
    },
  );
  store.select(
    state => [
      state.capture,
      compared(state, column.source(state)),
      column.place(state)?.capture,
      viewPalette(state),
      state.options.specialTokens,
      state.themeVersion,
      column.watches?.(state),
    ],
    () => {
      const content = column.content(store.state);
      if (!content) return;
      map.show(content);
      mark();
    },
  );
  store.select(
    state => [state.locus, state.preview, state.sides, state.capture, state.answers],
    mark,
  );
  return pane.element;
}

const isRunning = ({ sides }: State, run: RunName): boolean =>
  run !== 'main' && sides[run].kind === 'running';

/** Says what a run is doing, why it failed, or that there is none; empty beside a map. */
function drawStatus(
  { store, actions, sides }: Panel,
  column: MapColumn,
  status: HTMLElement,
): void {
  const { state } = store;
  const run = column.run === 'main' ? null : column.run;
  const side = run && state.sides[run];
  const place = column.place(state);
  const error = comparisonError(state, column.source(state));
  const failure = side?.kind === 'failed' ? side.error.message : error;
  const tooLong = place && isTooLong(place) ? longSentence(place) : null;
  const problem = failure ?? tooLong;
  const again = (): void => {
    if (run) sides.again(run);
    else actions.remedy('runAgain');
  };
  drawRunStatus(
    status,
    {
      doing: side?.kind === 'running' ? side.progress.label : null,
      problem,
      otherwise: place ? null : column.absent(state),
    },
    { cancel: () => actions.cancel(), again: tooLong === null ? again : null },
  );
}

function longSentence({ queries, keys }: Place): string {
  const longest = Math.max(queries.tokens.length, keys.tokens.length);
  return `Maps are compared whole, up to ${count(LARGEST_WHOLE_MAP)} tokens; this run has ${count(longest)}. Inspect a shorter text, or look at this one in the Attention view.`;
}
