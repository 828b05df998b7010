import { area, line as curve, scaleLinear, scaleLog } from 'd3';
import { INK, rule, shape, words, type Ink, type Mark, type Picture } from '../../draw/marks';
import { stateAxis } from './stateAxis';
import type { Residuals } from '../../../protocol/layers';
import type { Token } from '../../../protocol/tokens';

const HEIGHT = 220;
const MARGIN = { left: 40, right: 84, top: 10, bottom: 22 };
/** Norms that differ by more than this stand on a logarithmic axis. */
const LOG_FROM = 30;
const LABEL_GAP = 14;
/** With more powers of ten than this, ticks stand at them alone. */
const MOST_POWERS = 4;

/** How a state's norms are named at the end of their lines. */
export interface NormNames {
  readonly query: string;
  readonly first: string;
}

/** Norm of the residual stream over the states: the mean with its band, the query, the first token. */
export function normChart(
  series: NormSeries,
  names: NormNames,
  width: number,
  here: number,
): Picture & { readonly stateAt: (x: number) => number } {
  const states = series.mean.length;
  const right = width - MARGIN.right;
  const x = scaleLinear([0, Math.max(1, states - 1)], [MARGIN.left, right]);
  const shown = [...series.low, ...series.high, ...series.query, ...series.first];
  const finite = shown.filter(value => Number.isFinite(value));
  const [least, most] = [Math.min(...finite, Infinity), Math.max(...finite, 0)];
  const isLog = least > 0 && most / least > LOG_FROM;
  const y = isLog
    ? scaleLog([least, most], [HEIGHT - MARGIN.bottom, MARGIN.top])
    : scaleLinear([0, most || 1], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(4);
  const path = curve<number>(
    (_, state) => x(state),
    value => y(value),
  ).defined(Number.isFinite);
  const line = (values: readonly number[], ink: Ink, width: number, dashes?: string): Mark => {
    const look = { 'stroke-width': width, 'stroke-dasharray': dashes };
    return shape('path', { d: path(values) ?? '', ...look }, 'none', ink);
  };
  const band = area<number>(
    (_, state) => x(state),
    (_, state) => y(series.low[state] ?? NaN),
    (_, state) => y(series.high[state] ?? NaN),
  ).defined(Number.isFinite);
  const ends = spread([
    { text: names.first, y: y(series.first.at(-1) ?? NaN), ink: INK.text, font: 'mono' },
    { text: names.query, y: y(series.query.at(-1) ?? NaN), ink: INK.query, font: 'mono' },
    { text: 'mean', y: y(series.mean.at(-1) ?? NaN), ink: INK.text, font: 'ui' },
    { text: '5–95 %', y: y(series.low.at(-1) ?? NaN), ink: INK.muted, font: 'ui' },
  ]);
  return {
    width,
    height: HEIGHT,
    stateAt: at => Math.max(0, Math.min(states - 1, Math.round(x.invert(at)))),
    marks: [
      ...(isLog ? logTicks(least, most) : y.ticks(4)).flatMap((tick): Mark[] => [
        rule([MARGIN.left, y(tick)], [right, y(tick)], '--chart-grid'),
        words(String(tick), { x: MARGIN.left - 6, y: y(tick) + 3.5, 'text-anchor': 'end' }),
      ]),
      rule([x(here), MARGIN.top], [x(here), HEIGHT - MARGIN.bottom], '--chart-grid'),
      shape('path', { d: band(series.mean) ?? '', opacity: 0.25 }, INK.bar),
      line(series.first, INK.text, 1.25, '4 3'),
      line(series.query, INK.query, 1.5),
      line(series.mean, INK.bar, 2),
      ...ends.map(({ text, ink, font, ...end }) =>
        words(text, { x: right + 8, y: end.y + 3.5, 'font-size': 11 }, ink, font),
      ),
      ...stateAxis(states, x, HEIGHT - 6, here),
      ...(isLog
        ? [words('log', { x: MARGIN.left - 22, y: HEIGHT - 6, 'text-anchor': 'end' })]
        : []),
    ],
  };
}

/** Powers of ten between two numbers; where these are few, also their double and their half. */
function logTicks(least: number, most: number): number[] {
  const first = Math.floor(Math.log10(least));
  const powers = Array.from(
    { length: Math.ceil(Math.log10(most)) - first + 1 },
    (_, i) => 10 ** (first + i),
  );
  const steps = powers.length > MOST_POWERS ? [1] : [1, 2, 5];
  return powers
    .flatMap(power => steps.map(step => power * step))
    .filter(tick => tick >= least && tick <= most);
}

interface End {
  readonly text: string;
  readonly y: number;
  readonly ink: Ink;
  readonly font: 'ui' | 'mono';
}

/** Moves labels apart that would lie on each other. */
function spread(ends: readonly End[]): End[] {
  const lowest = HEIGHT - MARGIN.bottom;
  const placed = ends
    .filter(({ y }) => Number.isFinite(y))
    .sort((a, b) => a.y - b.y)
    .reduce<End[]>((done, end) => {
      const above = done.at(-1)?.y ?? -Infinity;
      return [...done, { ...end, y: Math.max(end.y, above + LABEL_GAP) }];
    }, []);
  const over = Math.max(0, (placed.at(-1)?.y ?? 0) - lowest);
  return placed.map(end => ({ ...end, y: end.y - over }));
}

/** Norms over the states: of all tokens together, and of two of them. */
export interface NormSeries {
  /** Over the tokens that count, `[states]`. */
  readonly mean: readonly number[];
  /** The 5th and the 95th percentile. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Tokens that count: special ones and the first one have norms of their own. */
  readonly counted: number;
  readonly query: readonly number[];
  readonly first: readonly number[];
}

/** The norms of a token `[states]`. */
const ofToken = ({ norms, states, tokens }: Residuals, token: number): number[] =>
  Array.from({ length: states }, (_, state) => norms[state * tokens + token] ?? NaN);

/** Puts the norms of a stack together. */
export function normSeries(
  residuals: Residuals,
  tokens: readonly Token[],
  query: number,
): NormSeries {
  const all = Array.from({ length: residuals.tokens }, (_, token) => token);
  const words = all.filter(token => token > 0 && tokens[token]?.special !== true);
  const counted = words.length > 0 ? words : all;
  const sorted = Array.from({ length: residuals.states }, (_, state) =>
    counted
      .map(token => residuals.norms[state * residuals.tokens + token] ?? NaN)
      .sort((a, b) => a - b),
  );
  return {
    mean: sorted.map(norms => norms.reduce((sum, norm) => sum + norm, 0) / norms.length),
    low: sorted.map(norms => percentile(norms, 0.05)),
    high: sorted.map(norms => percentile(norms, 0.95)),
    counted: counted.length,
    query: ofToken(residuals, query),
    first: ofToken(residuals, 0),
  };
}

/** A percentile of sorted values, linear between two of them (NumPy's default). */
export function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}
