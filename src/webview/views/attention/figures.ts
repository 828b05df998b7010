import type { Overview } from '../../../protocol/capture';
import { mapRefusal, shownHeadFacts, shownPair, shownRow } from '../../app/addresses';
import { blockName, sitesOf, siteAt } from '../../reading/capture';
import { weightMark, WEIGHT_ROW } from '../../draw/bars';
import { INK, lettering, type Picture, mark, shifted } from '../../draw/marks';
import { weight3 } from '../../reading/format';
import { monoWidth } from '../../draw/textWidth';
import { factsOf, ROLE_NAMES } from '../../reading/roles';
import { rankedKeys } from '../../reading/rowFacts';
import type { State } from '../../app/state';
import { keyUnits, queryUnits } from '../../reading/units';
import { headTitle } from './headTitle';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import { arcsPicture } from './arcsFigure';
import { arcsTable, isLong, mapPicture, mapTable, shownMap } from './heatMapFigure';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';
import { BLOCKED } from '../../../protocol/weightCode';
import { layerCount } from '../../../protocol/model';
import { missingLayers, missingWords } from '../../reading/missingLayers';
import { shorten } from '../../reading/tokenText';
import { squareMarks } from '../../draw/cells';
import { LEGEND, legendMarks } from '../../draw/legend';
import { displayCodes } from '../../draw/pixels/displayMap';
import { viewPalette, weightRamp } from '../../app/viewPalette';

/** The figures of the Attention view. */
export const attentionFigures: readonly FigureSource[] = [
  {
    id: 'map',
    title: state =>
      state.locus && state.options.picture === 'map' && (shownMap(state) || isLong(state))
        ? `Heat map, ${headTitle(state.locus).toLowerCase()}`
        : null,
    picture: mapPicture,
    table: mapTable,
  },
  {
    id: 'arcs',
    title: state =>
      state.locus && state.options.picture === 'arcs' && shownMap(state)
        ? `Arcs, ${headTitle(state.locus).toLowerCase()}`
        : null,
    picture: ({ state }) => arcsPicture(state),
    table: arcsTable,
  },
  stateFigure(
    'heads',
    state => state.locus && state.overview?.value,
    (_, { locus }) => `Heads of the ${locus ? blockName(locus.block).toLowerCase() : ''}`,
    overviewPicture,
    (_, state) => headsTable(state),
  ),
  stateFigure(
    'row',
    shownKeys,
    ({ capture, locus }, { options }) => {
      const units = queryUnits(capture, locus.block, options.grouping);
      return `Attention from ${units.label(units.of(locus.query), 16)}`;
    },
    rowPicture,
    rowTable,
  ),
];

/** What is known of each head. */
function headsTable(state: State): FigureTable | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const facts = shownHeadFacts(state);
  const pair = shownPair(state);
  const heads = sitesOf(capture, locus.block).flatMap(site =>
    range(site.heads).map(head => ({
      layer: site.layer,
      head,
      fact: facts && factsOf(facts, site.layer, head),
    })),
  );
  return tableOf(heads, {
    layer: ({ layer }) => layer,
    head: ({ head }) => head,
    role: ({ fact }) => (fact ? ROLE_NAMES[fact.role] : ''),
    'role score': ({ fact }) => fact?.score ?? '',
    'mean entropy (bits)': ({ fact }) => fact?.entropy ?? '',
    'mean weight on previous token': ({ fact }) => fact?.previous ?? '',
    'mean weight on current token': ({ fact }) => fact?.current ?? '',
    'most attended key': ({ fact }) => fact?.mostAttended ?? '',
    'weight of the locus’s pair': ({ layer, head }) =>
      pair?.weights[layer * pair.heads + head] ?? '',
  });
}

/** The row of the query with what its keys are called; null while it is on its way. */
function shownKeys(state: State) {
  const { capture, locus, options } = state;
  const row = mapRefusal(state) === null ? shownRow(state, locus?.query) : null;
  if (!capture || !locus || !row) return null;
  return { capture, locus, row, keys: keyUnits(capture, locus.block, options.grouping) };
}

type ShownKeys = NonNullable<ReturnType<typeof shownKeys>>;

function rowTable({ row, keys }: ShownKeys): FigureTable {
  return tableOf(row.weights, {
    key: (_, key) => keys.first(key),
    'key token': (_, key) => keys.label(key, Number.MAX_SAFE_INTEGER),
    weight: weight => weight,
    score: (_, key) => row.scores?.[key] ?? '',
    'masked score': (_, key) => row.maskedScores?.[key] ?? '',
    'may attend': (_, key) => row.allowed[key] ?? 0,
  });
}

const ROW_FONT = 11.5;
const LANE = 320;
/** Most bars of a picture; of longer rows it has the longest, in token order. */
const MOST_BARS = 256;

const token = lettering('mono', ROW_FONT);

/** One query's row in token order, as bars. */
function rowPicture({ locus, row, keys }: ShownKeys): Picture {
  const shown =
    keys.length <= MOST_BARS
      ? range(keys.length)
      : rankedKeys(row, MOST_BARS).sort((a, b) => a - b);
  const names = shown.map(key => keys.label(key));
  const left = Math.ceil(Math.max(...names.map(name => monoWidth(name, ROW_FONT)), 24)) + 12;
  const most = Math.max(...shown.map(key => row.weights[key] ?? 0), 1e-9);
  const marked = locus.key === null ? -1 : keys.of(locus.key);
  const marks = shown.flatMap((key, i) => {
    const weight = row.weights[key] ?? NaN;
    const isKey = key === marked;
    const isAllowed = row.allowed[key] === 1;
    const ink = isKey ? INK.key : INK.text;
    const y = i * WEIGHT_ROW;
    const at = (x: number) => ({ x, y: y + 13, 'text-anchor': 'end' });
    return [
      token(names[i] ?? '', at(left - 10), ink),
      weightMark({ x: left, y, width: LANE }, weight, most, isAllowed, isKey),
      token(isAllowed ? weight3(weight) : 'blocked', at(left + LANE + 70), ink),
    ];
  });
  return {
    width: left + LANE + 70,
    height: shown.length * WEIGHT_ROW,
    marks,
    ...(shown.length < keys.length
      ? { note: `The ${MOST_BARS} largest of ${keys.length} weights, in token order.` }
      : {}),
  };
}

/** Side of a small map in CSS pixels, and from one to the next. */
const SIDE = 64;
const STEP = 72;
const NAMES = 28;
const HEADINGS = 20;

const heading = lettering('ui', 11);

/** Small maps of all heads of a block, the one on show framed. */
function overviewPicture(overview: Overview, state: State): Picture | null {
  const { capture, locus } = state;
  if (!capture || !locus) return null;
  const { pixels, scale } = viewPalette(state);
  const { heads, rows, columns, codes, isSampled } = overview;
  const layers = Math.max(overview.layers, layerCount(capture.model, locus.block.stack));
  const cell = SIDE / Math.max(rows, columns);
  const left = (head: number): number => NAMES + head * STEP;
  const top = (layer: number): number => HEADINGS + layer * STEP;
  const ring = mark('rect', {
    x: -3,
    y: -3,
    width: columns * cell + 6,
    height: rows * cell + 6,
    fill: 'none',
    stroke: INK.text,
    'stroke-width': 1.5,
  });
  const maps = range(layers).flatMap(layer =>
    range(siteAt(capture, locus.block, layer)?.heads ?? 0).map(head => {
      const start = (layer * heads + head) * rows * columns;
      const part = { codes: codes.subarray(start, start + rows * columns), rows, columns };
      const grid = displayCodes(part, { queries: range(rows), keys: range(columns) }, scale);
      const isHere = layer === locus.layer && head === locus.head;
      const cells = squareMarks(grid, pixels, cell);
      return shifted(left(head), top(layer), isHere ? [...cells, ring] : cells);
    }),
  );
  const missing = missingLayers(capture, locus.block);
  return {
    width: Math.max(left(heads), LEGEND.width),
    height: top(layers) + LEGEND.height,
    marks: [
      ...range(heads).map(head => heading(`H${head}`, { x: left(head), y: 12 })),
      ...range(layers).map(layer => heading(`L${layer}`, { x: 0, y: top(layer) + 12 })),
      ...maps,
      ...missing.map(one =>
        heading(shorten(missingWords(one), 80), { x: NAMES, y: top(one.layer) + 12 }),
      ),
      shifted(0, top(layers), legendMarks(weightRamp(state), codes.includes(BLOCKED))),
    ],
    note: isSampled
      ? 'Each row of a small map is one query; each column the maximum of its keys.'
      : 'Each cell of a small map is the maximum of what it covers.',
  };
}
