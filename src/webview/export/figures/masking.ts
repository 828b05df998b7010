import { InspectorError } from '../../../protocol/errors';
import { SHARE_PARTS, type SharePart } from '../../../protocol/comparison';
import type { AttentionRow } from '../../../protocol/capture';
import { count, percent } from '../../format';
import { compared } from '../../masking/comparisons';
import { placeOf, type Place, type RunName } from '../../masking/places';
import { changeOf } from '../../masking/sideWishes';
import { signedMap } from '../../masking/signedMap';
import { changeWords, runTitle } from '../../masking/words';
import { displayCodes } from '../../render/displayMap';
import type { State } from '../../state';
import { themeColor } from '../../theme';
import { label, shorten } from '../../tokenText';
import { unitsOf } from '../../units';
import { shownCells } from '../../views/attention/shownCells';
import type { MapContent } from '../../views/map/tokenMap';
import { content as changedContent, shownPlace } from '../../views/masking/changedColumn';
import { NAMES } from '../../views/masking/shares';
import { weightContent } from '../../views/masking/weightContent';
import type { FigureContext, FigureSource, Picture } from '../figure';
import { readInks, SANS } from '../inks';
import type { Fact } from '../provenance';
import { tag, text } from '../svg';
import { MOST_CELLS } from './exactRows';
import { gridPicture } from './gridPicture';
import { differenceRamp, weightRamp } from './legend';

const LABEL_LIMIT = 14;
const RUNS: Record<RunName, string> = { main: 'A', other: 'B', changed: 'C' };
const AT_A_TIME = 8;

/** The maps and shares of the Masking view. */
export const maskingFigures: readonly FigureSource[] = [
  mapFigure('main'),
  mapFigure('other'),
  changedFigure(),
  sharesFigure('main'),
  sharesFigure('other'),
];

/** One run's map as the model made it. */
function mapFigure(run: 'main' | 'other'): FigureSource {
  const content = (state: State): MapContent | null => {
    const place = placeOf(state, run);
    const map = compared(state, `${run}Map`);
    return place && map && weightContent(state, runTitle(place), place, map);
  };
  return {
    id: `${run}Map`,
    title: state => {
      const shown = content(state);
      return shown && `${RUNS[run]} · ${shown.name}`;
    },
    facts: state => factsOf(state, run),
    picture: ({ state }) =>
      Promise.resolve(drawMap(state, content(state), placeOf(state, run), null)),
    table: async context => {
      const place = placeOf(context.state, run);
      if (!place) throw new Error('There is no such run.');
      const rows = await rowsOf(context, place);
      return { columns: [...PAIR, 'weight', 'may attend'], rows: pairs(place, rows, null) };
    },
  };
}

/** The main run with another mask, or what that changed. */
function changedFigure(): FigureSource {
  return {
    id: 'changed',
    title: state => {
      const shown = changedContent(state);
      return shown && `C · ${shown.name}`;
    },
    facts: state => factsOf(state, 'changed'),
    picture: ({ state }) => {
      const limit = state.options.masking.difference ? (signedMap(state)?.limit ?? null) : null;
      return Promise.resolve(drawMap(state, changedContent(state), shownPlace(state), limit));
    },
    table: async context => {
      const { state } = context;
      const changed = placeOf(state, 'changed');
      const main = placeOf(state, 'main');
      if (!changed || !main) throw new Error('There is no such run.');
      const rows = await rowsOf(context, changed);
      const before = await rowsOf(context, main);
      return {
        columns: [...PAIR, 'weight', 'may attend', 'weight before', 'difference'],
        rows: pairs(changed, rows, before),
      };
    },
  };
}

/** Which run beside the main one a figure is of. */
function factsOf(state: State, run: RunName): Fact[] {
  const capture = placeOf(state, run)?.capture;
  if (!capture || run === 'main') return [];
  if (run === 'changed') return [['Run C', `the same with ${changeWords(changeOf(state))}`]];
  return [
    ['Model of B', `${capture.model.name} (${capture.model.architecture})`],
    ['Text of B', shorten(capture.text, 10_000)],
  ];
}

const PAIR = ['query', 'query token', 'key', 'key token'] as const;

/** Every pair of a run; with `before`, the main run's weight of the same tokens and what was gained. */
function pairs(
  { queries, keys }: Place,
  rows: readonly AttentionRow[],
  before: readonly AttentionRow[] | null,
): (string | number)[][] {
  return rows.flatMap((row, query) =>
    Array.from(row.weights, (weight, key) => {
      const pair = [query, label(queries.tokens[query], 1e6), key, label(keys.tokens[key], 1e6)];
      const cells = [...pair, weight, row.allowed[key] ?? 0];
      if (!before) return cells;
      const [mainQuery, mainKey] = [queries.back(query), keys.back(key)];
      const old =
        mainQuery === null || mainKey === null ? undefined : before[mainQuery]?.weights[mainKey];
      return old === undefined ? [...cells, '', ''] : [...cells, old, Math.fround(weight - old)];
    }),
  );
}

async function rowsOf(
  { api }: FigureContext,
  { capture, block, layer, head, queries, keys }: Place,
): Promise<AttentionRow[]> {
  const [height, width] = [queries.tokens.length, keys.tokens.length];
  if (height * width > MOST_CELLS) {
    throw new InspectorError(
      'text-too-long',
      `This table would have ${count(height * width)} numbers; tables hold up to ${count(MOST_CELLS)}. Compare a shorter text.`,
    );
  }
  const rows: AttentionRow[] = [];
  const ask = (query: number) =>
    api.call('row', { capture: capture.id, block, layer, head, query });
  for (let at = 0; at < height; at += AT_A_TIME) {
    const length = Math.min(AT_A_TIME, height - at);
    rows.push(...(await Promise.all(Array.from({ length }, (_, i) => ask(at + i)))));
  }
  return rows;
}

/** @param limit of the differences; null for a map of weights */
function drawMap(
  state: State,
  content: MapContent | null,
  place: Place | null,
  limit: number | null,
): Picture {
  if (!content || !place) throw new Error('There is no such map.');
  const { queries, keys, codes, colors, scale, special, rowNames } = content;
  const shown = shownCells(
    unitsOf(queries, 'token'),
    unitsOf(keys, 'token'),
    special,
    rowNames ?? null,
  );
  const whole = { codes, rows: queries.length, columns: keys.length };
  return gridPicture({
    grid: displayCodes(whole, shown, scale),
    pixels: colors,
    names: shown.names(LABEL_LIMIT),
    marks: {
      row: shown.rowOf.get(place.queries.of(state.locus?.query ?? null) ?? -1) ?? null,
      column: shown.columnOf.get(place.keys.of(state.locus?.key ?? null) ?? -1) ?? null,
    },
    ramp: limit === null ? weightRamp(state) : differenceRamp(state, limit),
  });
}

const SHARE_ROW = 22;
const SHARE_WIDTH = 560;

/** Where the weight of each layer goes. */
function sharesFigure(run: 'main' | 'other'): FigureSource {
  return {
    id: `${run}Shares`,
    title: state => (compared(state, `${run}Shares`) ? `Shares per layer in ${RUNS[run]}` : null),
    facts: state => factsOf(state, run),
    picture: ({ state }) => Promise.resolve(drawShares(state, run)),
    table: ({ state }) => {
      const shares = compared(state, `${run}Shares`);
      return Promise.resolve({
        columns: ['layer', ...SHARE_PARTS.map(part => NAMES[part])],
        rows: (shares?.layers ?? []).map((layer, i) => [
          layer,
          ...(shares?.parts.subarray(i * SHARE_PARTS.length, (i + 1) * SHARE_PARTS.length) ?? []),
        ]),
      });
    },
  };
}

function drawShares(state: State, run: 'main' | 'other'): Picture {
  const shares = compared(state, `${run}Shares`);
  if (!shares) throw new Error('There are no shares.');
  const inks = readInks();
  const font = { 'font-family': SANS, 'font-size': 11 };
  const rows = shares.layers.map((layer, i) => {
    let x = 28;
    const y = (i + 1) * SHARE_ROW;
    const segments = SHARE_PARTS.map((part, j) => {
      const share = shares.parts[i * SHARE_PARTS.length + j] ?? 0;
      const width = share * SHARE_WIDTH;
      const box = { x, y, width, height: SHARE_ROW - 6 };
      const middle = { x: x + width / 2, y: y + 12, 'text-anchor': 'middle' };
      const drawn = [
        tag('rect', { ...box, ...look(part) }),
        part === 'special' ? tag('rect', { ...box, fill: 'url(#hatch)' }) : '',
        share > 0.09
          ? text(percent(share), { ...middle, fill: themeColor(`--share-${part}-text`), ...font })
          : '',
      ].join('');
      x += width;
      return drawn;
    });
    return [text(`L${layer}`, { x: 0, y: y + 12, fill: inks.muted, ...font }), ...segments].join(
      '',
    );
  });
  const legend = SHARE_PARTS.map((part, i) =>
    [
      tag('rect', { x: 28 + i * 140, y: 2, width: 12, height: 10, ...look(part) }),
      text(NAMES[part], { x: 46 + i * 140, y: 11, fill: inks.muted, ...font }),
    ].join(''),
  );
  return {
    width: SHARE_WIDTH + 40,
    height: (shares.layers.length + 1) * SHARE_ROW,
    content: [...legend, ...rows].join(''),
    note: 'Mean over heads and queries; each layer sums to 100 %.',
  };
}

/** Each part has the view's own ink, and the special tokens a hatch on it. */
const look = (part: SharePart) => ({ fill: themeColor(`--share-${part}`) });
