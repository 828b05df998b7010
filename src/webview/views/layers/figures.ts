import type { ProbeReport, SyntaxReport } from '../../../protocol/probes';
import { barsPicture, type Bar } from '../../draw/bars';
import { INK, mark, shifted, type Picture } from '../../draw/marks';
import { weight2 } from '../../reading/format';
import { logitParts } from './attributionRows';
import { shareColors } from './colors';
import { effectiveFigure } from './effectiveFigure';
import { shownState, stateName, expectation, expectedAt, guesses, lensColumn } from './facts';
import { normChart } from './normChart';
import { probeChart } from './probeChart';
import { TASK_NAMES } from './probeWords';
import { similarityChart, similarityOf } from './similarityChart';
import { sweepFigure } from './sweepFigure';
import { bestHeads } from './syntaxRows';
import { layerNumber, outputTokens } from './wanted';
import type { State } from '../../app/state';
import { labelContent, labelTask, type LabelTask } from './labelsPane';
import { entry, lensContent, listedGuesses } from './lensContent';
import { shownNorms } from './normPane';
import { similarityName } from './layerSimilarityPane';
import { stateFigure, type FigureSource } from '../../app/export/figure';
import { statePicture } from '../../draw/file/statePicture';
import type { Attribution, Distribution, Residuals } from '../../../protocol/layers';
import { readable } from '../../reading/tokenText';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';

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
  effectiveFigure,
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
  sweepFigure,
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

/** Every prediction that was made. */
function lensTable(state: State): FigureTable | null {
  const { capture } = state;
  if (!capture) return null;
  const made = outputTokens(capture).flatMap((token, index) => {
    const place = lensColumn(state, index);
    if (!place) return [];
    return range(place.lens.states).flatMap(row =>
      guesses(place, row).map((guess, rank) => ({ token, index, place, row, rank, ...guess })),
    );
  });
  return tableOf(made, {
    state: ({ row }) => row,
    'state name': ({ row }) => stateName(row),
    token: ({ index }) => index,
    'token text': ({ token }) => readable(token),
    rank: ({ rank }) => rank + 1,
    id: ({ id }) => id,
    predicted: ({ text }) => text,
    probability: ({ probability }) => probability,
    'really there': ({ place }) => expectation(place)?.text ?? '',
    'its probability': ({ place, row }) => expectedAt(place, row),
  });
}

/** Every label of the task on show. */
function labelTable(one: LabelTask, state: State): FigureTable | null {
  const content = labelContent(state);
  if (!content) return null;
  const width = one.probabilities.length / Math.max(1, one.labels.length);
  const cells = one.labels.flatMap((labels, row) =>
    content.columns.map(({ token, label }) => ({ labels, row, token, label })),
  );
  return tableOf(cells, {
    state: ({ row }) => row,
    'state name': ({ row }) => stateName(row),
    token: ({ token }) => token,
    'token text': ({ label }) => label,
    label: ({ labels, token }) => labels[token] ?? '',
    probability: ({ row, token }) => one.probabilities[row * width + token] ?? NaN,
  });
}

/** Every number of the probes. */
function probeTable(report: ProbeReport): FigureTable {
  const all = report.tasks.flatMap(task => task.scores.map(one => ({ task, ...one })));
  return tableOf(all, {
    task: ({ task }) => task.task,
    state: one => one.state,
    'state name': one => stateName(one.state),
    accuracy: ({ accuracy }) => accuracy.value,
    low: ({ accuracy }) => accuracy.low,
    high: ({ accuracy }) => accuracy.high,
    f1: ({ f1 }) => f1,
    control: ({ control }) => control,
    selectivity: ({ selectivity }) => selectivity,
    majority: ({ task }) => task.majority,
    'description length, bits': ({ descriptionLength }) => descriptionLength,
    compression: ({ compression }) => compression,
    mixed: ({ mixed }) => mixed,
    'expected layer': ({ task }) => task.expectedLayer ?? '',
    'centre of gravity': ({ task }) => task.centreOfGravity,
  });
}

/** The norm of every token in every state. */
function normTable(state: State): FigureTable | null {
  const residuals = layerNumber(state, 'residuals');
  if (!residuals) return null;
  const { states, tokens, norms } = residuals;
  return tableOf(range(states * tokens), {
    state: i => Math.floor(i / tokens),
    'state name': i => stateName(Math.floor(i / tokens)),
    token: i => i % tokens,
    norm: i => norms[i] ?? NaN,
  });
}

/** Both similarities of every two states. */
function similarityTable({ states, cka, cosine }: Residuals): FigureTable {
  return tableOf(range(states * states), {
    state: i => stateName(Math.floor(i / states)),
    'other state': i => stateName(i % states),
    'linear CKA': i => cka[i] ?? NaN,
    cosine: i => cosine[i] ?? NaN,
  });
}

/** Every head of every relation. */
function syntaxTable(report: SyntaxReport): FigureTable {
  const heads = report.relations.flatMap(one => range(one.toHead.length).map(i => ({ one, i })));
  return tableOf(heads, {
    relation: ({ one }) => one.relation,
    pairs: ({ one }) => one.count,
    layer: ({ i }) => Math.floor(i / report.heads),
    head: ({ i }) => i % report.heads,
    'to head': ({ one, i }) => one.toHead[i] ?? NaN,
    'to dependent': ({ one, i }) => one.toDependent[i] ?? NaN,
    'best offset': ({ one }) => one.offset,
    baseline: ({ one }) => one.baseline,
  });
}

/** The listed predictions of the chosen cell. */
function cellTable(listed: ReturnType<typeof listedGuesses>): FigureTable {
  return tableOf(listed, {
    id: ({ id }) => id,
    predicted: ({ text }) => text,
    probability: ({ probability }) => probability,
    'change from the state before': ({ change }) => change?.change ?? '',
    'change is a lower bound': ({ change }) => (change?.isAtLeast ? 1 : 0),
  });
}

/** Every candidate that was asked for. */
function candidateTable({ candidates }: Distribution): FigureTable {
  return tableOf(candidates, {
    id: ({ id }) => id,
    token: ({ text }) => text,
    logit: ({ logit }) => logit,
    probability: ({ probability }) => probability,
    'drawn with': ({ sampled }) => sampled,
  });
}

/** Every part of the logit, and the logit. */
function attributionTable(attribution: Attribution, { capture }: State): FigureTable | null {
  if (!capture) return null;
  const whole = { name: 'logit', layer: null, value: attribution.logit };
  return tableOf([...logitParts(attribution, capture), whole], {
    part: ({ name }) => name,
    layer: ({ layer }) => layer ?? '',
    'added to the logit': ({ value }) => value,
  });
}
