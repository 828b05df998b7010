import { shownHeadFacts, shownPair } from '../../addresses';
import { blockName, siteAt, sitesOf } from '../../capture';
import { BLOCKED } from '../../../protocol/weightCode';
import { layerCount } from '../../../protocol/model';
import { missingLayers, missingWords } from '../../missingLayers';
import { shorten } from '../../tokenText';
import { displayCodes } from '../../render/displayMap';
import { factsOf, ROLE_NAMES } from '../../roles';
import type { State } from '../../state';
import { viewPalette } from '../../viewPalette';
import type { FigureSource, Picture } from '../figure';
import { readInks, SANS } from '../inks';
import { tag, text } from '../svg';
import { cellsMarkup } from './cells';
import { LEGEND_HEIGHT, LEGEND_WIDTH, legendMarkup, weightRamp } from './legend';

/** Side of a small map in CSS pixels, and from one to the next. */
const SIDE = 64;
const STEP = 72;
const NAMES = 28;
const HEADINGS = 20;

/** Small maps of all heads of a block; as a table, what is known of each head. */
export const overviewFigure: FigureSource = {
  id: 'heads',
  title: state =>
    state.overview && state.locus
      ? `Heads of the ${blockName(state.locus.block).toLowerCase()}`
      : null,
  picture: ({ state }) => Promise.resolve(draw(state)),
  table: ({ state }) => {
    const { capture, locus } = state;
    if (!capture || !locus) throw new Error('There is no capture.');
    const facts = shownHeadFacts(state);
    const pair = shownPair(state);
    const rows = sitesOf(capture, locus.block).flatMap(({ layer, heads }) =>
      Array.from({ length: heads }, (_, head) => {
        const fact = facts && factsOf(facts, layer, head);
        return [
          layer,
          head,
          fact ? ROLE_NAMES[fact.role] : '',
          fact?.score ?? '',
          fact?.entropy ?? '',
          fact?.previous ?? '',
          fact?.current ?? '',
          fact?.mostAttended ?? '',
          pair?.weights[layer * pair.heads + head] ?? '',
        ];
      }),
    );
    return Promise.resolve({
      columns: [
        'layer',
        'head',
        'role',
        'role score',
        'mean entropy (bits)',
        'mean weight on previous token',
        'mean weight on current token',
        'most attended key',
        'weight of the locus’s pair',
      ],
      rows,
    });
  },
};

function draw(state: State): Picture {
  const { capture, locus, overview } = state;
  if (!capture || !locus || !overview) throw new Error('There is no overview.');
  const inks = readInks();
  const palette = viewPalette(state);
  const { heads, rows, columns, codes, isSampled } = overview.value;
  const layers = Math.max(overview.value.layers, layerCount(capture.model, locus.block.stack));
  const missing = missingLayers(capture, locus.block);
  const cell = SIDE / Math.max(rows, columns);
  const all = (length: number): number[] => Array.from({ length }, (_, i) => i);
  const font = { fill: inks.muted, 'font-family': SANS, 'font-size': 11 };
  const maps = all(layers).flatMap(layer =>
    all(siteAt(capture, locus.block, layer)?.heads ?? 0).map(head => {
      const start = (layer * heads + head) * rows * columns;
      const part = { codes: codes.subarray(start, start + rows * columns), rows, columns };
      const shown = { queries: all(rows), keys: all(columns) };
      const here = layer === locus.layer && head === locus.head;
      return tag(
        'g',
        { transform: `translate(${NAMES + head * STEP},${HEADINGS + layer * STEP})` },
        cellsMarkup(displayCodes(part, shown, palette.scale), palette.pixels, cell),
        here
          ? tag('rect', {
              x: -3,
              y: -3,
              width: columns * cell + 6,
              height: rows * cell + 6,
              fill: 'none',
              stroke: inks.text,
              'stroke-width': 1.5,
            })
          : '',
      );
    }),
  );
  const bottom = HEADINGS + layers * STEP;
  return {
    width: Math.max(NAMES + heads * STEP, LEGEND_WIDTH),
    height: bottom + LEGEND_HEIGHT,
    content: [
      ...all(heads).map(head => text(`H${head}`, { x: NAMES + head * STEP, y: 12, ...font })),
      ...all(layers).map(layer =>
        text(`L${layer}`, { x: 0, y: HEADINGS + layer * STEP + 12, ...font }),
      ),
      ...maps,
      ...missing.map(one =>
        text(shorten(missingWords(one), 80), {
          x: NAMES,
          y: HEADINGS + one.layer * STEP + 12,
          ...font,
        }),
      ),
      tag(
        'g',
        { transform: `translate(0,${bottom})` },
        legendMarkup(weightRamp(state), inks, codes.includes(BLOCKED)),
      ),
    ].join(''),
    note: isSampled
      ? 'Each row of a small map is one query; each column the maximum of its keys.'
      : 'Each cell of a small map is the maximum of what it covers.',
  };
}
