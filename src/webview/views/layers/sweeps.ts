import type { HeadAttribution, Measure, Sweep, SweepMap } from '../../../protocol/patching';
import type { Prediction } from '../../../protocol/outputs';
import { answerTo, question, refusalOf, type Question } from '../../app/answers';
import type { SweepKind } from '../../app/choices/layers';
import { measureWith, type MeasuredEntries } from '../../app/measure';
import { outputStack, outputToken } from '../../app/output';
import type { State } from '../../app/state';
import { farthest } from '../../draw/color/signedCodes';
import type { ShareMap } from '../../draw/shareMap';
import { label } from '../../reading/tokenText';
import { layerNumber, outputTokens } from './wanted';

/** The two entries whose logits are compared; null while they are not known. */
export function sweepEntries(state: State): MeasuredEntries | null {
  const [first, second] = layerNumber(state, 'choices')?.best ?? [];
  const { sweepChoice } = state.layers;
  const isOwn =
    sweepChoice?.capture === state.capture?.id && sweepChoice?.token === outputToken(state);
  const chosen = isOwn ? sweepChoice : null;
  const answer = chosen?.answer ?? first?.id;
  const other = chosen?.other ?? second?.id;
  return answer === undefined || other === undefined ? null : { answer, other };
}

/** Entries that can be measured: the likeliest at the token looked at. */
export const sweepChoices = (state: State): readonly Prediction[] =>
  layerNumber(state, 'choices')?.best ?? [];

/** What asks for the sweep that is chosen; null while it is not known what to ask. */
export function sweepQuestion(state: State): Question<'sweep' | 'headAttribution'> | null {
  const { capture, locus, options } = state;
  const token = outputToken(state);
  const both = sweepEntries(state);
  if (!capture || !locus || token === null || !both) return null;
  const measure = measureWith(options.layers.sweepMeasure, both);
  const asked = { capture: capture.id, measure, token };
  const kind = options.layers.sweep;
  if (kind === 'direct') return question('headAttribution', asked);
  return question('sweep', { ...asked, sweep: sweepOf(kind, token, locus.layer) });
}

function sweepOf(kind: Exclude<SweepKind, 'direct'>, query: number, layer: number): Sweep {
  switch (kind) {
    case 'zero':
    case 'mean':
      return { kind: 'heads', how: kind };
    case 'edges':
      return { kind, query, layer };
    case 'allEdges':
      return { kind: 'edges', query };
    case 'tokens':
      return { kind };
  }
}

/** What each measure is called in a sentence. */
const MEASURE_NAMES: Readonly<Record<Measure['kind'], string>> = {
  logitDifference: 'the logit difference',
  probability: 'the probability',
  divergence: 'the KL divergence from the plain run, in nats',
};

/** What came of the sweep that is chosen: its map, and that of its control where it has one. */
export interface ShownSweep {
  readonly effects: ShareMap;
  readonly control: ShareMap | null;
  readonly missing: readonly string[];
  /** The measure of the plain run; absent for what no run is changed for. */
  readonly plain?: number;
}

/** Why there is no answer to the sweep that is chosen; null where there is one, or may yet be. */
export const whyNoSweep = (state: State): string | null =>
  refusalOf(state, sweepQuestion(state) ?? undefined)?.message ?? null;

/** The sweep that is chosen, as it is drawn; null while it is not computed. */
export function shownSweep(state: State): ShownSweep | null {
  const asked = sweepQuestion(state);
  const answer = answerTo(state, asked ?? undefined);
  if (!answer) return null;
  return 'direct' in answer ? ofDirect(state, answer) : ofSweep(state, answer);
}

function ofDirect(state: State, { direct, layers, heads, missing }: HeadAttribution): ShownSweep {
  const effects = mapOf(state, direct, headNames(layers, heads), 'Direct effect of each head');
  return { effects, control: null, missing };
}

function ofSweep(state: State, map: SweepMap): ShownSweep {
  const { sweep, effects, random, rows, columns, plain, missing } = map;
  const both = random ? Float32Array.of(farthest(effects), farthest(random)) : effects;
  const limit = farthest(both) || 1;
  const names =
    sweep.kind === 'heads' ? headNames(rows, columns) : tokenNames(state, map, rows, columns);
  const title = {
    heads: 'Each head off',
    edges: 'Each edge of the query blocked',
    tokens: 'Each token occluded',
  }[sweep.kind];
  return {
    effects: { ...mapOf(state, effects, names, title), limit },
    control: random
      ? { ...mapOf(state, random, names, 'A random vector of the same norm instead'), limit }
      : null,
    missing,
    plain,
  };
}

type Names = Pick<ShareMap, 'rows' | 'columns' | 'hasTurnedNames'>;

const headNames = (layers: number, heads: number): Names => ({
  rows: Array.from({ length: layers }, (_, layer) => `L${layer}`),
  columns: Array.from({ length: heads }, (_, head) => ({ label: `H${head}` })),
  hasTurnedNames: false,
});

function tokenNames(state: State, { sweep }: SweepMap, rows: number, columns: number): Names {
  const tokens = state.capture ? outputTokens(state.capture) : [];
  return {
    rows: Array.from({ length: rows }, (_, row) =>
      sweep.kind === 'edges' && sweep.layer !== undefined ? `H${row}` : 'off',
    ),
    columns: Array.from({ length: columns }, (_, column) => ({
      label: label(tokens[column], 9),
      isMuted: tokens[column]?.special ?? false,
    })),
    hasTurnedNames: true,
  };
}

function mapOf(state: State, values: Float32Array, names: Names, title: string): ShareMap {
  const width = names.columns.length;
  return {
    ...names,
    name: `${title}: change of ${MEASURE_NAMES[state.options.layers.sweepMeasure]}`,
    values: names.rows.map((_, row) => values.subarray(row * width, (row + 1) * width)),
    limit: farthest(values) || 1,
    here: null,
  };
}

/** What each sweep does, in words. */
export function sweepWords(state: State): string {
  const { capture, locus, options } = state;
  const token = outputToken(state);
  if (!capture || !locus || token === null) return '';
  const query = label(capture.tokens[outputStack(capture)]?.[token]);
  const { sweep, sweepMeasure } = options.layers;
  const isFar = sweepMeasure === 'divergence';
  const moves = isFar
    ? 'how far the output moves'
    : `how far ${MEASURE_NAMES[sweepMeasure]} moves, below 0 where the head had raised it`;
  const rests =
    sweepMeasure === 'logitDifference'
      ? 'which words the one answer, rather than the other, rests on'
      : 'which words the prediction rests on';
  return {
    zero: `Each head alone gives out zeros: ${moves}.`,
    mean: 'Each head alone gives out its mean over the text: what it tells of this token in particular is gone.',
    edges: `In layer ${locus.layer}, each head alone may not look from ${query} at one key.`,
    allEdges: `No head of any layer may look from ${query} at one key.`,
    tokens: `Each token alone is replaced with the mean of all: ${rests}.`,
    direct:
      'What each head adds by itself, its output · W_O through the output head; what later layers make of it is not in it.',
  }[sweep];
}
