import { weight2 } from '../../format';
import { logitParts } from '../../layers/attributionRows';
import { chartMarkup, type Chart } from '../../layers/chart';
import { shareColors } from '../../layers/colors';
import { shownState, stateName } from '../../layers/facts';
import { normChart } from '../../layers/normChart';
import { probeChart } from '../../layers/probeChart';
import { TASK_NAMES } from '../../layers/probeWords';
import { similarityChart, similarityOf } from '../../layers/similarityChart';
import { bestHeads } from '../../layers/syntaxRows';
import { layerNumber } from '../../layers/wanted';
import type { State } from '../../state';
import { labelContent, labelTask } from '../../views/layers/labelsPane';
import { entry, lensContent, listedGuesses } from '../../views/layers/lensContent';
import { shownNorms } from '../../views/layers/normPane';
import { similarityName } from '../../views/layers/similarityPane';
import type { FigureSource, FigureTable, Picture } from '../figure';
import { barsPicture, type Bar } from './layerBars';
import {
  attributionTable,
  candidateTable,
  cellTable,
  labelTable,
  lensTable,
  normTable,
  probeTable,
  similarityTable,
  syntaxTable,
} from './layerTables';
import { statePicture } from './stateGrid';

const WIDTH = 640;
const PROBE_WIDTH = 300;
/** Probe charts beside each other. */
const ACROSS = 3;

const missing = (): Error => new Error('There is nothing to export here yet.');

/** A figure whose picture and table need nothing but the state. */
function figure(
  id: string,
  title: (state: State) => string | null,
  picture: (state: State) => Picture | null,
  table: (state: State) => FigureTable | null,
): FigureSource {
  return {
    id,
    title,
    picture: ({ state }) => settled(() => picture(state)),
    table: ({ state }) => settled(() => table(state)),
  };
}

function settled<T>(make: () => T | null): Promise<T> {
  const made = make();
  return made === null ? Promise.reject(missing()) : Promise.resolve(made);
}

const pictureOf = (chart: Chart): Picture => ({
  width: chart.width,
  height: chart.height,
  content: chartMarkup(chart),
});

/** What can be saved of the Layers view. */
export const layersFigures: readonly FigureSource[] = [
  figure(
    'lens',
    state => (hasLens(state) ? 'Predictions by layer' : null),
    state => statePicture(lensContent(state), shareColors(state)),
    lensTable,
  ),
  figure(
    'labels',
    state => labelTitle(state),
    state => statePicture(labelContent(state), shareColors(state)),
    labelTable,
  ),
  figure('cell', cellTitle, state => barsPicture(cellBars(state)), cellTable),
  figure(
    'probes',
    state => (layerNumber(state, 'probes') ? 'Probes' : null),
    probePicture,
    probeTable,
  ),
  figure(
    'norms',
    state => (shownNorms(state) ? 'Residual stream norm' : null),
    state => {
      const shown = shownNorms(state);
      return shown && pictureOf(normChart(shown.series, shown, WIDTH, shownState(state)));
    },
    normTable,
  ),
  figure(
    'similarity',
    state =>
      layerNumber(state, 'residuals')
        ? `Similarity between layers, ${similarityName(state.options.layers.similarity)}`
        : null,
    state => {
      const residuals = layerNumber(state, 'residuals');
      if (!residuals) return null;
      const similarity = similarityOf(residuals, state.options.layers.similarity);
      return pictureOf(similarityChart(similarity, state, WIDTH, shownState(state)));
    },
    similarityTable,
  ),
  figure(
    'nextToken',
    state => (layerNumber(state, 'distribution') ? 'Next token' : null),
    state => {
      const distribution = layerNumber(state, 'distribution');
      return (
        (distribution &&
          barsPicture(
            distribution.candidates.slice(0, 20).map(({ text, sampled, probability }) => ({
              name: entry(text, 24),
              value: sampled,
              mark: probability,
              text: weight2(sampled),
            })),
          )) ??
        null
      );
    },
    candidateTable,
  ),
  figure(
    'attribution',
    state => (layerNumber(state, 'attribution') ? 'Direct logit attribution' : null),
    state => {
      const attribution = layerNumber(state, 'attribution');
      return attribution && state.capture
        ? barsPicture(
            logitParts(attribution, state.capture).map(({ name, value }) => ({
              name,
              value,
              text: value.toFixed(2),
            })),
          )
        : null;
    },
    attributionTable,
  ),
  figure(
    'syntax',
    state => (layerNumber(state, 'syntax') ? 'Syntax by heads' : null),
    state => {
      const report = layerNumber(state, 'syntax');
      return report
        ? barsPicture(
            bestHeads(report).map(({ relation, layer, head, accuracy, baseline }) => ({
              name: `${relation} L${layer} H${head}`,
              value: accuracy,
              mark: baseline,
              text: weight2(accuracy),
            })),
          )
        : null;
    },
    syntaxTable,
  ),
];

const hasLens = ({ layers }: State): boolean => (layers.lenses?.chunks.size ?? 0) > 0;

function labelTitle(state: State): string | null {
  const one = labelTask(state);
  return one && `${TASK_NAMES[one.task]} by layer`;
}

function cellTitle(state: State): string | null {
  return listedGuesses(state).length > 0 ? `Top 5, state ${stateName(shownState(state))}` : null;
}

const cellBars = (state: State): Bar[] =>
  listedGuesses(state).map(({ text, probability }) => ({
    name: entry(text, 24),
    value: probability,
    text: weight2(probability),
  }));

function probePicture(state: State): Picture | null {
  const report = layerNumber(state, 'probes');
  if (!report) return null;
  const here = shownState(state);
  const charts = report.tasks.map((task, i) => probeChart(task, PROBE_WIDTH, here, i === 0));
  const height = (charts[0]?.height ?? 0) + 24;
  const parts = charts.map((chart, i) => {
    const name = TASK_NAMES[report.tasks[i]?.task ?? 'pos'];
    const title = {
      name: 'text',
      at: { x: 28, y: 12, 'font-size': 12, 'font-weight': 600 },
      fill: '--vscode-foreground',
      text: name,
    } as const;
    const [x, y] = [(i % ACROSS) * PROBE_WIDTH, Math.floor(i / ACROSS) * height];
    const heading = chartMarkup({ marks: [title] });
    return `<g transform="translate(${x},${y})">${heading}<g transform="translate(0,20)">${chartMarkup(chart)}</g></g>`;
  });
  return {
    width: PROBE_WIDTH * Math.min(ACROSS, charts.length),
    height: height * Math.ceil(charts.length / ACROSS),
    content: parts.join(''),
    note: `Accuracy of a linear probe with its 95 % interval; thin: control task; dotted: majority class; ▲ centre of gravity. ${report.caveats}`,
  };
}
