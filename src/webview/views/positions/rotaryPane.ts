import { widthOf } from '../../draw/widthOf';
import { keepDrawn } from '../../app/keepDrawn';
import { number, subscript } from '../../reading/numbers';
import { el, fill } from '../../kit/dom';
import { count } from '../../reading/format';
import type { Panel } from '../../app/panel';
import { wavelength } from './formulaMath';
import { phasePicture, sharePixels } from './pictures';
import { positionPlace, type PositionPlace } from './positionPlace';
import { rotation, type Rotation, dialPairs } from './rotary';
import type { CellPlace } from '../../draw/cellKeys';
import type { TableContent } from '../../kit/table';
import { createFigurePane, rampItem } from './figurePane';
import { MatrixChart } from '../../draw/matrixChart';
import { svg } from '../../kit/svgElement';

/** Rotary positions (Su et al. 2021): the angle of each pair at the two positions, and by distance. */
export function createRotaryPane(panel: Panel): HTMLElement {
  const { store, actions } = panel;
  const pane = createFigurePane(panel, 'Rotary (RoPE)');
  const dialPlace = el('div.dial-row');
  const caption = el('p.muted.figure-words');
  const facts = el('p.muted.figure-words.facts-line');
  let pointed: CellPlace | null = null;
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
    if (shown && place && width() > 0) fill(dialPlace, dials(shown, place, width()));
  };
  const width = widthOf(dialPlace, drawDials);
  keepDrawn(
    store,
    state => [rotation(state), state.positions.look, state.options.colorMap],
    state => {
      const shown = rotation(state);
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

const MOST_DIALS = 8;
const RADIUS = 17;
const ARC = 8;
const HEIGHT = 68;
const MIDDLE = 34;
/** Angles are counted from the top. */
const TOP = -Math.PI / 2;

/** The direction of some pairs of dimensions at the two positions, and the cosine between them. */
function dials(rotation: Rotation, place: PositionPlace, width: number): SVGSVGElement {
  const pairs = dialPairs(rotation, MOST_DIALS);
  const pitch = width / Math.max(1, pairs.length);
  const radius = Math.min(RADIUS, pitch / 2 - 3);
  const parts = pairs.flatMap((pair, i) => {
    const turn = rotation.frequencies[pair] ?? 0;
    return dial(pair, turn, place, { x: (i + 0.5) * pitch, radius });
  });
  return svg(
    'svg',
    { class: 'dials', width, height: HEIGHT, role: 'img', 'aria-label': label(rotation, place) },
    ...parts,
  );
}

function dial(
  pair: number,
  turn: number,
  { query, key, offset }: PositionPlace,
  { x, radius }: { x: number; radius: number },
): SVGElement[] {
  const hand = (position: number, ink: string): SVGElement => {
    const angle = position * turn + TOP;
    return svg('line', {
      class: `hand ${ink}`,
      x1: x,
      y1: MIDDLE,
      x2: (x + radius * Math.cos(angle)).toFixed(2),
      y2: (MIDDLE + radius * Math.sin(angle)).toFixed(2),
    });
  };
  const word = (text: string, y: number, kind: string): SVGElement =>
    svg('text', { x, y, 'text-anchor': 'middle', class: kind }, text);
  return [
    svg('circle', { cx: x, cy: MIDDLE, r: radius }),
    ...(key === null ? [] : [arc(query * turn, key * turn, x, radius), hand(key, 'key')]),
    hand(query, 'query'),
    word(`θ${subscript(pair)}`, 11, 'muted-ink'),
    ...(offset === null ? [] : [word(number(Math.cos(offset * turn), 2), HEIGHT - 4, 'value')]),
  ];
}

/** The shorter way from the key's direction to the query's. */
function arc(query: number, key: number, x: number, radius: number): SVGElement {
  const size = Math.min(ARC, radius - 3);
  const apart = Math.atan2(Math.sin(query - key), Math.cos(query - key));
  const point = (angle: number): string =>
    `${(x + size * Math.cos(angle + TOP)).toFixed(2)} ${(MIDDLE + size * Math.sin(angle + TOP)).toFixed(2)}`;
  const sweep = apart > 0 ? 1 : 0;
  return svg('path', {
    class: 'arc',
    d: `M${point(key)}A${size} ${size} 0 0 ${sweep} ${point(key + apart)}`,
  });
}

function label(rotation: Rotation, { query, key, offset }: PositionPlace): string {
  if (key === null || offset === null) return `Directions at position ${query}`;
  const cosines = dialPairs(rotation, MOST_DIALS).map(
    pair => `pair ${pair} ${number(Math.cos(offset * (rotation.frequencies[pair] ?? 0)), 2)}`,
  );
  return `Cosine between the directions at ${query} and ${key}: ${cosines.join(', ')}`;
}
