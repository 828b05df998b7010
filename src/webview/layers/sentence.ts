import type { TaskReport } from '../../protocol/probes';
import { percent } from '../format';
import { outputToken } from '../masking/wanted';
import type { Phrase } from '../sentence';
import type { State } from '../state';
import { label, shorten, visible } from '../tokenText';
import {
  expectation,
  expectedAt,
  guesses,
  lensColumn,
  settledState,
  stateWords,
  type LensColumn,
} from './facts';
import { TASK_NAMES } from './probeWords';
import { expectedName, layerNumber, lensKind, outputTokens, stackTokens } from './wanted';

/** “When does the model know?” in a sentence or two; empty while nothing is known. */
export function layersSentence(state: State): readonly Phrase[] {
  const found = [...(predicted(state) ?? grown(state) ?? []), ...probed(state)];
  const [first, ...rest] = found;
  return typeof first === 'string' ? [first.trimStart(), ...rest] : found;
}

/** When the final answer at the query appears, and how sure it gets. */
function predicted(state: State): Phrase[] | null {
  const { capture } = state;
  const token = outputToken(state);
  const place = token === null ? null : lensColumn(state, token);
  if (!capture || token === null || !place) return null;
  const query: Phrase = { token: label(outputTokens(capture)[token]), part: 'query' };
  const isMasked = lensKind(state) === 'maskedLm';
  const last = place.lens.states - 1;
  const settled = settledState(place);
  const [top] = guesses(place, last);
  if (settled === null || !top) {
    return [query, ' is a special token, which is not masked: choose another one.'];
  }
  const start: Phrase[] = isMasked
    ? ['With ', query, ' masked, the model']
    : ['At ', query, ', the model'];
  const answer: Phrase = { token: shorten(visible(top.text), 24), part: '' };
  const share = percent(top.probability);
  const reaches = settled === last ? ` (${share})` : ` and reaches ${share} ${stateWords(last)}`;
  const { same, other } = really(state, place, top.id);
  return [
    ...start,
    ' first ranks ',
    answer,
    `${same} on top for good ${stateWords(settled)}${reaches}`,
    ...other,
    '.',
  ];
}

/** How the answer compares with what really stands there: said of the answer, or after it. */
function really(
  state: State,
  place: LensColumn,
  id: number,
): { readonly same: string; readonly other: readonly Phrase[] } {
  const expected = expectation(place);
  if (!expected) return { same: '', other: [] };
  const name = expectedName(state);
  if (expected.id === id) return { same: `, the ${name},`, other: [] };
  const there: Phrase = { token: shorten(visible(expected.text), 24), part: '' };
  const share = percent(expectedAt(place, place.lens.states - 1));
  return { same: '', other: [`; the ${name} `, there, ` gets ${share}`] };
}

/** How the residual stream grows, where there are no predictions. */
function grown(state: State): Phrase[] | null {
  const { capture, locus } = state;
  const residuals = layerNumber(state, 'residuals');
  if (!capture || !locus || !residuals) return null;
  const { norms, states, tokens, stack } = residuals;
  const at = (row: number): string => (norms[row * tokens + locus.query] ?? NaN).toFixed(1);
  return [
    'The residual stream of ',
    { token: label(stackTokens(capture, stack)[locus.query]), part: 'query' },
    ` has norm ${at(0)} ${stateWords(0)} and ${at(states - 1)} ${stateWords(states - 1)}.`,
  ];
}

/** Which task's centre of gravity lies earliest and which latest. */
function probed(state: State): Phrase[] {
  const tasks = layerNumber(state, 'probes')?.tasks ?? [];
  const sorted = [...tasks].sort((a, b) => a.centreOfGravity - b.centreOfGravity);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last || first === last) return [];
  return [
    ` By centre of gravity of the probes, ${TASK_NAMES[first.task].toLowerCase()} comes earliest (after ${passed(first)} layers), ${TASK_NAMES[last.task].toLowerCase()} latest (after ${passed(last)}).`,
  ];
}

/** How many layers lie before a task's centre of gravity. */
const passed = ({ centreOfGravity }: TaskReport): string => centreOfGravity.toFixed(1);
