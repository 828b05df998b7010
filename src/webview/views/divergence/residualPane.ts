import type { FirstDivergence, ProbeDivergence } from '../../../protocol/firstDivergence';
import { keepDrawn } from '../../app/keepDrawn';
import type { State } from '../../app/state';
import { stepFor, ticksBetween, type LineContent } from '../../draw/chartContent';
import { LineChart } from '../../draw/lineChart';
import { el, fill, tokenSpan } from '../../kit/dom';
import { powerOfTen } from '../../reading/numbers';
import {
  comparedTokens,
  probeTokens,
  reportOf,
  shownProbe,
  stateCount,
  stateName,
  tokenError,
  worstToken,
} from './report';
import { errorText } from './words';
import type { DivergencePanel } from './wishes';

const HEIGHT = 130;
/** Powers of ten: errors below are drawn at the foot of the chart. */
const LOW = -6.5;
/** Lines that are drawn; of more tokens, those that differ most in the end. */
const MOST_LINES = 64;
const MOST_TICKS = 9;
/** States up to so many have their whole name. */
const MOST_NAMED = 6;

/** The chart's content; null while nothing is known of the residual stream. */
export function residualContent(state: State): LineContent | null {
  const report = reportOf(state);
  const probe = shownProbe(state);
  const worst = probe && worstToken(probe);
  if (!report || !probe || worst === null) return null;
  const count = stateCount(probe);
  const last = (token: number): number => tokenError(probe, count - 1, token);
  const others = comparedTokens(probe)
    .filter(token => token !== worst)
    .sort((a, b) => last(b) - last(a))
    .slice(0, MOST_LINES);
  const high = highest(probe);
  const names = probeTokens(state, probe);
  const floor = Math.log10(report.floor);
  const line = (token: number, ink: 'faint' | 'query') => ({
    name: names[token]?.name ?? '',
    ink,
    values: Float32Array.from({ length: count }, (_, at) =>
      exponentOf(tokenError(probe, at, token), high),
    ),
  });
  const powers = ticksBetween(-6, high, 2).filter(power => power % 2 === 0);
  return {
    name: 'Relative error of the residual stream of each token, by layer',
    first: 0,
    count,
    low: LOW,
    high,
    height: HEIGHT,
    xName: '',
    xTicks: ticksBetween(0, count - 1, stepFor(count, MOST_TICKS)),
    xWord: at => (at === 0 ? 'emb' : count <= MOST_NAMED ? stateName(at) : `L${at - 1}`),
    yTicks: powers.map(at => ({ at, text: at === 0 ? '1' : powerOfTen(at) })),
    lines: [
      ...others.map(token => line(token, 'faint')),
      { name: 'rounding', ink: 'other', values: new Float32Array(count).fill(floor) },
      line(worst, 'query'),
    ],
    labels: [{ x: count - 1, y: floor + 0.45, text: 'rounding', anchor: 'end' }],
    marks: [],
    right: 24,
  };
}

/** A whole power of ten above every error, at least 1. */
function highest({ perToken }: ProbeDivergence): number {
  const most = perToken.reduce((max, one) => (Number.isFinite(one) && one > max ? one : max), 1);
  return Math.ceil(Math.log10(most));
}

/** What is not finite stands at the top. */
const exponentOf = (error: number, high: number): number =>
  Number.isFinite(error) ? Math.max(LOW, Math.log10(error)) : high;

/** How the error of each token's residual stream grows, layer by layer. */
export function createResidualPane({ store }: DivergencePanel): HTMLElement {
  const worst = el('span.muted');
  const line = el('p.muted.divergence-line');
  const say = (at: number | null): void => {
    const report = reportOf(store.state);
    const probe = shownProbe(store.state);
    line.textContent = report && probe && at !== null ? readAt(store.state, report, at) : '\u00a0';
  };
  const chart = new LineChart({
    start: () => 0,
    read: at => {
      const report = reportOf(store.state);
      return report ? readAt(store.state, report, at) : '';
    },
    point: say,
  });
  const head = el(
    'div.pane-head',
    el('h3', 'Residual stream, each token'),
    el('span.spacer'),
    worst,
  );
  const element = el(
    'section.section',
    { 'aria-label': 'Residual stream, each token' },
    head,
    chart.element,
    line,
  );
  keepDrawn(
    store,
    state => [state.divergence.run, state.options.divergence],
    state => {
      const content = residualContent(state);
      const probe = shownProbe(state);
      element.hidden = content === null;
      if (!content || !probe) return;
      chart.show(content);
      const token = worstToken(probe);
      const name = token === null ? '' : (probeTokens(state, probe)[token]?.name ?? '');
      fill(worst, 'worst: ', tokenSpan(name, 'query'));
      say(null);
    },
  );
  return element;
}

/** The worst and the middle token at a state, in words. */
function readAt(state: State, { floor }: FirstDivergence, at: number): string {
  const probe = shownProbe(state);
  if (!probe) return '';
  const compared = comparedTokens(probe).map(token => ({
    token,
    error: tokenError(probe, at, token),
  }));
  const order = compared.sort((a, b) => b.error - a.error);
  const [top] = order;
  const middle = order[Math.floor(order.length / 2)];
  const beyond = order.filter(({ error }) => !(error <= floor)).length;
  const name = probeTokens(state, probe)[top?.token ?? 0]?.name ?? '';
  const [most, median] = [top, middle].map(one => errorText(one?.error ?? NaN));
  return `${stateName(at)}: most ${name} ${most}, median ${median}, ${beyond} of ${order.length} beyond rounding`;
}
