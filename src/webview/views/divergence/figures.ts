import { stateFigure, type FigureSource } from '../../app/export/figure';
import type { State } from '../../app/state';
import { range, tableOf, type Fact } from '../../draw/file/figureTable';
import { linePicture } from '../../draw/lines';
import { sharePicture } from '../../draw/shareMap';
import { isDark } from '../../kit/theme';
import { scientific } from '../../reading/numbers';
import { divergenceRamp, shownMap } from './maps';
import { PART_NAMES, placeName, PROBE_NAMES } from './parts';
import { residualContent } from './residualPane';
import {
  hasStacks,
  probeTokens,
  reportOf,
  shownProbe,
  stateCount,
  stateName,
  tokenError,
  type ProbeToken,
} from './report';

/** What can be saved of the Divergence view: the grid, and the residual stream of each token. */
export const divergenceFigures: readonly FigureSource[] = [
  {
    ...stateFigure(
      'divergence',
      state => shownMap(state) && state,
      state =>
        state.options.divergence.isByToken
          ? 'Divergence, residual stream by token'
          : 'Divergence, each tensor',
      state => {
        const map = shownMap(state);
        return map && sharePicture(map, divergenceRamp(state), isDark(state.theme));
      },
      state => (state.options.divergence.isByToken ? tableOfTokens(state) : tableOfCells(state)),
    ),
    facts: factsOf,
  },
  {
    ...stateFigure(
      'divergence-tokens',
      state => residualContent(state) && state,
      'Divergence, residual stream and output of each token',
      state => {
        const content = residualContent(state);
        return content && linePicture(content);
      },
      tableOfTokens,
    ),
    facts: factsOf,
  },
];

function tableOfCells(state: State) {
  const probe = shownProbe(state);
  return (
    probe &&
    tableOf(probe.cells, {
      stack: ({ stack }) => stack,
      attention: ({ attention }) => attention,
      layer: ({ layer }) => layer,
      tensor: ({ kind }) => PART_NAMES[kind],
      'relative error': ({ error }) => error,
      'largest difference': ({ largest }) => largest,
      cosine: ({ cosine }) => cosine,
    })
  );
}

function tableOfTokens(state: State) {
  const probe = shownProbe(state);
  if (!probe) return null;
  const states = range(stateCount(probe)).map(
    at => [stateName(at), ({ index }: ProbeToken) => tokenError(probe, at, index)] as const,
  );
  return tableOf<ProbeToken>(probeTokens(state, probe), {
    token: ({ index }) => index,
    text: ({ name }) => name,
    ...Object.fromEntries(states),
    ...(probe.kl.length > 0
      ? { 'KL(A ‖ B), nats': ({ index }: ProbeToken) => probe.kl[index] ?? NaN }
      : {}),
  });
}

/** The model of B, the text that both were run on, what rounding explains, and the first place. */
function factsOf(state: State): Fact[] {
  const report = reportOf(state);
  const probe = shownProbe(state);
  const { other } = state.sides;
  if (!report || !probe || other.kind !== 'ready') return [];
  const { first } = probe;
  return [
    ['Model B', other.capture.model.path],
    ['Run on', PROBE_NAMES[probe.probe].toLowerCase()],
    ['Rounding', `${scientific(report.floor)} (${report.precision})`],
    ['First place', first ? placeName(first, hasStacks(state)) : 'none beyond rounding'],
  ];
}
