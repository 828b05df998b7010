import { el } from '../../kit/dom';
import { weight3 } from '../../reading/format';
import { shownState, stateName } from './facts';
import { similarityChart, similarityOf, type Similarity } from './similarityChart';
import { layerError, layerNumber } from './wanted';
import type { LayersPanel } from './wishes';
import { segmented } from '../../kit/segmented';
import { drawTable } from '../../kit/table';
import { FittedChart } from './fitted';
import { createSection } from './task';

type Kind = 'cka' | 'cosine';
const KINDS = [
  {
    value: 'cka',
    label: 'Linear CKA',
    title: 'Over the tokens of this text (Kornblith et al. 2019)',
  },
  { value: 'cosine', label: 'Cosine', title: 'Of each token’s two states, mean over the tokens' },
] as const;

/** How alike the states are. */
export function createSimilarityPane(panel: LayersPanel): HTMLElement {
  const { layers } = panel;
  const kinds = segmented<Kind>('Similarity', similarity => layers.setOption({ similarity }));
  const section = createSection(panel, 'Similarity between layers', [kinds.element]);
  const { reason, table } = section;
  const chart = new FittedChart(el('div.layer-chart'));
  const line = el('p.muted.layer-note.cell-line');
  section.body.append(reason.element, chart.element, line, table);
  let cellAt: ((x: number, y: number) => readonly [number, number] | null) | null = null;
  let shown: Similarity | null = null;
  const say = (cell: readonly [number, number] | null): void => {
    line.textContent = shown ? similarityWords(shown, cell) : '';
  };
  chart.element.addEventListener('pointermove', event => {
    const { x, y } = chart.place(event);
    if (cellAt) say(cellAt(x, y));
  });
  chart.element.addEventListener('pointerleave', () => say(null));
  section.follow(['residuals'], state => {
    const kind = state.options.layers.similarity;
    kinds.show(KINDS, kind);
    const error = layerError(state, 'residuals');
    reason.show(error);
    for (const element of [chart.element, line]) element.hidden = error !== null;
    const residuals = layerNumber(state, 'residuals');
    if (!residuals) return;
    const similarity = similarityOf(residuals, kind);
    shown = similarity;
    chart.show(width => {
      const drawn = similarityChart(similarity, state, width, shownState(state));
      cellAt = drawn.cellAt;
      return drawn;
    });
    say(null);
    drawTable(table, state.options.table && similarityTable(similarity, kind));
  });
  return section.element;
}

function similarityWords(
  { values, states, isSigned }: Similarity,
  cell: readonly [number, number] | null,
): string {
  if (!cell) {
    if (values.every(Number.isNaN)) return 'Too few tokens to compare the layers.';
    return `Colours from ${isSigned ? '−1' : '0'} to 1.`;
  }
  const [row, column] = cell;
  return `${stateName(row)} and ${stateName(column)}: ${weight3(values[row * states + column] ?? NaN)}`;
}

function similarityTable({ values, states }: Similarity, kind: Kind) {
  const all = Array.from({ length: states }, (_, i) => i);
  return {
    caption:
      kind === 'cka' ? 'Linear CKA between states' : 'Cosine between states, mean over tokens',
    columns: ['State', ...all.map(stateName)],
    rows: all.map(row => [
      stateName(row),
      ...all.map(column => weight3(values[row * states + column] ?? NaN)),
    ]),
  };
}

/** What a similarity is called. */
export const similarityName = (kind: Kind): string =>
  KINDS.find(({ value }) => value === kind)?.label ?? '';
