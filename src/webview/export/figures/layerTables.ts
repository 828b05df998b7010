import { logitParts } from '../../layers/attributionRows';
import { expectation, expectedAt, guesses, lensColumn, stateName } from '../../layers/facts';
import { layerNumber, outputTokens } from '../../layers/wanted';
import type { State } from '../../state';
import { readable } from '../../tokenText';
import { labelContent, labelTask } from '../../views/layers/labelsPane';
import { listedGuesses } from '../../views/layers/lensContent';
import type { FigureTable } from '../figure';

/** Every prediction that was made. */
export function lensTable(state: State): FigureTable | null {
  const { capture } = state;
  if (!capture) return null;
  const rows = outputTokens(capture).flatMap((token, index) => {
    const place = lensColumn(state, index);
    if (!place) return [];
    const expected = expectation(place)?.text ?? '';
    return Array.from({ length: place.lens.states }, (_, row) =>
      guesses(place, row).map(({ id, text, probability }, rank) => [
        row,
        stateName(row),
        index,
        readable(token),
        rank + 1,
        id,
        text,
        probability,
        expected,
        expectedAt(place, row),
      ]),
    ).flat();
  });
  return {
    columns: [
      'state',
      'state name',
      'token',
      'token text',
      'rank',
      'id',
      'predicted',
      'probability',
      'really there',
      'its probability',
    ],
    rows,
  };
}

/** Every label of the task on show. */
export function labelTable(state: State): FigureTable | null {
  const one = labelTask(state);
  const content = labelContent(state);
  if (!one || !content) return null;
  const width = one.probabilities.length / Math.max(1, one.labels.length);
  return {
    columns: ['state', 'state name', 'token', 'token text', 'label', 'probability'],
    rows: one.labels.flatMap((labels, row) =>
      content.columns.map(({ token, label }) => [
        row,
        stateName(row),
        token,
        label,
        labels[token] ?? '',
        one.probabilities[row * width + token] ?? NaN,
      ]),
    ),
  };
}

/** Every number of the probes. */
export function probeTable(state: State): FigureTable | null {
  const report = layerNumber(state, 'probes');
  if (!report) return null;
  return {
    columns: [
      'task',
      'state',
      'state name',
      'accuracy',
      'low',
      'high',
      'f1',
      'control',
      'selectivity',
      'majority',
      'description length, bits',
      'compression',
      'mixed',
      'expected layer',
      'centre of gravity',
    ],
    rows: report.tasks.flatMap(({ task, majority, scores, expectedLayer, centreOfGravity }) =>
      scores.map(one => [
        task,
        one.state,
        stateName(one.state),
        one.accuracy.value,
        one.accuracy.low,
        one.accuracy.high,
        one.f1,
        one.control,
        one.selectivity,
        majority,
        one.descriptionLength,
        one.compression,
        one.mixed,
        expectedLayer ?? '',
        centreOfGravity,
      ]),
    ),
  };
}

/** The norm of every token in every state. */
export function normTable(state: State): FigureTable | null {
  const residuals = layerNumber(state, 'residuals');
  if (!residuals) return null;
  const { states, tokens, norms } = residuals;
  return {
    columns: ['state', 'state name', 'token', 'norm'],
    rows: Array.from({ length: states * tokens }, (_, i) => [
      Math.floor(i / tokens),
      stateName(Math.floor(i / tokens)),
      i % tokens,
      norms[i] ?? NaN,
    ]),
  };
}

/** Both similarities of every two states. */
export function similarityTable(state: State): FigureTable | null {
  const residuals = layerNumber(state, 'residuals');
  if (!residuals) return null;
  const { states, cka, cosine } = residuals;
  return {
    columns: ['state', 'other state', 'linear CKA', 'cosine'],
    rows: Array.from({ length: states * states }, (_, i) => [
      stateName(Math.floor(i / states)),
      stateName(i % states),
      cka[i] ?? NaN,
      cosine[i] ?? NaN,
    ]),
  };
}

/** Every head of every relation. */
export function syntaxTable(state: State): FigureTable | null {
  const report = layerNumber(state, 'syntax');
  if (!report) return null;
  return {
    columns: [
      'relation',
      'pairs',
      'layer',
      'head',
      'to head',
      'to dependent',
      'best offset',
      'baseline',
    ],
    rows: report.relations.flatMap(({ relation, count, toHead, toDependent, offset, baseline }) =>
      Array.from(toHead, (accuracy, i) => [
        relation,
        count,
        Math.floor(i / report.heads),
        i % report.heads,
        accuracy,
        toDependent[i] ?? NaN,
        offset,
        baseline,
      ]),
    ),
  };
}

/** The listed predictions of the chosen cell. */
export const cellTable = (state: State): FigureTable => ({
  columns: [
    'id',
    'predicted',
    'probability',
    'change from the state before',
    'change is a lower bound',
  ],
  rows: listedGuesses(state).map(({ id, text, probability, change }) => [
    id,
    text,
    probability,
    change?.change ?? '',
    change?.isAtLeast ? 1 : 0,
  ]),
});

/** Every candidate that was asked for. */
export function candidateTable(state: State): FigureTable | null {
  const distribution = layerNumber(state, 'distribution');
  if (!distribution) return null;
  return {
    columns: ['id', 'token', 'logit', 'probability', 'drawn with'],
    rows: distribution.candidates.map(({ id, text, logit, probability, sampled }) => [
      id,
      text,
      logit,
      probability,
      sampled,
    ]),
  };
}

/** Every part of the logit. */
export function attributionTable(state: State): FigureTable | null {
  const attribution = layerNumber(state, 'attribution');
  const { capture } = state;
  if (!attribution || !capture) return null;
  return {
    columns: ['part', 'layer', 'added to the logit'],
    rows: [
      ...logitParts(attribution, capture).map(({ name, value, layer }) => [
        name,
        layer ?? '',
        value,
      ]),
      ['logit', '', attribution.logit],
    ],
  };
}
