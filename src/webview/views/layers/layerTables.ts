import type { Attribution, Distribution, Residuals } from '../../../protocol/layers';
import type { ProbeReport, SyntaxReport } from '../../../protocol/probes';
import { logitParts } from './attributionRows';
import { expectation, expectedAt, guesses, lensColumn, stateName } from './facts';
import { layerNumber, outputTokens } from './wanted';
import type { State } from '../../app/state';
import { readable } from '../../reading/tokenText';
import { labelContent, type LabelTask } from './labelsPane';
import type { listedGuesses } from './lensContent';
import { range, tableOf, type FigureTable } from '../../draw/file/figureTable';

/** Every prediction that was made. */
export function lensTable(state: State): FigureTable | null {
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
export function labelTable(one: LabelTask, state: State): FigureTable | null {
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
export function probeTable(report: ProbeReport): FigureTable {
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
export function normTable(state: State): FigureTable | null {
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
export function similarityTable({ states, cka, cosine }: Residuals): FigureTable {
  return tableOf(range(states * states), {
    state: i => stateName(Math.floor(i / states)),
    'other state': i => stateName(i % states),
    'linear CKA': i => cka[i] ?? NaN,
    cosine: i => cosine[i] ?? NaN,
  });
}

/** Every head of every relation. */
export function syntaxTable(report: SyntaxReport): FigureTable {
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
export const cellTable = (listed: ReturnType<typeof listedGuesses>): FigureTable =>
  tableOf(listed, {
    id: ({ id }) => id,
    predicted: ({ text }) => text,
    probability: ({ probability }) => probability,
    'change from the state before': ({ change }) => change?.change ?? '',
    'change is a lower bound': ({ change }) => (change?.isAtLeast ? 1 : 0),
  });

/** Every candidate that was asked for. */
export const candidateTable = ({ candidates }: Distribution): FigureTable =>
  tableOf(candidates, {
    id: ({ id }) => id,
    token: ({ text }) => text,
    logit: ({ logit }) => logit,
    probability: ({ probability }) => probability,
    'drawn with': ({ sampled }) => sampled,
  });

/** Every part of the logit, and the logit. */
export function attributionTable(attribution: Attribution, { capture }: State): FigureTable | null {
  if (!capture) return null;
  const whole = { name: 'logit', layer: null, value: attribution.logit };
  return tableOf([...logitParts(attribution, capture), whole], {
    part: ({ name }) => name,
    layer: ({ layer }) => layer ?? '',
    'added to the logit': ({ value }) => value,
  });
}
