import { el } from '../../kit/dom';
import { counted } from '../../reading/format';
import { stateName, stateWords, shownState } from './facts';
import { normChart, normSeries, type NormSeries } from './normChart';
import { layerError, layerNumber, stackTokens } from './wanted';
import type { LayersPanel } from './wishes';
import type { State } from '../../app/state';
import { label } from '../../reading/tokenText';
import { drawTable } from '../../kit/table';
import { FittedChart } from './fitted';
import { createSection } from './task';

/** The norms on show; null while they are not known. */
export function shownNorms(
  state: State,
): { readonly series: NormSeries; readonly query: string; readonly first: string } | null {
  const { capture, locus } = state;
  const residuals = layerNumber(state, 'residuals');
  if (!capture || !locus || !residuals) return null;
  const tokens = stackTokens(capture, residuals.stack);
  return {
    series: normSeries(residuals, tokens, locus.query),
    query: label(tokens[locus.query], 8),
    first: label(tokens[0], 8),
  };
}

/** How the residual stream grows from layer to layer. */
export function createNormPane(panel: LayersPanel): HTMLElement {
  const { store, layers } = panel;
  const caption = el('span.muted', '‖h‖ over tokens');
  const section = createSection(panel, 'Residual stream norm', [caption]);
  const { reason, table } = section;
  const chart = new FittedChart(el('div.layer-chart'));
  const line = el('p.muted.layer-note.cell-line');
  section.body.append(reason.element, chart.element, line, table);
  let stateAt: ((x: number) => number) | null = null;
  const say = (at: number | null): void => {
    const shown = shownNorms(store.state);
    line.textContent = shown ? normWords(shown, at) : '';
  };
  chart.element.addEventListener('pointermove', event => {
    if (stateAt) say(stateAt(chart.place(event).x));
  });
  chart.element.addEventListener('pointerleave', () => say(null));
  chart.element.addEventListener('click', event => {
    if (stateAt) layers.chooseState(stateAt(chart.place(event).x));
  });
  section.follow(['residuals'], state => {
    const error = layerError(state, 'residuals');
    reason.show(error);
    const shown = shownNorms(state);
    for (const element of [chart.element, line]) element.hidden = error !== null;
    if (!shown) return;
    chart.show(width => {
      const drawn = normChart(shown.series, shown, width, shownState(state));
      stateAt = drawn.stateAt;
      return drawn;
    });
    say(null);
    drawTable(table, state.options.table && normTable(shown));
  });
  return section.element;
}

type Shown = NonNullable<ReturnType<typeof shownNorms>>;

const norm = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(2);

function normWords({ series, query, first }: Shown, at: number | null): string {
  if (at === null) {
    const left = 'without special tokens and the first one';
    return `Mean and 5–95 % of ${counted(series.counted, 'token')}, ${left}.`;
  }
  const band = `${norm(series.low[at])} to ${norm(series.high[at])}`;
  return `${stateWords(at)}: mean ${norm(series.mean[at])} (${band}), ${query} ${norm(series.query[at])}, ${first} ${norm(series.first[at])}`;
}

function normTable({ series, query, first }: Shown) {
  return {
    caption: 'Norm of the residual stream, by state',
    columns: ['State', 'Mean', '5 %', '95 %', query, first],
    rows: series.mean.map((mean, state) =>
      [
        mean,
        series.low[state],
        series.high[state],
        series.query[state],
        series.first[state],
      ].reduce<string[]>((row, value) => [...row, norm(value)], [stateName(state)]),
    ),
  };
}
