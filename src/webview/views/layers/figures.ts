import type { ProbeReport } from '../../../protocol/probes';
import { barsPicture, type Bar } from '../../draw/bars';
import { INK, mark, shifted, type Picture } from '../../draw/marks';
import { weight2 } from '../../reading/format';
import { logitParts } from './attributionRows';
import { shareColors } from './colors';
import { shownState, stateName } from './facts';
import { normChart } from './normChart';
import { probeChart } from './probeChart';
import { TASK_NAMES } from './probeWords';
import { similarityChart, similarityOf } from './similarityChart';
import { bestHeads } from './syntaxRows';
import { layerNumber } from './wanted';
import type { State } from '../../app/state';
import { labelContent, labelTask } from './labelsPane';
import { entry, lensContent, listedGuesses } from './lensContent';
import { shownNorms } from './normPane';
import { similarityName } from './layerSimilarityPane';
import { stateFigure, type FigureSource } from '../../app/export/figure';
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
import { statePicture } from '../../draw/file/statePicture';

const WIDTH = 640;
const PROBE_WIDTH = 300;
/** Probe charts beside each other. */
const ACROSS = 3;
const MOST_CANDIDATES = 20;

/** What can be saved of the Layers view. */
export const layersFigures: readonly FigureSource[] = [
  stateFigure(
    'lens',
    state => (state.layers.lenses?.chunks.size ?? 0) > 0 && lensContent(state),
    'Predictions by layer',
    (content, state) => statePicture(content, shareColors(state)),
    (_, state) => lensTable(state),
  ),
  stateFigure(
    'labels',
    labelTask,
    ({ task }) => `${TASK_NAMES[task]} by layer`,
    (_, state) => statePicture(labelContent(state), shareColors(state)),
    labelTable,
  ),
  stateFigure(
    'cell',
    state => {
      const listed = listedGuesses(state);
      return listed.length > 0 && listed;
    },
    (_, state) => `Top 5, state ${stateName(shownState(state))}`,
    listed =>
      barsPicture(listed.map(({ text, probability }) => shareBar(entry(text, 24), probability))),
    cellTable,
  ),
  stateFigure('probes', state => layerNumber(state, 'probes'), 'Probes', probePicture, probeTable),
  stateFigure(
    'norms',
    shownNorms,
    'Residual stream norm',
    (shown, state) => normChart(shown.series, shown, WIDTH, shownState(state)),
    (_, state) => normTable(state),
  ),
  stateFigure(
    'similarity',
    state => layerNumber(state, 'residuals'),
    (_, { options }) => `Similarity between layers, ${similarityName(options.layers.similarity)}`,
    (residuals, state) => {
      const similarity = similarityOf(residuals, state.options.layers.similarity);
      return similarityChart(similarity, state, WIDTH, shownState(state));
    },
    similarityTable,
  ),
  stateFigure(
    'nextToken',
    state => layerNumber(state, 'distribution'),
    'Next token',
    ({ candidates }) =>
      barsPicture(
        candidates
          .slice(0, MOST_CANDIDATES)
          .map(({ text, sampled, probability }) => shareBar(entry(text, 24), sampled, probability)),
      ),
    candidateTable,
  ),
  stateFigure(
    'attribution',
    state => state.capture && layerNumber(state, 'attribution'),
    'Direct logit attribution',
    (attribution, { capture }) => {
      const parts = capture ? logitParts(attribution, capture) : [];
      return barsPicture(parts.map(({ name, value }) => ({ name, value, text: value.toFixed(2) })));
    },
    attributionTable,
  ),
  stateFigure(
    'syntax',
    state => layerNumber(state, 'syntax'),
    'Syntax by heads',
    report =>
      barsPicture(
        bestHeads(report).map(({ relation, layer, head, accuracy, baseline }) =>
          shareBar(`${relation} L${layer} H${head}`, accuracy, baseline),
        ),
      ),
    syntaxTable,
  ),
];

const shareBar = (name: string, value: number, mark?: number): Bar => ({
  name,
  value,
  text: weight2(value),
  ...(mark === undefined ? {} : { mark }),
});

function probePicture(report: ProbeReport, state: State): Picture {
  const here = shownState(state);
  const charts = report.tasks.map((task, i) => probeChart(task, PROBE_WIDTH, here, i === 0));
  const height = (charts[0]?.height ?? 0) + 24;
  const heading = { x: 28, y: 12, 'font-size': 12, 'font-weight': 600, fill: INK.text };
  return {
    width: PROBE_WIDTH * Math.min(ACROSS, charts.length),
    height: height * Math.ceil(charts.length / ACROSS),
    marks: charts.map(({ marks }, i) => {
      const name = TASK_NAMES[report.tasks[i]?.task ?? 'pos'];
      return shifted((i % ACROSS) * PROBE_WIDTH, Math.floor(i / ACROSS) * height, [
        mark('text', { ...heading, 'font-family': 'ui' }, name),
        shifted(0, 20, marks),
      ]);
    }),
    note: `Accuracy of a linear probe with its 95 % interval; thin: control task; dotted: majority class; ▲ centre of gravity. ${report.caveats}`,
  };
}
