import { number } from '../../reading/numbers';
import { el, fill } from '../../kit/dom';
import { count } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { wavelength } from './formulaMath';
import { phasePicture, sharePixels } from './pictures';
import { positionPlace, type PositionPlace } from './positionPlace';
import { rotation, type Rotation } from './rotary';
import type { CellPlace } from '../../draw/cellKeys';
import type { TableContent } from '../../kit/table';
import { dials } from './dials';
import { createFigurePane, rampItem } from './figurePane';
import { MatrixChart } from '../../draw/matrixChart';

/** Rotary positions (Su et al. 2021): the angle of each pair at the two positions, and by distance. */
export function createRotaryPane(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const pane = createFigurePane(panel, 'Rotary (RoPE)');
  const dialPlace = el('div', { class: 'dial-row' });
  const caption = el('p', { class: 'muted figure-words' });
  const facts = el('p', { class: 'muted figure-words facts-line' });
  let pointed: CellPlace | null = null;
  let width = 0;
  const start = (): CellPlace => ({
    row: Math.min(
      store.state.positions.look.pair,
      (rotation(store.state)?.frequencies.length ?? 1) - 1,
    ),
    column: Math.abs(positionPlace(store.state)?.offset ?? 0),
  });
  const read = ({ row, column }: CellPlace): string => {
    const shown = rotation(store.state);
    return shown ? reading(shown, row, column) : '';
  };
  const chart = new MatrixChart({
    start,
    name: read,
    point: place => {
      pointed = place;
      pane.reading.textContent = read(pointed ?? start());
    },
    commit: ({ row }) => actions.lookAtPositions({ pair: row }),
  });
  pane.picture.append(dialPlace, caption, chart.element, facts);
  const drawDials = (): void => {
    const shown = rotation(store.state);
    const place = positionPlace(store.state);
    if (!shown || !place || width === 0) return;
    fill(dialPlace);
    dialPlace.append(dials(shown, place, width));
  };
  new ResizeObserver(() => {
    if (dialPlace.clientWidth === width) return;
    width = dialPlace.clientWidth;
    drawDials();
  }).observe(dialPlace);
  store.select(
    state => [
      rotation(state),
      state.locus,
      state.positions.look,
      state.options.colorMap,
      state.theme,
      state.themeVersion,
      state.options.table,
    ],
    shown => {
      const { state } = store;
      const place = positionPlace(state);
      const picture = phasePicture(state);
      if (!shown || !place || !picture) return;
      const distance = place.offset === null ? null : Math.abs(place.offset);
      pane.tag(shown.isOwn ? 'this model' : 'reference');
      pane.words.textContent = 'q and k are rotated by position × θᵢ; only the distance remains.';
      caption.textContent =
        distance === null
          ? 'Direction of the query, by pair of dimensions'
          : 'cos of the angle between q and k, by pair of dimensions';
      drawDials();
      chart.show(picture);
      chart.mark(distance === null ? [] : [{ shape: 'frame', ink: 'plain', column: distance }]);
      facts.textContent = factsOf(shown);
      fill(
        pane.legend,
        rampItem('in phase', 'opposite', sharePixels(state), phaseNote(distance, picture)),
      );
      pane.reading.textContent = read(pointed ?? start());
      pane.table(state.options.table ? tableOf(shown, place) : null);
    },
  );
  return pane.element;
}

function phaseNote(
  distance: number | null,
  { grid }: { readonly grid: { readonly columns: number } },
): string {
  if (distance === null) return '(1 − cos)/2, pair × distance';
  return distance < grid.columns
    ? `(1 − cos)/2, pair × distance, ${distance} outlined`
    : `(1 − cos)/2, pair × distance; ${count(distance)} lies beyond`;
}

/** “base 10,000 · 32 of 32 dimensions are rotated”. */
function factsOf({ base, scaling, rotaryDim, headDim, isInterleaved, isOwn }: Rotation): string {
  const pairs =
    isInterleaved === undefined
      ? null
      : isInterleaved
        ? 'pairs (0, 1), (2, 3), …'
        : `pairs (0, ${rotaryDim / 2}), (1, ${rotaryDim / 2 + 1}), …`;
  return [
    base === undefined ? (isOwn ? 'no single base' : null) : `base ${count(Math.round(base))}`,
    scaling === undefined ? null : `scaling ${scaling}`,
    `${rotaryDim} of ${headDim} dimensions of a head are rotated`,
    pairs,
  ]
    .filter(one => one !== null)
    .join(' · ');
}

function reading({ frequencies }: Rotation, pair: number, distance: number): string {
  const turn = frequencies[pair] ?? 0;
  const long = wavelength(turn);
  const length = long >= 1000 ? count(Math.round(long)) : long.toPrecision(3);
  return `pair ${pair}: a turn takes ${length} positions; cos ${number(Math.cos(turn * distance), 3)} at distance ${distance}`;
}

/** Every pair at the two positions. */
function tableOf({ frequencies }: Rotation, { query, key, offset }: PositionPlace): TableContent {
  return {
    caption:
      offset === null
        ? `Angles of the pairs at position ${query}, in radians`
        : `Angles of the pairs at positions ${query} and ${key ?? ''}, in radians`,
    columns: ['Pair', 'θ', `at ${query}`, ...(offset === null ? [] : [`at ${key ?? ''}`, 'cos'])],
    rows: Array.from(frequencies, (turn, pair) => [
      String(pair),
      turn.toPrecision(5),
      number(turn * query, 4),
      ...(key === null || offset === null
        ? []
        : [number(turn * key, 4), number(Math.cos(turn * offset), 4)]),
    ]),
  };
}
