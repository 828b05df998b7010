import { group } from 'd3';
import type { TaskReport } from '../../../protocol/probes';
import { percent } from '../../reading/format';
import { outputToken } from '../../app/output';
import type { Phrase } from '../../app/sentence';
import type { State } from '../../app/state';
import { nameIn, shorten, visible } from '../../reading/tokenText';
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
  const query: Phrase = { token: nameIn(outputTokens(capture), token), part: 'query' };
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
    { token: nameIn(stackTokens(capture, stack), locus.query), part: 'query' },
    ` has norm ${at(0)} ${stateWords(0)} and ${at(states - 1)} ${stateWords(states - 1)}.`,
  ];
}

/** Which task's centre of gravity lies earliest and which latest, of those that the probes can read. */
function probed(state: State): Phrase[] {
  const tasks = layerNumber(state, 'probes')?.tasks ?? [];
  const read = tasks.filter(beatsControl);
  const unread = tasks.filter(task => !beatsControl(task));
  const left =
    unread.length === 0
      ? ''
      : ` ${capitalized(listed(unread))} ${unread.length === 1 ? 'is' : 'are'} left out: the probe does no better than its control.`;
  const [first, ...others] = [...group(read, passed)].sort(([a], [b]) => Number(a) - Number(b));
  const last = others.at(-1);
  if (!first) return left === '' ? [] : [left];
  if (!last) {
    if (read.length < 2) return [left];
    return [
      ` By centre of gravity of the probes, ${listed(read)} tie (after ${first[0]} layers).${left}`,
    ];
  }
  return [
    ` By centre of gravity of the probes, ${comes(first[1])} earliest (after ${first[0]} layers), ${listed(last[1])} latest (after ${last[0]}).${left}`,
  ];
}

/**
 * Whether a probe reads something of its task from some state: more than the same probe of random
 * labels, and than the most frequent class, at the lower end of its interval.
 */
const beatsControl = ({ scores, majority }: TaskReport): boolean =>
  scores.some(({ accuracy, control }) => accuracy.low > Math.max(control, majority));

/** “chunks comes”, “chunks and entities tie and come”. */
const comes = (tasks: readonly TaskReport[]): string =>
  `${listed(tasks)} ${tasks.length === 1 ? 'comes' : 'tie and come'}`;

function listed(tasks: readonly TaskReport[]): string {
  const names = tasks.map(({ task }) => TASK_NAMES[task].toLowerCase());
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

const capitalized = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

/** How many layers lie before a task's centre of gravity, as it is shown: equal words are a tie. */
const passed = ({ centreOfGravity }: TaskReport): string => centreOfGravity.toFixed(1);
