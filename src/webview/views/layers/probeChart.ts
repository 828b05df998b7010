import { area, line, scaleLinear } from 'd3';
import type { ProbeScore, TaskReport } from '../../../protocol/probes';
import { INK, rule, shape, words, type Mark, type Picture } from '../../draw/marks';
import { bestScore } from './probeWords';
import { stateAxis } from './stateAxis';

const PLOT = { top: 14, height: 124, bottom: 16 };
const MARGIN = { left: 28, right: 12 };
/** Where the centre of gravity stands, under the plot. */
const GRAVITY = 26;
const HEIGHT = PLOT.top + PLOT.height + PLOT.bottom + GRAVITY;
const TRIANGLE = 5;

/** One task's probes over the states: accuracy with its interval, control task, majority class. */
export function probeChart(
  task: TaskReport,
  width: number,
  here: number,
  hasNames: boolean,
): Picture & { readonly stateAt: (x: number) => number } {
  const { scores, majority, centreOfGravity } = task;
  const states = scores.length;
  const right = width - MARGIN.right;
  const bottom = PLOT.top + PLOT.height;
  const x = scaleLinear([0, Math.max(1, states - 1)], [MARGIN.left, right]);
  const y = scaleLinear([0, 1], [bottom, PLOT.top]);
  const path = (value: (score: ProbeScore) => number): string =>
    line<ProbeScore>(
      ({ state }) => x(state),
      score => y(value(score)),
    )(scores) ?? '';
  const band =
    area<ProbeScore>(
      ({ state }) => x(state),
      ({ accuracy }) => y(accuracy.low),
      ({ accuracy }) => y(accuracy.high),
    )(scores) ?? '';
  const best = bestScore(task);
  const gravity = x(Math.max(0, Math.min(states - 1, centreOfGravity)));
  const base = bottom + PLOT.bottom + 4;
  const middle = { 'text-anchor': 'middle' };
  const centre = x((states - 1) / 2);
  const named = (text: string, at: number): Mark =>
    words(text, { x: centre, y: at, ...middle }, INK.text);
  return {
    width,
    height: HEIGHT,
    stateAt: at => Math.max(0, Math.min(states - 1, Math.round(x.invert(at)))),
    marks: [
      ...[0, 0.5, 1].flatMap((share): Mark[] => [
        rule([MARGIN.left, y(share)], [right, y(share)], '--chart-grid'),
        words(String(share * 100), { x: MARGIN.left - 6, y: y(share) + 3.5, 'text-anchor': 'end' }),
      ]),
      shape('path', { d: band, opacity: 0.3 }, INK.bar),
      rule([MARGIN.left, y(majority)], [right, y(majority)], INK.muted, {
        'stroke-dasharray': '2 3',
      }),
      shape('path', { d: path(({ control }) => control) }, 'none', INK.muted),
      shape(
        'path',
        { d: path(({ accuracy }) => accuracy.value), 'stroke-width': 2 },
        'none',
        INK.bar,
      ),
      ...scores.map(({ state, accuracy }) => {
        const isHere = state === here;
        const at = { cx: x(state), cy: y(accuracy.value), r: isHere ? 4 : 2.2 };
        return shape('circle', at, isHere ? INK.text : INK.bar);
      }),
      ...(hasNames
        ? [
            named('control task', y(controlLevel(scores)) + 13),
            named('majority class', y(majority) - 5),
          ]
        : []),
      ...(best ? [bestMark(best, x, y)] : []),
      ...stateAxis(states, x, bottom + 13, here),
      rule([MARGIN.left, base], [right, base]),
      shape(
        'path',
        { d: `M${gravity},${base}l${TRIANGLE},${2 * TRIANGLE - 2}h${-2 * TRIANGLE}z` },
        INK.text,
      ),
      words(
        centreOfGravity.toFixed(1),
        { x: gravity, y: base + 20, 'font-weight': 600, ...middle },
        INK.text,
      ),
    ],
  };
}

/** The best accuracy, written above its interval. */
function bestMark(
  { state, accuracy }: ProbeScore,
  x: (state: number) => number,
  y: (share: number) => number,
): Mark {
  const at = { x: x(state) + (state === 0 ? 4 : 0), y: y(accuracy.high) - 5 };
  const look = { 'font-size': 11, 'font-weight': 600 };
  const anchor = state === 0 ? 'start' : 'middle';
  return words(
    String(Math.round(accuracy.value * 100)),
    { ...at, ...look, 'text-anchor': anchor },
    INK.text,
  );
}

/** The control task in the middle of the chart, where its name stands. */
const controlLevel = (scores: readonly ProbeScore[]): number =>
  scores[Math.floor((scores.length - 1) / 2)]?.control ?? 0;
