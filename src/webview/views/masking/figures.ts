import { SHARE_PARTS, type SharePart, type Shares } from '../../../protocol/comparison';
import type { AttentionRow } from '../../../protocol/capture';
import { shownPicture } from '../../draw/gridPicture';
import { signedRamp } from '../../draw/legend';
import { HATCHED, lettering, mark, type Mark, type Picture } from '../../draw/marks';
import { percent, weight2 } from '../../reading/format';
import { compared } from './wanted';
import { placeOf, type Place, type RunName } from './runPlaces';
import { changeOf } from './maskingRuns';
import { signedMap } from './signedMap';
import { changeWords, runTitle } from './words';
import type { State } from '../../app/state';
import { label, shorten } from '../../reading/tokenText';
import { unitsOf } from '../../reading/units';
import { shownCells } from '../../draw/shownCells';
import type { MapContent } from '../../draw/tokenMap';
import { content as changedContent, shownPlace } from './changedColumn';
import { NAMES } from './shares';
import { weightContent } from './weightContent';
import { exactRows } from '../../draw/file/exactRows';
import { stateFigure, type FigureContext, type FigureSource } from '../../app/export/figure';
import { type Fact, range } from '../../draw/file/figureTable';
import { weightRamp } from '../../app/viewPalette';

const RUNS: Record<RunName, string> = { main: 'A', other: 'B', changed: 'C' };

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
    picture: ({ state }) => drawMap(state, content(state), placeOf(state, run), null),
    table: async context => {
      const place = placeOf(context.state, run);
      if (!place) return null;
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
      return drawMap(state, changedContent(state), shownPlace(state), limit);
    },
    table: async context => {
      const changed = placeOf(context.state, 'changed');
      const main = placeOf(context.state, 'main');
      if (!changed || !main) return null;
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

const rowsOf = (
  { api }: FigureContext,
  { capture, block, layer, head, queries, keys }: Place,
): Promise<AttentionRow[]> =>
  exactRows(
    range(queries.tokens.length),
    keys.tokens.length,
    query => api.call('row', { capture: capture.id, block, layer, head, query }),
    'Compare a shorter text.',
  );

/** @param limit of the differences; null for a map of weights */
function drawMap(
  state: State,
  content: MapContent | null,
  place: Place | null,
  limit: number | null,
): Picture | null {
  if (!content || !place) return null;
  const { queries, keys, codes, colors, scale, special, rowNames } = content;
  const [rows, columns] = [unitsOf(queries, 'token'), unitsOf(keys, 'token')];
  const shown = shownCells(rows, columns, special, rowNames ?? null);
  const whole = { codes, rows: queries.length, columns: keys.length };
  const at = {
    query: place.queries.of(state.locus?.query ?? null),
    key: place.keys.of(state.locus?.key ?? null),
  };
  const most = weight2(limit ?? 0);
  const ramp = limit === null ? weightRamp(state) : signedRamp(state, `−${most}`, `+${most}`);
  return shownPicture(whole, shown, scale, at, { pixels: colors, ramp });
}

const SHARE_ROW = 22;
const SHARE_WIDTH = 560;
const SHARE_LEFT = 28;
/** Parts smaller than this have no room for their number. */
const PRINTED_FROM = 0.09;

/** Where the weight of each layer goes. */
function sharesFigure(run: 'main' | 'other'): FigureSource {
  const figure = stateFigure(
    `${run}Shares`,
    state => compared(state, `${run}Shares`),
    `Shares per layer in ${RUNS[run]}`,
    drawShares,
    ({ layers, parts }) => ({
      columns: ['layer', ...SHARE_PARTS.map(part => NAMES[part])],
      rows: layers.map((layer, i) => [
        layer,
        ...parts.subarray(i * SHARE_PARTS.length, (i + 1) * SHARE_PARTS.length),
      ]),
    }),
  );
  return { ...figure, facts: state => factsOf(state, run) };
}

const word = lettering('ui', 11);
/** Each part has the view's own ink, and the special tokens a hatch on it. */
const inkOf = (part: SharePart): string => `--share-${part}`;

function drawShares(shares: Shares): Picture {
  const legend = SHARE_PARTS.flatMap((part, i) => [
    mark('rect', { x: SHARE_LEFT + i * 140, y: 2, width: 12, height: 10, fill: inkOf(part) }),
    word(NAMES[part], { x: SHARE_LEFT + 18 + i * 140, y: 11 }),
  ]);
  const rows = shares.layers.flatMap((layer, i): Mark[] => {
    let x = SHARE_LEFT;
    const y = (i + 1) * SHARE_ROW;
    const segments = SHARE_PARTS.flatMap((part, j): Mark[] => {
      const share = shares.parts[i * SHARE_PARTS.length + j] ?? 0;
      const box = { x, y, width: share * SHARE_WIDTH, height: SHARE_ROW - 6 };
      x += box.width;
      const middle = { x: box.x + box.width / 2, y: y + 12, 'text-anchor': 'middle' };
      return [
        mark('rect', { ...box, fill: inkOf(part) }),
        ...(part === 'special' ? [mark('rect', { ...box, fill: HATCHED })] : []),
        ...(share > PRINTED_FROM ? [word(percent(share), middle, `--share-${part}-text`)] : []),
      ];
    });
    return [word(`L${layer}`, { x: 0, y: y + 12 }), ...segments];
  });
  return {
    width: SHARE_WIDTH + 40,
    height: (shares.layers.length + 1) * SHARE_ROW,
    marks: [...legend, ...rows],
    note: 'Mean over heads and queries; each layer sums to 100 %.',
  };
}
